// What a proposed filter would have done to the alerts of its rule that there are.

import type { Api } from '../../api/client';
import { count, words } from '../../ui/text';

export function Replay({ proposal: { replay, not_replayed } }: { proposal: Api['TuningProposal'] }) {
  return (
    <>
      <table>
        <caption className="hidden">What the filter would have done to alerts of its rule</caption>
        <thead>
          <tr>
            <th scope="col">Alerts that are</th>
            <th scope="col">It would have silenced</th>
            <th scope="col">Still raised</th>
          </tr>
        </thead>
        <tbody>
          {replay.map(({ status, silenced, raised }) => (
            <tr key={status}>
              <th scope="row">{words(status)}</th>
              <td>{silenced.toLocaleString('en')}</td>
              <td>{raised.toLocaleString('en')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {not_replayed > 0 && (
        <p className="soft small">
          At least {count(not_replayed, 'other alert')} could not be looked at, because there are too many or their records are gone.
        </p>
      )}
    </>
  );
}

/** What somebody has to know before they propose or accept it. */
export function Warnings({ proposal: { replay, hides_confirmed } }: { proposal: Api['TuningProposal'] }) {
  const undecided = replay.filter(({ status }) => status === 'new' || status === 'claimed').reduce((sum, each) => sum + each.silenced, 0);
  return (
    <>
      {hides_confirmed && <p className="notice bad">This filter would have silenced an alert that people confirmed to be hostile.</p>}
      {undecided > 0 && (
        <p className="notice warn">
          {undecided === 1 ? 'One alert' : count(undecided, 'alert')} that nobody has decided on would not have been raised.
        </p>
      )}
    </>
  );
}
