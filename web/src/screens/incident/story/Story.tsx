// What happened, in what order, how far it reaches, and what to do next: the first thing somebody sees of an incident.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';

import { Problem, type Api } from '../../../api/client';
import { proposalsQuery, radiusQuery, storyQuery } from '../../../api/queries';
import { Badge, type Tone } from '../../../ui/Badge';
import { Button, LinkButton } from '../../../ui/Button';
import { Icon } from '../../../ui/Icon';
import { AlertPeek } from '../../../ui/Peek';
import { useSlice } from '../../../ui/Slice';
import { Empty, Found } from '../../../ui/State';
import { count, words } from '../../../ui/text';
import { Value, Values } from '../../../ui/Value';
import { Moment } from '../../../ui/When';
import { alertOf, eventId } from './evidence';

const route = getRouteApi('/shell/incidents/$id');

/** Steps of a long chain that are shown before somebody asks for all. */
const STEPS_SHOWN = 8;
const ACTIONS_SHOWN = 3;
const VALUES_SHOWN = 4;
const CONFIDENCE: Record<string, Tone> = { high: 'good', medium: 'warn', low: 'bad' };

export default function StoryScreen() {
  const { id } = route.useParams();
  const { as_of } = route.useSearch();
  const query = useQuery(storyQuery(id, as_of));
  // A reread that failed takes no story away that is shown; only the server can say that there is none.
  if (query.data === undefined && query.error instanceof Problem && query.error.status === 404) {
    return (
      <Empty title="No story was worked out for this incident">
        <p>It was opened by hand or brought in, or its events are not stored here. Its timeline and its work are in the other tabs.</p>
      </Empty>
    );
  }
  return <Found query={query}>{(story) => <Story story={story} id={id} />}</Found>;
}

function Story({ story, id }: { story: Api['Story']; id: string }) {
  return (
    <>
      <div className="glance">
        <RootCause story={story} />
        <Reach story={story} id={id} />
        <NextActions actions={story.next_actions} id={id} />
      </div>
      <div className="story">
        <div className="stack">
          <Chain story={story} id={id} />
          <Candidates candidates={story.root_cause.candidates} />
        </div>
        <div className="stack">
          <Why story={story} />
          <Missing missing={story.missing_telemetry} />
        </div>
      </div>
    </>
  );
}

function RootCause({ story }: { story: Api['Story'] }) {
  const { entry, weakness, confidence, confidence_reasons } = story.root_cause;
  const facts: [string, string | null | undefined][] = [
    ['From', entry.url ?? entry.address],
    ['File', entry.file],
    ['Program', entry.process?.image === entry.file ? null : entry.process?.image],
    ['On', entry.host],
    ['As', entry.principal],
    ['With', entry.credential],
  ];
  return (
    <section className="card" aria-labelledby="root-cause">
      <header>
        <h2 id="root-cause">Root cause</h2>
        <Badge tone={CONFIDENCE[confidence]}>{words(confidence)} confidence</Badge>
      </header>
      <div className="body stack">
        <p className="strong">{weakness}</p>
        <dl className="facts">
          {entry.time && (
            <>
              <dt>At</dt>
              <dd>
                <Moment at={entry.time} />
              </dd>
            </>
          )}
          {facts.map(
            ([name, value]) =>
              value && (
                <div key={name} style={{ display: 'contents' }}>
                  <dt>{name}</dt>
                  <dd>
                    <Value text={value} />
                  </dd>
                </div>
              ),
          )}
        </dl>
        {confidence_reasons.length > 0 && (
          <ul className="bullets soft small">
            {confidence_reasons.map((reason) => (
              <li key={reason}>{reason}</li>
            ))}
          </ul>
        )}
      </div>
    </section>
  );
}

function Chain({ story, id }: { story: Api['Story']; id: string }) {
  const steps = story.root_cause.chain;
  const [all, setAll] = useState(false);
  const { shown: some, more } = useSlice(steps);
  const shown = all ? some : steps.slice(0, STEPS_SHOWN);
  return (
    <section className="card" aria-labelledby="chain">
      <header>
        <h2 id="chain">What happened</h2>
        <span className="soft small">{count(steps.length, 'step')}</span>
      </header>
      <div className="body">
        <ol className="chain">
          {shown.map((step, index) => (
            <Step key={index} step={step} story={story} id={id} />
          ))}
        </ol>
        {all ? more : steps.length > shown.length && <Button onPress={() => setAll(true)}>Show all {steps.length} steps</Button>}
      </div>
    </section>
  );
}

function Step({ step, story, id }: { step: Api['StoryStep']; story: Api['Story']; id: string }) {
  const kind = [step.inferred && 'inferred', step.alerts.length > 0 && 'alerted'].filter(Boolean).join(' ');
  const first = step.evidence[0];
  return (
    <li className={kind || undefined}>
      <div className="row small soft">
        {step.time && <Moment at={step.time} />}
        {step.host && <span>on {step.host}</span>}
        {step.inferred && <Badge tone="warn">Inferred</Badge>}
      </div>
      <p className="wrap">
        <Value text={step.source} /> {step.action} <Value text={step.target} />
      </p>
      {step.detail && <p className="mono small soft wrap">{step.detail}</p>}
      {step.inferred_why && <p className="small soft">{step.inferred_why}</p>}
      <div className="row small">
        {step.alerts.map((title) => (
          <StepAlert key={title} title={title} alert={alertOf(story, step, title)} incident={id} />
        ))}
        {step.techniques.map((technique) => (
          <Badge key={technique}>{technique}</Badge>
        ))}
        {first && (
          <Link to="/hunt" search={{ event: eventId(first) }}>
            {count(step.evidence.length, 'record')} as evidence
          </Link>
        )}
      </div>
    </li>
  );
}

function StepAlert({ title, alert, incident }: { title: string; alert: Api['StoryAlert'] | undefined; incident: string }) {
  if (!alert) {
    return (
      <Badge tone="bad" icon="alert">
        {title}
      </Badge>
    );
  }
  return (
    <AlertPeek of={{ rule: alert.rule.id, event: eventId(alert.event), at: alert.time }}>
      <Link to="/alerts" search={{ incident, rule: alert.rule.id }} className="badge bad">
        <Icon name="alert" />
        {title}
      </Link>
    </AlertPeek>
  );
}

function Candidates({ candidates }: { candidates: Api['StoryCandidate'][] }) {
  if (candidates.length < 2) return null;
  return (
    <section className="card" aria-labelledby="candidates">
      <header>
        <h2 id="candidates">Other places where it may have begun</h2>
      </header>
      <div className="body">
        <table>
          <thead>
            <tr>
              <th>Score</th>
              <th>Where</th>
              <th>Why</th>
            </tr>
          </thead>
          <tbody>
            {candidates.slice(1).map((candidate) => (
              <tr key={candidate.rank}>
                <td>{candidate.score.toFixed(2)}</td>
                <td className="wrap mono small">
                  {candidate.entry.url ?? candidate.entry.file ?? candidate.entry.address ?? candidate.entry.principal ?? words(candidate.entry.kind)}
                  {candidate.entry.host && ` on ${candidate.entry.host}`}
                </td>
                <td className="small">{candidate.why}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

function NextActions({ actions, id }: { actions: Api['StoryNextAction'][]; id: string }) {
  const { as_of } = route.useSearch();
  const [all, setAll] = useState(false);
  const shown = all ? actions : actions.slice(0, ACTIONS_SHOWN);
  const proposals = useQuery({ ...proposalsQuery(id), enabled: as_of === undefined });
  const best = proposals.data?.items[0];
  return (
    <section className="card" aria-labelledby="next">
      <header>
        <h2 id="next">Do next</h2>
      </header>
      <div className="body stack">
        {best && as_of === undefined && (
          <div className="stack tight">
            <p>
              Playbook <span className="strong">{best.name}</span>: {best.summary}
            </p>
            <div>
              <LinkButton look="primary" icon="play" to="/incidents/$id/response" params={{ id }} search={{ playbook: best.playbook }}>
                See what it would do
              </LinkButton>
            </div>
          </div>
        )}
        <ol className="bullets">
          {shown.map((action) => (
            <li key={action.text}>
              <Badge>{words(action.phase)}</Badge> <span className="strong">{action.text}</span>
              <p className="small soft">{action.why}</p>
            </li>
          ))}
        </ol>
        {actions.length > shown.length && (
          <div>
            <Button onPress={() => setAll(true)}>Show all {actions.length}</Button>
          </div>
        )}
      </div>
    </section>
  );
}

/** Scope is what was touched; the blast radius is what can be reached from what the intruder holds. They are never one list. */
function Reach({ story, id }: { story: Api['Story']; id: string }) {
  const { as_of } = route.useSearch();
  return (
    <section className="card" aria-labelledby="reach">
      <header>
        <h2 id="reach">Scope and blast radius</h2>
      </header>
      <div className="body radius">
        {/* First: it has to be seen without scrolling, however much was touched. */}
        <HeldByIntruder id={id} />
        <Touched story={story} />
        <Link to="/incidents/$id/graph" params={{ id }} search={{ as_of }}>
          See it as a graph
        </Link>
      </div>
    </section>
  );
}

function Touched({ story: { scope, endpoints } }: { story: Api['Story'] }) {
  const groups: [string, string[]][] = [
    [count(scope.hosts.length, 'host'), scope.hosts],
    [count(scope.principals.length, 'account'), scope.principals],
    [count(scope.credentials.length, 'credential'), scope.credentials],
    [count(scope.resources.length, 'resource'), scope.resources.map((resource) => resource.name)],
    [count(scope.files.length, 'file'), scope.files],
  ];
  return (
    <section className="stack tight" aria-labelledby="scope">
      <h3 id="scope">Touched</h3>
      {groups
        .filter(([, all]) => all.length > 0)
        .map(([title, all]) => (
          <div key={title} className="reach-group">
            <span className="soft small">{title}</span>
            <Values all={all} most={VALUES_SHOWN} />
          </div>
        ))}
      {endpoints.length > 0 && (
        <div className="reach-group">
          <span className="soft small">{count(endpoints.length, 'address', 'addresses')} of the intruder</span>
          <ul className="row">
            {endpoints.slice(0, VALUES_SHOWN).map((endpoint) => (
              <li key={`${endpoint.role} ${endpoint.address} ${endpoint.port}`} className="row">
                <Value text={endpoint.port ? `${endpoint.address}:${endpoint.port}` : endpoint.address} />
                <span className="soft small">{words(endpoint.role)}</span>
              </li>
            ))}
            {endpoints.length > VALUES_SHOWN && <li className="soft small">and {endpoints.length - VALUES_SHOWN} more</li>}
          </ul>
        </div>
      )}
    </section>
  );
}

/** What the intruder holds and can reach from, less what changes that are in force cut off. */
function HeldByIntruder({ id }: { id: string }) {
  const { as_of } = route.useSearch();
  const isNow = as_of === undefined;
  const query = useQuery({ ...radiusQuery(id), enabled: isNow });
  return (
    <section className="stack tight" aria-labelledby="radius">
      <h3 id="radius">Blast radius</h3>
      {isNow ? <Found query={query}>{(radius) => <Held radius={radius} />}</Found> : <p className="soft small">Shown only as it is now.</p>}
    </section>
  );
}

function Held({ radius: { left, cut, affects } }: { radius: Api['Radius'] }) {
  const groups: [string, string[]][] = [
    [left.length === 0 ? 'Nothing is left to the intruder' : `Held by the intruder: ${left.length}`, left.map(({ name }) => name)],
    [`Cut off: ${cut.length}`, cut.map(({ name }) => name)],
    [`Depends on what was cut off: ${affects.length}`, affects],
  ];
  return groups
    .filter(([, all], at) => at === 0 || all.length > 0)
    .map(([title, all]) => (
      <div key={title} className="reach-group">
        <span className="soft small">{title}</span>
        <Values all={all} most={VALUES_SHOWN} />
      </div>
    ));
}

function Why({ story }: { story: Api['Story'] }) {
  return (
    <section className="card" aria-labelledby="why">
      <header>
        <h2 id="why">Why it is {story.severity}</h2>
      </header>
      <ul className="body bullets">
        {story.severity_reasons.map((reason) => (
          <li key={reason.text}>{reason.text}</li>
        ))}
      </ul>
    </section>
  );
}

function Missing({ missing }: { missing: Api['StoryMissingTelemetry'][] }) {
  if (missing.length === 0) return null;
  return (
    <section className="card" aria-labelledby="missing">
      <header>
        <h2 id="missing">What could not be seen</h2>
      </header>
      <ul className="body bullets">
        {missing.map((gap) => (
          <li key={gap.log_source + gap.would_show}>
            <span className="strong">{gap.log_source}</span>
            <p className="small soft">{gap.would_show}</p>
          </li>
        ))}
      </ul>
    </section>
  );
}
