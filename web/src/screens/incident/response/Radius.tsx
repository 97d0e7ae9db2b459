// What the intruder holds: what of it is cut off, and what is left.

import type { Api } from '../../../api/client';
import { Icon, type IconName } from '../../../ui/Icon';
import { count, words } from '../../../ui/text';
import { Value } from '../../../ui/Value';

const ICONS: Record<string, IconName> = { host: 'host', principal: 'person', credential: 'lock', endpoint: 'link' };

/** `would` is for a plan; without it, it is so. */
export function Radius({ radius, would = false }: { radius: Api['Radius']; would?: boolean }) {
  return (
    <div className="radius-columns">
      <Held title={would ? 'It would cut off' : 'Cut off'} held={radius.cut} none="nothing" />
      <Held title={would ? 'It would leave' : 'Left to the intruder'} held={radius.left} none="nothing" />
      {radius.affects.length > 0 && (
        <div>
          <h3>Depends on it: {count(radius.affects.length, 'service')}</h3>
          <ul className="stack tight">
            {radius.affects.map((name) => (
              <li key={name}>
                <Value text={name} />
              </li>
            ))}
          </ul>
        </div>
      )}
    </div>
  );
}

function Held({ title, held, none }: { title: string; held: Api['HeldByIntruder'][]; none: string }) {
  return (
    <div>
      <h3>
        {title}: {held.length === 0 ? none : held.length}
      </h3>
      <ul className="stack tight">
        {held.map(({ kind, name }) => (
          <li key={`${kind} ${name}`} className="row">
            <Icon name={ICONS[kind] ?? 'graph'} />
            <Value text={name} />
            <span className="soft small">{words(kind)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
