// One phase: its gate, and the activities that open it.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api } from '../../../api/client';
import { activitiesQuery } from '../../../api/queries';
import { Badge, type Tone } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Ask';
import { tell } from '../../../ui/Toast';
import { count } from '../../../ui/text';
import { Moment } from '../../../ui/When';
import { useMay } from '../may';
import { useNames } from '../../../ui/Who';
import { useRecordNow } from '../record';
import { useSending } from '../sending';
import { placeOf } from './proofs';

const route = getRouteApi('/shell/incidents/$id/work');

export function Phase({ phase, isCurrent }: { phase: Api['PhaseView']; isCurrent: boolean }) {
  return (
    <section className={isCurrent ? 'card current' : 'card'} id={phase.id} aria-labelledby={`phase-${phase.id}`}>
      <header>
        <h2 id={`phase-${phase.id}`}>{phase.name}</h2>
        {isCurrent && <Badge tone="accent">Here now</Badge>}
        <GateBadge phase={phase} />
      </header>
      <ul>
        {phase.activities.map((activity) => (
          <li key={activity.id} className="activity">
            <Activity activity={activity} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function GateBadge({ phase }: { phase: Api['PhaseView'] }) {
  const open = phase.activities.filter((activity) => activity.required && activity.state === 'open').length;
  switch (phase.gate) {
    case 'open':
      return (
        <Badge tone="good" icon="check">
          Gate open
        </Badge>
      );
    case 'optional':
      return <Badge>Optional</Badge>;
    default:
      return <Badge icon="lock">Gate closed: {count(open, 'activity', 'activities')} to do</Badge>;
  }
}

function Activity({ activity }: { activity: Api['ActivityView'] }) {
  const [open, setOpen] = useState(false);
  const { data } = useQuery(activitiesQuery);
  const known = data?.find((each) => each.id === activity.id);
  return (
    <>
      <div className="row">
        <button type="button" className="button quiet activity-title" aria-expanded={open} onClick={() => setOpen(!open)}>
          {activity.title}
        </button>
        {!activity.required && <span className="soft small">optional</span>}
        {activity.reference && <span className="soft small">{activity.reference}</span>}
        <span className="grow" />
        <StateBadge activity={activity} />
      </div>
      {activity.state === 'open' && activity.missing.length > 0 && <p className="soft small">Missing: {activity.missing.join('; ')}</p>}
      {activity.state === 'waived' && <Waived activity={activity} />}
      {open && known && <About known={known} activity={activity} />}
    </>
  );
}

function StateBadge({ activity }: { activity: Api['ActivityView'] }) {
  const states: Record<string, [Tone, string]> = {
    done: ['good', 'Done'],
    waived: ['warn', 'Left out'],
    organisation: ['plain', 'Organisation'],
    open: ['plain', activity.state === 'open' && activity.begun ? 'Begun' : 'To do'],
  };
  const [tone, text] = states[activity.state] ?? ['plain', activity.state];
  return <Badge tone={tone}>{text}</Badge>;
}

function Waived({ activity }: { activity: Extract<Api['ActivityView'], { state: 'waived' }> }) {
  const name = useNames();
  return (
    <p className="soft small">
      Left out by {name(activity.stamp.actor)}, <Moment at={activity.stamp.at} />: {activity.reason}
    </p>
  );
}

function About({ known, activity }: { known: Api['Activity']; activity: Api['ActivityView'] }) {
  return (
    <div className="stack tight about">
      <p>{known.why}</p>
      <p className="soft">It is well done when: {known.good}</p>
      <p className="soft small">Who: {known.who.join(', ').replaceAll('_', ' ')}</p>
      <Acts known={known} activity={activity} />
    </div>
  );
}

function Acts({ known, activity }: { known: Api['Activity']; activity: Api['ActivityView'] }) {
  const { id } = route.useParams();
  const queries = useQueryClient();
  const record = useRecordNow();
  const may = useMay();
  const send = useSending();
  const [asked, setAsked] = useState<'done' | 'waived' | 'reopened'>();
  if (!may.write) return null;
  const setTasks = async () => {
    await api.POST('/api/v1/incidents/{id}/tasks', { params: { path: { id } }, body: { activity: known.id } });
    await queries.invalidateQueries({ queryKey: ['incident', id] });
    tell(`Tasks were set for “${known.title}”`);
  };
  const say = (text: string) => {
    if (asked === 'done') return record({ kind: 'activity.done', body: { activity: known.id, how: text } });
    if (asked === 'waived') return record({ kind: 'activity.waived', body: { activity: known.id, reason: text } });
    return record({ kind: 'activity.reopened', body: { activity: known.id, reason: text } });
  };
  const place = placeOf(known.proof);
  const said = activity.state === 'waived' || (activity.state === 'done' && known.proof === 'by_hand');
  return (
    <div className="row">
      {activity.state === 'open' && known.proof === 'by_hand' && (
        <Button look="primary" icon="check" onPress={() => setAsked('done')}>
          It is done
        </Button>
      )}
      {activity.state === 'open' && known.proof !== 'by_hand' && place && <span className="soft">Proven by what is recorded: {place}.</span>}
      {activity.state === 'open' && (known.tasks?.length ?? 0) > 0 && (
        <Button icon="plus" onPress={() => send(setTasks)}>
          Set its {count(known.tasks?.length ?? 0, 'task')}
        </Button>
      )}
      {may.lead && activity.state === 'open' && <Button onPress={() => setAsked('waived')}>Leave it out</Button>}
      {said && <Button onPress={() => setAsked('reopened')}>Reopen</Button>}
      <Ask
        title={known.title}
        open={asked !== undefined}
        close={() => setAsked(undefined)}
        act={asked === 'done' ? 'It is done' : asked === 'waived' ? 'Leave it out' : 'Reopen'}
        reason={asked === 'done' ? 'What was done' : 'Why'}
        run={say}
      />
    </div>
  );
}
