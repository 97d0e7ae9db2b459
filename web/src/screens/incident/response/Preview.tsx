// A dry run: what a playbook would do to this incident, asked of every target, and what that would leave. It changes nothing;
// the run begins only with the button at its end.

import { keepPreviousData, useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { accountQuery, proposalsQuery } from '../../../api/queries';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { TextBox } from '../../../ui/Field';
import { Found, Trouble } from '../../../ui/State';
import { count, span, words } from '../../../ui/text';
import { Call } from './Call';
import { Radius } from './Radius';
import { plain } from './Response';

const TYPING_PAUSE_MS = 400;

export function Preview({ incident, playbook }: { incident: string; playbook: string }) {
  const library = useQuery({
    queryKey: ['playbooks'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/playbooks', { signal })),
    staleTime: Infinity,
  });
  const proposals = useQuery(proposalsQuery(incident));
  const proposal = proposals.data?.items.find((each) => each.playbook === playbook);
  return (
    <Found query={library}>
      {({ items }) => {
        const known = items.find((each) => each.name === playbook || each.id === playbook);
        if (!known || proposals.isPending) return <p className="empty">{known ? 'Loading…' : 'There is no such playbook.'}</p>;
        return <DryRun incident={incident} playbook={known} filled={proposal?.variables ?? {}} />;
      }}
    </Found>
  );
}

interface DryRunProps {
  incident: string;
  playbook: Api['PlaybookView'];
  filled: Record<string, string>;
}

function DryRun({ incident, playbook, filled }: DryRunProps) {
  const [given, setGiven] = useState<Record<string, string>>({});
  const variables = { ...filled, ...given };
  const body: Api['NewRun'] = { playbook: playbook.name, fill: true, variables: onlyGiven(given) };
  const preview = useQuery({
    queryKey: ['incident', incident, 'preview', body],
    queryFn: async ({ signal }) => {
      await pause(Object.keys(given).length > 0 ? TYPING_PAUSE_MS : 0, signal);
      return read(api.POST('/api/v1/incidents/{id}/runs/preview', { params: { path: { id: incident } }, body, signal }));
    },
    placeholderData: keepPreviousData,
  });
  const missing = Object.keys(playbook.asks).filter((name) => !variables[name]);
  return (
    <section className="card" aria-labelledby="dry-run">
      <header>
        <h2 id="dry-run">{playbook.title}</h2>
        <Link to="/playbooks/$name" params={{ name: playbook.name }}>
          The playbook itself
        </Link>
      </header>
      <div className="body stack">
        <p>{playbook.summary}</p>
        {Object.keys(playbook.asks).length > 0 && (
          <div className="asks">
            {Object.entries(playbook.asks).map(([name, what]) => (
              <TextBox
                key={name}
                label={plain(name)}
                help={what}
                value={variables[name] ?? ''}
                onChange={(value) => setGiven({ ...given, [name]: value })}
              />
            ))}
          </div>
        )}
        <Found query={preview} what="Asking every target">
          {(plan) => (
            <>
              <Radius radius={plan.radius} would />
              <Plan steps={plan.items} />
            </>
          )}
        </Found>
        <Start incident={incident} body={body} missing={missing} />
      </div>
    </section>
  );
}

function Start({ incident, body, missing }: { incident: string; body: Api['NewRun']; missing: string[] }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  const begin = async (simulated: boolean) => {
    setError(undefined);
    try {
      const run = await read(
        api.POST('/api/v1/incidents/{id}/runs', { params: { path: { id: incident } }, body: { ...body, simulated } }),
      );
      await queries.invalidateQueries({ queryKey: ['incident', incident] });
      await navigate({ to: '/incidents/$id/response', params: { id: incident }, search: { run: run.id } });
    } catch (refused) {
      setError(refused);
    }
  };
  if (!account.rights.includes('incidents:write')) return <p className="soft">Running a playbook needs the right incidents:write.</p>;
  return (
    <div className="stack tight">
      {missing.length > 0 && <p className="notice warn">It still needs: {missing.map(plain).join(', ')}</p>}
      {error !== undefined && <Trouble error={error} />}
      <div className="row">
        <Button look="primary" icon="play" isDisabled={missing.length > 0} onPress={() => void begin(false)}>
          Run it
        </Button>
        <Button isDisabled={missing.length > 0} onPress={() => void begin(true)}>
          Play it, touching nothing
        </Button>
      </div>
    </div>
  );
}

function Plan({ steps }: { steps: Api['PreviewStep'][] }) {
  const byHand = steps.filter((step) => step.by_hand).length;
  return (
    <div className="stack tight">
      <h3>
        {count(steps.length, 'step')}
        {byHand > 0 && `, ${byHand} by hand`}
      </h3>
      <ol className="plan">
        {steps.map((step) => (
          <li key={step.step}>
            <PlanStep step={step} />
          </li>
        ))}
      </ol>
    </div>
  );
}

function PlanStep({ step }: { step: Api['PreviewStep'] }) {
  return (
    <div className="stack tight">
      <div className="row">
        {step.phase && <Badge>{words(step.phase)}</Badge>}
        <span className="strong">{step.name}</span>
        {step.by_hand && <Badge icon="person">By hand</Badge>}
        {step.already && <Badge tone="good">So already</Badge>}
        {step.refused && <Badge tone="bad">Cannot be done</Badge>}
        {step.approvals > 0 && (
          <Badge tone="accent" icon="person">
            {count(step.approvals, 'agreement')}
          </Badge>
        )}
        {step.ttl_minutes != null && (
          <Badge icon="undo">taken back after {span(step.ttl_minutes * 60)}</Badge>
        )}
        {step.evidence_missing.length > 0 && (
          <Badge tone="warn" icon="evidence">
            first seal: {step.evidence_missing.map(words).join(', ')}
          </Badge>
        )}
      </div>
      {step.call && <Call call={step.call} />}
      {step.missing.length > 0 && <p className="soft small">An earlier step gives: {step.missing.map(plain).join(', ')}</p>}
      {step.target && <p className="soft small">{step.target}</p>}
    </div>
  );
}

function onlyGiven(given: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== ''));
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (ms === 0) return Promise.resolve();
  return new Promise((settle, refuse) => {
    const timer = setTimeout(settle, ms);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      refuse(new DOMException('typed on', 'AbortError'));
    });
  });
}
