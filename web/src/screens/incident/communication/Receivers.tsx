// To whom a message goes: typed, or chosen from the directory of stakeholders.

import { useQuery } from '@tanstack/react-query';

import { stakeholdersQuery } from '../../../api/queries';
import type { Api } from '../../../api/client';
import { TextBox } from '../../../ui/Field';
import { linesOf } from '../../../ui/record';

/** The directory is long in large houses; more than so many are found by typing. */
const SHOWN = 12;

interface ReceiversProps {
  audience: string;
  channel: Api['Channel'];
  to: string;
  onChange: (to: string) => void;
}

export function Receivers({ audience, channel, to, onChange }: ReceiversProps) {
  const { data } = useQuery(stakeholdersQuery);
  const offered = (data?.items ?? []).flatMap(({ id, stakeholder }) => {
    const address = addressOf(stakeholder, channel);
    return address === undefined ? [] : [{ id, stakeholder, address, fits: stakeholder.audiences.includes(audience) }];
  });
  const sorted = offered.sort((a, b) => Number(b.fits) - Number(a.fits)).slice(0, SHOWN);
  const lines = linesOf(to);
  const toggle = (address: string) => {
    const next = lines.includes(address) ? lines.filter((line) => line !== address) : [...lines, address];
    onChange(next.join('\n'));
  };
  return (
    <div className="talk-form">
      <TextBox label="To" value={to} onChange={onChange} lines={3} help={HELP[channel]} />
      <fieldset className="yes-no">
        <legend>From the directory</legend>
        {sorted.length === 0 && <p className="soft small">Nobody in the directory is reached this way. Type who it goes to.</p>}
        <span className="stack tight">
          {sorted.map(({ id, stakeholder, address, fits }) => (
            <label key={id} className="check">
              <input type="checkbox" checked={lines.includes(address)} onChange={() => toggle(address)} />
              <span className="wrap">
                {stakeholder.name}
                {stakeholder.organisation && `, ${stakeholder.organisation}`} <span className="soft small">{address}</span>
                {fits && <span className="small"> (this audience)</span>}
              </span>
            </label>
          ))}
        </span>
      </fieldset>
    </div>
  );
}

const HELP: Record<Api['Channel'], string> = {
  mail: 'One mail address per line. At least one.',
  webhook: 'The name of one webhook of the settings.',
  phone: 'Who it was said to, one per line.',
  meeting: 'Who was there, one per line.',
  portal: 'Which portal, one per line.',
  other: 'Who it was said to, one per line.',
};

/** How somebody is reached by a channel; for what is said without Quell, their name is enough. */
function addressOf(stakeholder: Api['Stakeholder'], channel: Api['Channel']): string | undefined {
  const contact = stakeholder.contacts?.find((each) => each.channel === channel);
  if (contact) return contact.address;
  return channel === 'mail' || channel === 'webhook' ? undefined : stakeholder.name;
}
