// Proposes a filter for the rule of a harmless alert, and shows what it would have silenced. A proposal silences nothing: somebody
// has to accept it first.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api, read } from '../../api/client';
import { Button, LinkButton } from '../../ui/Button';
import { Dialog } from '../../ui/Dialog';
import { Check } from '../../ui/Field';
import { FormDialog } from '../../ui/FormDialog';
import { PanelPart } from '../../ui/SidePanel';
import { count, words } from '../../ui/text';
import type { Alert } from './list';

const FIELDS_MAX = 8;
const HARMLESS = ['benign', 'false_positive'];

export function Tuning({ alert }: { alert: Alert }) {
  const [asked, setAsked] = useState(false);
  const [proposed, setProposed] = useState<Api['TuningView']>();
  if (!HARMLESS.includes(alert.status)) return null;
  return (
    <PanelPart title="Tuning">
      <p className="soft">A filter can keep the rule silent on what this alert shows. Somebody has to accept it before it does.</p>
      <div>
        <Button onPress={() => setAsked(true)}>Propose a filter…</Button>
      </div>
      {asked && <Propose alert={alert} close={() => setAsked(false)} tell={setProposed} />}
      {proposed && <Proposed view={proposed} close={() => setProposed(undefined)} />}
    </PanelPart>
  );
}

function Propose({ alert, close, tell }: { alert: Alert; close: () => void; tell: (view: Api['TuningView']) => void }) {
  const queries = useQueryClient();
  const [fields, setFields] = useState<readonly string[]>([]);
  const propose = async () => {
    const view = await read(api.POST('/api/v1/alerts/{id}/tuning', { params: { path: { id: alert.id } }, body: { fields: [...fields] } }));
    tell(view);
    await queries.invalidateQueries({ queryKey: ['tuning'] });
  };
  return (
    <FormDialog title={`Propose a filter for ${alert.title}`} close={close} act="Propose" ready={fields.length <= FIELDS_MAX} run={propose}>
      <p>Which fields name what is harmless? If you choose none, Quell takes those in which the harmless alerts of the rule agree.</p>
      <fieldset className="pick">
        <legend className="hidden">Fields</legend>
        {Object.entries(alert.matched).map(([name, value]) => (
          <span key={name} className="wrap">
            <Check
              label={`${name}: ${value}`}
              checked={fields.includes(name)}
              onChange={(on) => setFields(on ? [...fields, name] : fields.filter((each) => each !== name))}
            />
          </span>
        ))}
      </fieldset>
      <p className="soft">The proposal is recorded. It is held against the newest 500 alerts of the rule, and silences nothing yet.</p>
    </FormDialog>
  );
}

function Proposed({ view, close }: { view: Api['TuningView']; close: () => void }) {
  const { replay, not_replayed, hides_confirmed, filter, title } = view.proposal;
  const silenced = replay.reduce((sum, each) => sum + each.silenced, 0);
  const undecided = replay.filter(({ status }) => status === 'new' || status === 'claimed').reduce((sum, each) => sum + each.silenced, 0);
  return (
    <Dialog title={`Proposed filter for ${title}`} open close={close} wide>
      {hides_confirmed && (
        <p className="notice bad" role="alert">
          This filter would have silenced an alert that people confirmed to be hostile. Name more fields, or leave it.
        </p>
      )}
      {undecided > 0 && (
        <p className="notice warn">
          {count(undecided, 'alert')} that nobody has decided on would not have been raised. Name more fields if that is too much.
        </p>
      )}
      <p>
        It would have silenced {count(silenced, 'alert')} of those that there are.
        {not_replayed > 0 && ` ${count(not_replayed, 'more alert')} could not be looked at, because there are too many or their records are gone.`}
      </p>
      <table>
        <thead>
          <tr>
            <th scope="col">Status of the alerts</th>
            <th scope="col">Silenced</th>
            <th scope="col">Still raised</th>
          </tr>
        </thead>
        <tbody>
          {replay.map((each) => (
            <tr key={each.status}>
              <th scope="row">{words(each.status)}</th>
              <td>{each.silenced.toLocaleString('en')}</td>
              <td>{each.raised.toLocaleString('en')}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>The filter</h3>
      <pre>{filter}</pre>
      <div className="row">
        <LinkButton look="primary" to="/detections" search={{ view: 'tuning' }}>
          See all proposals
        </LinkButton>
        <Button onPress={close}>Close</Button>
      </div>
    </Dialog>
  );
}
