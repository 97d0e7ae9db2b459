// A place where a run waits for people: an agreement, a step by hand, evidence that has to be sealed first.

import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Ask';
import { TextBox } from '../../../ui/Field';
import { count, words } from '../../../ui/text';
import { Left } from '../../../ui/When';
import { useMay } from '../may';
import { useSending } from '../sending';
import { Call } from './Call';
import { plain } from './Response';
import { useReread } from './Run';

const route = getRouteApi('/shell/incidents/$id');

interface PlaceProps {
  run: Api['RunView'];
  place: Api['PlaceView'];
}

export function Place({ run, place }: PlaceProps) {
  const title = `place-${place.token}`;
  return (
    <section className="card waits" aria-labelledby={title}>
      <header>
        <h2 id={title}>{place.name}</h2>
        {place.phase && <Badge>{words(place.phase)}</Badge>}
        <Badge tone="warn">Waiting</Badge>
      </header>
      <div className="body stack">
        <What place={place} run={run} />
        <Ends run={run} place={place} />
      </div>
    </section>
  );
}

function What({ run, place }: PlaceProps) {
  const { as_of } = route.useSearch();
  const wait = place.wait;
  switch (wait?.for) {
    case 'approval':
      return (
        <div className="stack tight">
          <Call call={wait.call} />
          <p>
            {place.approved} of {count(wait.quorum, 'agreement')} so far, from {wait.from} or higher; <Left until={wait.expires_at} />.
            {place.owners.length > 0 && ` One of them has to be ${place.owners.join(' or ')}, whose it is.`}
          </p>
        </div>
      );
    case 'person':
      return (
        <ul className="bullets">
          {wait.commands.map((command) => (
            <li key={command} className="wrap">
              {command}
            </li>
          ))}
        </ul>
      );
    case 'evidence':
      return (
        <p>
          Before this is done, seal as evidence: {wait.classes.map(words).join(', ')}.{' '}
          <Link to="/incidents/$id/evidence" params={{ id: run.incident }} search={{ as_of }}>
            Go to the evidence
          </Link>
        </p>
      );
    case 'run':
      return (
        <p>
          Another playbook has to end first:{' '}
          <Link to="/incidents/$id/response" params={{ id: run.incident }} search={{ as_of, run: wait.run }}>
            {wait.run}
          </Link>
        </p>
      );
    default:
      return null;
  }
}

/** What ends a place without doing it, worded by what is waited for. */
const WITHOUT: Record<'approval' | 'person' | 'evidence', Record<'failed' | 'skipped', { press: string; title: string; act: string }>> = {
  approval: {
    failed: { press: 'Refuse', title: 'Refuse', act: 'Refuse it' },
    skipped: { press: 'Leave it out', title: 'Leave out', act: 'Leave it out' },
  },
  person: {
    failed: { press: 'It failed', title: 'It failed', act: 'Say that it failed' },
    skipped: { press: 'Leave it out', title: 'Leave out', act: 'Leave it out' },
  },
  evidence: {
    failed: { press: 'It cannot be sealed', title: 'It cannot be sealed', act: 'Say that it failed' },
    skipped: { press: 'Waive, by name', title: 'Do it without sealing first', act: 'Waive it' },
  },
};

function Ends({ run, place }: PlaceProps) {
  const may = useMay();
  const reread = useReread(run);
  const [asked, setAsked] = useState<'failed' | 'skipped'>();
  const [given, setGiven] = useState<Record<string, string>>({});
  const send = useSending();
  const wait = place.wait;
  if (!wait || wait.for === 'run' || !may.write) return null;
  const params = { path: { id: run.id } };
  const end = (outcome: Api['StepEnd'], reason?: string) => {
    const variables = outcome === 'done' ? given : {};
    return api.POST('/api/v1/runs/{id}/steps', { params, body: { token: place.token, outcome, reason, variables } });
  };
  const agree = (rendered: string) => api.POST('/api/v1/runs/{id}/approvals', { params, body: { token: place.token, rendered } });
  const once = (doing: () => Promise<unknown>) => send(() => doing().then(() => void reread()));
  const ends = WITHOUT[wait.for];
  const question = ends[asked ?? 'skipped'];
  return (
    <>
      {wait.for === 'person' &&
        wait.asks.map((name) => (
          <TextBox key={name} label={plain(name)} value={given[name] ?? ''} onChange={(value) => setGiven({ ...given, [name]: value })} required />
        ))}
      <div className="row">
        {wait.for === 'approval' && (
          <Button look="primary" icon="check" onPress={() => once(() => agree(wait.rendered))}>
            Agree
          </Button>
        )}
        {wait.for === 'person' && (
          <Button look="primary" icon="check" onPress={() => once(() => end('done'))} isDisabled={wait.asks.some((name) => !given[name])}>
            It is done
          </Button>
        )}
        <Button onPress={() => setAsked('skipped')}>{ends.skipped.press}</Button>
        <Button onPress={() => setAsked('failed')}>{ends.failed.press}</Button>
      </div>
      <Ask
        title={`${question.title}: ${place.name}`}
        open={asked !== undefined}
        close={() => setAsked(undefined)}
        act={question.act}
        reason="Why"
        run={async (reason) => {
          await end(asked ?? 'skipped', reason);
          await reread();
        }}
      />
    </>
  );
}
