// A dry run: what a playbook would do to this incident, asked of every target, and what that would leave. It changes nothing;
// the run begins only with the button at its end.

import { keepPreviousData, useQuery, useQueryClient, type UseQueryResult } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useRef, useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { playbooksQuery, proposalsQuery } from '../../../api/queries';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { TextBox } from '../../../ui/Field';
import { Found, Trouble } from '../../../ui/State';
import { count, span, words } from '../../../ui/text';
import { Ago } from '../../../ui/When';
import { useMay } from '../may';
import { Call } from './Call';
import { Radius } from './Radius';
import { plain } from './Response';

const TYPING_PAUSE_MS = 400;

export function Preview({ incident, playbook }: { incident: string; playbook: string }) {
  const library = useQuery(playbooksQuery);
  const proposals = useQuery(proposalsQuery(incident));
  const proposal = proposals.data?.items.find((each) => each.playbook === playbook);
  return (
    <Found query={library}>
      {({ items }) => {
        const known = items.find((each) => each.name === playbook || each.id === playbook);
        if (!known || proposals.isPending) return <p className="empty">{known ? 'Loading…' : 'There is no such playbook.'}</p>;
        return <DryRun incident={incident} playbook={known} filled={proposal?.variables} />;
      }}
    </Found>
  );
}

interface DryRunProps {
  incident: string;
  playbook: Api['PlaybookView'];
  /** What the incident fills; nothing where the playbook was not proposed for it: then the server fills what it can. */
  filled: Record<string, string> | undefined;
}

function DryRun({ incident, playbook, filled }: DryRunProps) {
  const may = useMay();
  const [given, setGiven] = useState<Record<string, string>>({});
  const variables = { ...filled, ...given };
  // Everything that is shown is sent: what is run must not be filled anew with what came in meanwhile.
  const body: Api['NewRun'] = { playbook: playbook.name, fill: filled === undefined, variables: onlyGiven(variables) };
  const preview = usePlan(incident, body, may.write, Object.keys(given).length > 0);
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
        {may.write ? (
          <>
            <Asks asks={playbook.asks} variables={variables} set={(name, value) => setGiven({ ...given, [name]: value })} />
            <Answered preview={preview} />
            <Start incident={incident} body={body} missing={missing} isPlanned={isPlanOf(preview)} />
          </>
        ) : (
          <p className="soft">A dry run and a run need the right incidents:write, and an incident that did not become part of another.</p>
        )}
      </div>
    </section>
  );
}

/** What the targets answer to this body. Never asked again by what changes in the incident: they are real, and are asked by people. */
function usePlan(incident: string, body: Api['NewRun'], enabled: boolean, typing: boolean): UseQueryResult<Api['PreviewView']> {
  return useQuery({
    queryKey: ['preview', incident, body],
    queryFn: async ({ signal }) => {
      await pause(typing ? TYPING_PAUSE_MS : 0, signal);
      return read(api.POST('/api/v1/incidents/{id}/runs/preview', { params: { path: { id: incident } }, body, signal }));
    },
    enabled,
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    // Whoever comes back later sees no old answer.
    gcTime: 0,
  });
}

/** Whether what is shown is the plan of exactly what would be run, and holds. */
function isPlanOf(preview: UseQueryResult): boolean {
  return preview.isSuccess && !preview.isPlaceholderData && !preview.isFetching;
}

function Asks({ asks, variables, set }: { asks: Record<string, string>; variables: Record<string, string>; set: (name: string, value: string) => void }) {
  if (Object.keys(asks).length === 0) return null;
  return (
    <div className="asks">
      {Object.entries(asks).map(([name, what]) => (
        <TextBox key={name} label={plain(name)} help={what} value={variables[name] ?? ''} onChange={(value) => set(name, value)} />
      ))}
    </div>
  );
}

function Answered({ preview }: { preview: UseQueryResult<Api['PreviewView']> }) {
  return (
    <>
      <Found query={preview} what="Asking every target">
        {(plan) => (
          <>
            <Radius radius={plan.radius} would />
            {plan.items.some((step) => step.by_hand && step.call) && (
              <p className="soft small">What people do by hand is not counted: for those steps no target is configured here.</p>
            )}
            <Plan steps={plan.items} />
          </>
        )}
      </Found>
      {preview.isError && preview.data !== undefined && <Trouble error={preview.error} />}
      {preview.data !== undefined && (
        <div className="row">
          <Button icon="now" onPress={() => void (preview.isFetching || preview.refetch())}>
            Ask the targets again
          </Button>
          <span className="soft small" role="status">
            {preview.isFetching ? (
              'The targets are being asked…'
            ) : (
              <>
                Asked <Ago at={new Date(preview.dataUpdatedAt).toISOString()} />
              </>
            )}
          </span>
        </div>
      )}
    </>
  );
}

interface StartProps {
  incident: string;
  body: Api['NewRun'];
  missing: string[];
  /** Whether the plan that is shown is of this body. */
  isPlanned: boolean;
}

function Start({ incident, body, missing, isPlanned }: StartProps) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [error, setError] = useState<unknown>();
  // Pressed twice, it begins once.
  const begun = useRef(false);
  const begin = async (simulated: boolean) => {
    if (begun.current) return;
    begun.current = true;
    setError(undefined);
    try {
      const run = await read(
        api.POST('/api/v1/incidents/{id}/runs', { params: { path: { id: incident } }, body: { ...body, simulated } }),
      );
      await queries.invalidateQueries({ queryKey: ['incident', incident] });
      await navigate({ to: '/incidents/$id/response', params: { id: incident }, search: { run: run.id } });
    } catch (refused) {
      begun.current = false;
      setError(refused);
    }
  };
  const isReady = missing.length === 0 && isPlanned;
  return (
    <div className="stack tight">
      {missing.length > 0 && <p className="notice warn">It still needs: {missing.map(plain).join(', ')}</p>}
      {missing.length === 0 && !isPlanned && <p className="soft small">It can be run once the targets have answered for exactly this.</p>}
      {error !== undefined && <Trouble error={error} />}
      <div className="row">
        <Button look="primary" icon="play" isDisabled={!isReady} onPress={() => void begin(false)}>
          Run it
        </Button>
        <Button isDisabled={!isReady} onPress={() => void begin(true)}>
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
