// A name, an address or a hash out of the logs: inert text that an intruder may have chosen. It can be copied, defanged, and
// looked for elsewhere; it is never a link by itself.

import { useNavigate } from '@tanstack/react-router';

import { copy } from './copy';
import { Menu } from './Menu';
import { defang } from './text';

export function Value({ text }: { text: string }) {
  const navigate = useNavigate();
  return (
    <Menu
      label={`What to do with ${text}`}
      className="value"
      entries={[
        { id: 'copy', icon: 'copy', text: 'Copy, defanged', run: () => void copy(defang(text), `Copied ${defang(text)}`) },
        { id: 'raw', icon: 'copy', text: 'Copy as it is', run: () => void copy(text, `Copied ${text}`) },
        { id: 'hunt', icon: 'hunt', text: 'Events with it', run: () => void navigate({ to: '/hunt', search: { q: text } }) },
        { id: 'alerts', icon: 'alert', text: 'Alerts with it', run: () => void navigate({ to: '/alerts', search: { q: text } }) },
        { id: 'incidents', icon: 'incident', text: 'Incidents with it', run: () => void navigate({ to: '/incidents', search: { q: text } }) },
      ]}
    >
      {text}
    </Menu>
  );
}

/** Some values in a row; those beyond the first few are counted. */
export function Values({ all, most = 8 }: { all: readonly string[]; most?: number }) {
  return (
    <span className="row">
      {all.slice(0, most).map((text) => (
        <Value key={text} text={text} />
      ))}
      {all.length > most && <span className="soft small">and {all.length - most} more</span>}
    </span>
  );
}
