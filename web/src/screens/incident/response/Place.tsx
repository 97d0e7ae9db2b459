// A place where a run waits for people: an agreement, a step by hand, evidence that has to be sealed first.

import { useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api } from '../../../api/client';
import { accountQuery } from '../../../api/queries';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Dialog';
import { TextBox } from '../../../ui/Field';
import { tellTrouble } from '../../../ui/Toast';
import { count, words } from '../../../ui/text';
import { Left } from '../../../ui/When';
import { Call } from './Call';
import { plain } from './Response';
import { useReread } from './Run';

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
        <Badge tone="warn">Waits for you</Badge>
      </header>
      <div className="body stack">
        <What place={place} run={run} />
        <Ends run={run} place={place} />
      </div>
    </section>
  );
}

function What({ run, place }: PlaceProps) {
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
          <Link to="/incidents/$id/evidence" params={{ id: run.incident }}>
            Go to the evidence
          </Link>
        </p>
      );
    case 'run':
      return (
        <p>
          Another playbook has to end first:{' '}
          <Link to="/incidents/$id/response" params={{ id: run.incident }} search={{ run: wait.run }}>
            {wait.run}
          </Link>
        </p>
      );
    default:
      return null;
  }
}

function Ends({ run, place }: PlaceProps) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const reread = useReread(run);
  const [asked, setAsked] = useState<'failed' | 'skipped'>();
  const [given, setGiven] = useState<Record<string, string>>({});
  const wait = place.wait;
  if (!wait || wait.for === 'run' || !account.rights.includes('incidents:write')) return null;
  const params = { path: { id: run.id } };
  const end = async (outcome: Api['StepEnd'], reason?: string) => {
    const variables = outcome === 'done' ? given : {};
    await api.POST('/api/v1/runs/{id}/steps', { params, body: { token: place.token, outcome, reason, variables } });
    await reread();
  };
  const agree = async (rendered: string) => {
    await api.POST('/api/v1/runs/{id}/approvals', { params, body: { token: place.token, rendered } });
    await reread();
  };
  return (
    <>
      {wait.for === 'person' &&
        wait.asks.map((name) => (
          <TextBox key={name} label={plain(name)} value={given[name] ?? ''} onChange={(value) => setGiven({ ...given, [name]: value })} required />
        ))}
      <div className="row">
        {wait.for === 'approval' && (
          <Button look="primary" icon="check" onPress={() => void agree(wait.rendered).catch(tellTrouble)}>
            Agree
          </Button>
        )}
        {wait.for === 'person' && (
          <Button look="primary" icon="check" onPress={() => void end('done').catch(tellTrouble)} isDisabled={wait.asks.some((name) => !given[name])}>
            It is done
          </Button>
        )}
        <Button onPress={() => setAsked('skipped')}>{wait.for === 'evidence' ? 'Waive, by name' : 'Leave it out'}</Button>
        <Button onPress={() => setAsked('failed')}>{wait.for === 'approval' ? 'Refuse' : 'It failed'}</Button>
      </div>
      <Ask
        title={`${asked === 'failed' ? 'It failed' : 'Leave out'}: ${place.name}`}
        open={asked !== undefined}
        close={() => setAsked(undefined)}
        act={asked === 'failed' ? 'Say that it failed' : 'Leave it out'}
        reason="Why"
        run={(reason) => end(asked ?? 'skipped', reason)}
      />
    </>
  );
}
