// What can be done with the incidents that are selected, and the dialogs that it takes. It stays in place when none is, so that the
// list does not jump.

import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { accountQuery, usersQuery } from '../../api/queries';
import { Button } from '../../ui/Button';
import { Ask } from '../../ui/Ask';
import { Dialog } from '../../ui/Dialog';
import { Choice } from '../../ui/Field';
import { FormDialog } from '../../ui/FormDialog';
import { count } from '../../ui/text';
import { tell, tellTrouble } from '../../ui/Toast';
import { assignAll, changeAll, setBack, type Change, type Failure, type Incident } from './bulk';

const NOBODY = '';
const SHOWN_MAX = 100;

interface BulkProps {
  incidents: readonly Incident[];
  clear: () => void;
}

export function Bulk({ incidents, clear }: BulkProps) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const [asked, setAsked] = useState<'resolved' | 'false_positive' | 'give'>();
  const { failures, carry, close } = useCarry(clear);
  const subject = count(incidents.length, 'incident');
  const end = () => setAsked(undefined);
  const take = () => carry(incidents, { assignee: account.user.id }, 'taken by you').catch(tellTrouble);
  return (
    <>
      {incidents.length === 0 ? (
        <div className="row selection soft small">
          <span>
            Select incidents with the boxes, <kbd>x</kbd> or <kbd>Ctrl A</kbd> to change many at once.
          </span>
        </div>
      ) : (
        <div className="row selection" role="group" aria-label="Selected incidents">
          <span className="strong" role="status">
            {subject} selected
          </span>
          <Button icon="person" onPress={() => void take()}>
            Take
          </Button>
          {account.rights.includes('users:read') && <Button onPress={() => setAsked('give')}>Give to…</Button>}
          <Button onPress={() => setAsked('resolved')}>Resolve…</Button>
          <Button onPress={() => setAsked('false_positive')}>False positive…</Button>
          <span className="grow" />
          <Button look="quiet" icon="close" onPress={clear}>
            Unselect
          </Button>
        </div>
      )}
      <Ask
        title={`Resolve ${subject}`}
        open={asked === 'resolved'}
        close={end}
        act="Resolve"
        reason="What the outcome is"
        run={(reason) => carry(incidents, { status: 'resolved', reason }, 'resolved')}
      >
        <p className="soft">The same words are kept for each of them. Any of them can be opened again.</p>
      </Ask>
      <Ask
        title={`False positive: ${subject}`}
        open={asked === 'false_positive'}
        close={end}
        act="Mark as false positive"
        reason="Why"
        run={(reason) => carry(incidents, { status: 'false_positive', reason }, 'false positive')}
      >
        <p className="soft">False positive: what they say is not true.</p>
      </Ask>
      {asked === 'give' && <Give incidents={incidents} close={end} carry={carry} />}
      <Failures failures={failures} close={close} />
    </>
  );
}

type Carry = (incidents: readonly Incident[], change: Change, done: string) => Promise<void>;

/** Does it, and says what came of it, and how to take it back. Every page that was loaded is read anew; nobody waits for that. */
function useCarry(clear: () => void): { failures: readonly Failure[]; carry: Carry; close: () => void } {
  const queries = useQueryClient();
  const [failures, setFailures] = useState<readonly Failure[]>([]);
  const settle = (left: readonly Failure[]) => {
    setFailures(left);
    for (const queryKey of [['incidents'], ['incident']]) void queries.invalidateQueries({ queryKey });
  };
  const carry: Carry = async (incidents, change, done) => {
    const left = await (change.status === undefined ? assignAll(incidents, change.assignee ?? null) : changeAll(incidents, change));
    const changed = incidents.filter((incident) => left.every((failure) => failure.incident !== incident));
    const undo = { label: 'Undo', run: () => void setBack(changed, change).then(settle).catch(tellTrouble) };
    if (changed.length > 0) tell(`${count(changed.length, 'incident')}: ${done}`, undo);
    clear();
    settle(left);
  };
  return { failures, carry, close: () => setFailures([]) };
}

function Give({ incidents, close, carry }: { incidents: readonly Incident[]; close: () => void; carry: Carry }) {
  const { data } = useQuery(usersQuery);
  const [to, setTo] = useState(NOBODY);
  const people = (data?.items ?? []).filter(({ enabled }) => enabled).map(({ id, display_name }) => [id, display_name] as const);
  const name = people.find(([id]) => id === to)?.[1];
  return (
    <FormDialog
      title={`Give ${count(incidents.length, 'incident')} to somebody`}
      close={close}
      act="Give"
      run={() => carry(incidents, { assignee: to === NOBODY ? null : to }, name ? `given to ${name}` : 'nobody’s')}
    >
      <Choice label="To" value={to} onChange={setTo} options={[[NOBODY, 'Nobody'], ...people]} />
    </FormDialog>
  );
}

function Failures({ failures, close }: { failures: readonly Failure[]; close: () => void }) {
  return (
    <Dialog title={`Not done for ${count(failures.length, 'incident')}`} open={failures.length > 0} close={close} wide>
      <table>
        <thead>
          <tr>
            <th scope="col">Incident</th>
            <th scope="col">Why not</th>
          </tr>
        </thead>
        <tbody>
          {failures.slice(0, SHOWN_MAX).map(({ incident, detail }) => (
            <tr key={incident.id}>
              <td className="wrap">
                <bdi>{incident.title}</bdi> <span className="mono small soft">{incident.id}</span>
              </td>
              <td className="wrap">{detail}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {failures.length > SHOWN_MAX && <p className="soft">and {failures.length - SHOWN_MAX} more</p>}
      <div className="row">
        <Button onPress={close}>Close</Button>
      </div>
    </Dialog>
  );
}
