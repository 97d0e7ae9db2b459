// The work on an incident by the phases of a framework. The framework is a view: changing it changes no work (invariant 7).

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';

import type { Api } from '../../../api/client';
import { frameworksQuery, processQuery, workQuery } from '../../../api/queries';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Choice } from '../../../ui/Field';
import { Found } from '../../../ui/State';
import { tell } from '../../../ui/Toast';
import { useMay } from '../may';
import { useRecordNow } from '../record';
import { useSending } from '../sending';
import { Inquiry } from './Inquiry';
import { Measures } from './Measures';
import { Phase } from './Phase';
import { Roles } from './Roles';
import { Tasks } from './Tasks';
import { Triage } from './Triage';
import './work.css';

const route = getRouteApi('/shell/incidents/$id/work');

export default function WorkScreen() {
  const { id } = route.useParams();
  const { as_of, framework } = route.useSearch();
  const process = useQuery(processQuery(id, framework, as_of));
  const work = useQuery(workQuery(id, as_of));
  return (
    <div className="story">
      <div className="stack">
        <Found query={process}>{(view) => <Phases view={view} />}</Found>
      </div>
      <Found query={work}>
        {({ work: done }) => (
          <div className="stack">
            <Triage id={id} triage={done.triage} />
            <Roles roles={done.roles} />
            <Tasks tasks={done.tasks} />
            <Inquiry inquiry={done.inquiry} evidence={done.evidence} />
            <Measures measures={done.measures} recovery={done.recovery} evidence={done.evidence} />
          </div>
        )}
      </Found>
    </div>
  );
}

function Phases({ view }: { view: Api['FrameworkView'] }) {
  const phases = view.phases.filter((phase) => phase.gate !== 'organisation');
  return (
    <>
      <FrameworkChoice view={view} />
      {phases.map((phase) => (
        <Phase key={phase.id} phase={phase} isCurrent={phase.id === view.current} />
      ))}
    </>
  );
}

function FrameworkChoice({ view }: { view: Api['FrameworkView'] }) {
  const { id } = route.useParams();
  const { framework } = route.useSearch();
  const navigate = useNavigate();
  const record = useRecordNow();
  const may = useMay();
  const send = useSending();
  const { data: frameworks } = useQuery(frameworksQuery);
  const known = frameworks ?? [];
  const about = known.find((each) => each.id === view.framework)?.about;
  const look = (to: string | undefined) =>
    void navigate({ to: '/incidents/$id/work', params: { id }, search: (search) => ({ ...search, framework: to }) });
  const choose = async () => {
    await record({ kind: 'framework.chosen', body: { framework: view.framework } });
    look(undefined);
    tell(`This incident is looked at under ${view.name} from now on`);
  };
  return (
    <section className="card" aria-labelledby="framework">
      <header>
        <h2 id="framework">Framework</h2>
        {framework && <Badge tone="warn">Only looked at</Badge>}
      </header>
      <div className="body stack tight">
        <Choice
          label="Look at the same work under"
          value={view.framework}
          onChange={look}
          options={known.map((each) => [each.id, `${each.name} (${each.edition})${each.status === 'withdrawn' ? ', withdrawn' : ''}`] as const)}
        />
        {about && <p className="soft small">{about}</p>}
        {framework && (
          <div className="row">
            {may.lead && <Button onPress={() => send(choose)}>Use it for this incident</Button>}
            <Button look="quiet" onPress={() => look(undefined)}>
              Back to the one in use
            </Button>
          </div>
        )}
      </div>
    </section>
  );
}
