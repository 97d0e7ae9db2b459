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
import { tuningQuery } from '../detections/queries';
import { Replay, Warnings } from '../detections/Replay';
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
    void queries.invalidateQueries(tuningQuery);
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
  const { proposal } = view;
  return (
    <Dialog title={`Proposed filter for ${proposal.title}`} open close={close} wide>
      <Warnings proposal={proposal} />
      {proposal.hides_confirmed && <p>Name more fields, or leave it.</p>}
      <Replay proposal={proposal} />
      <h3>The filter</h3>
      <pre>{proposal.filter}</pre>
      <div className="row">
        <LinkButton look="primary" to="/detections" search={{ view: 'tuning' }}>
          See all proposals
        </LinkButton>
        <Button onPress={close}>Close</Button>
      </div>
    </Dialog>
  );
}
