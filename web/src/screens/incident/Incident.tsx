// One incident: its head, which stays, and its parts as tabs.

import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link, Outlet } from '@tanstack/react-router';
import { useRef, useState, type ReactNode } from 'react';

import { type Api, Problem } from '../../api/client';
import { accountQuery, clocksQuery, incidentQuery, processQuery } from '../../api/queries';
import { Badge, Severity, Status } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Ask } from '../../ui/Ask';
import { Menu, type MenuEntry } from '../../ui/Menu';
import { Found } from '../../ui/State';
import { words } from '../../ui/text';
import { Ago, Left } from '../../ui/When';
import { useNames } from '../../ui/Who';
import { AsOf } from './AsOf';
import { changeIncident } from './change';
import { useFocusKept } from './focus';
import { Hidden } from './Hidden';
import { useMay } from './may';
import { Merge } from './Merge';
import { Presence } from './Presence';
import { Restrict, Unrestrict } from './Restrict';
import { useSending } from './sending';
import './incident.css';

const route = getRouteApi('/shell/incidents/$id');

const TABS = [
  ['/incidents/$id', 'Story'],
  ['/incidents/$id/timeline', 'Timeline'],
  ['/incidents/$id/graph', 'Graph'],
  ['/incidents/$id/work', 'Work'],
  ['/incidents/$id/response', 'Response'],
  ['/incidents/$id/evidence', 'Evidence'],
  ['/incidents/$id/entities', 'Entities'],
  ['/incidents/$id/communication', 'Communication'],
  ['/incidents/$id/notes', 'Notes'],
  ['/incidents/$id/report', 'Report'],
  ['/incidents/$id/ledger', 'Ledger'],
] as const;

export default function Incident() {
  const { id } = route.useParams();
  // What somebody typed or opened for one incident must never stand over another.
  return <One key={id} id={id} />;
}

function One({ id }: { id: string }) {
  const { as_of } = route.useSearch();
  const query = useQuery(incidentQuery(id, as_of));
  if (query.error instanceof Problem && query.error.status === 404) return <Hidden id={id} />;
  return (
    <Page id={id} as_of={as_of}>
      <Found query={query}>{(detail) => <Head detail={detail} />}</Found>
    </Page>
  );
}

function Page({ id, as_of, children }: { id: string; as_of: string | undefined; children: ReactNode }) {
  const page = useRef<HTMLDivElement>(null);
  useFocusKept(page);
  return (
    <div className="page" ref={page}>
      {children}
      <AsOf id={id} at={as_of} />
      <nav className="tabs" aria-label="Parts of the incident">
        {TABS.map(([to, text]) => (
          <Link key={to} to={to} params={{ id }} search={{ as_of }} activeOptions={{ exact: true, includeSearch: false }}>
            {text}
          </Link>
        ))}
      </nav>
      <Outlet />
    </div>
  );
}

function Head({ detail }: { detail: Api['IncidentDetail'] }) {
  const { as_of } = route.useSearch();
  const incident = detail.incident;
  return (
    <>
      <title>{`${detail.title} · Quell`}</title>
      <header className="incident-head">
        <div className="row">
          <Severity level={detail.severity} />
          <Status status={detail.status} />
          {incident.exercise && <Badge tone="accent">Exercise</Badge>}
          {incident.restricted && (
            <Badge tone="warn" icon="lock">
              Restricted
            </Badge>
          )}
          <span className="soft mono">{incident.id}</span>
          <span className="soft">
            opened <Ago at={incident.opened_at} />
          </span>
          <Presence id={incident.id} />
        </div>
        <div className="row spread">
          <h1 className="grow wrap">{detail.title}</h1>
          <Actions detail={detail} />
        </div>
        <Phases id={incident.id} />
        {as_of === undefined && <Clocks id={incident.id} />}
      </header>
    </>
  );
}

function Actions({ detail }: { detail: Api['IncidentDetail'] }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const may = useMay();
  const name = useNames();
  const queries = useQueryClient();
  const send = useSending();
  // With what was seen when it was asked: others may change it while somebody thinks.
  const [question, setQuestion] = useState<{ status: Api['StatusName']; seen: Api['IncidentDetail'] }>();
  const setAsked = (status: Api['StatusName']) => setQuestion({ status, seen: detail });
  const asked = question?.status;
  const [form, setForm] = useState<'restrict' | 'unrestrict' | 'merge'>();
  const id = detail.incident.id;
  const change = async (body: Api['IncidentChange'], seen = detail) => {
    await changeIncident(queries, seen, body);
    await queries.invalidateQueries({ queryKey: ['incident', id] });
  };
  if (!may.write && !may.restrict) return null;
  const mine = detail.assignee === account.user.id;
  const entries: MenuEntry[] = [];
  const finished = detail.status !== 'new' && detail.status !== 'open';
  if (may.write && finished) entries.push({ id: 'reopen', text: 'Reopen…', run: () => setAsked('open') });
  else if (may.write) {
    entries.push({ id: 'resolve', text: 'Resolve…', run: () => setAsked('resolved') });
    entries.push({ id: 'false', text: 'It is a false positive…', run: () => setAsked('false_positive') });
  }
  if (may.write && detail.assignee) entries.push({ id: 'leave', text: 'Let it go', run: () => send(() => change({ assignee: null })) });
  if (may.lead && !finished) entries.push({ id: 'merge', text: 'Merge into another…', run: () => setForm('merge') });
  if (may.restrict) {
    entries.push({ id: 'restrict', icon: 'lock', text: detail.incident.restricted ? 'Change its members…' : 'Restrict…', run: () => setForm('restrict') });
    if (detail.incident.restricted) entries.push({ id: 'unrestrict', text: 'Lift the restriction…', run: () => setForm('unrestrict') });
  }
  const close = () => setForm(undefined);
  return (
    <div className="row">
      {detail.assignee && <span className="soft">{mine ? 'Yours' : `${name(detail.assignee)}’s`}</span>}
      {may.write && !mine && (
        <Button
          look={detail.assignee ? 'plain' : 'primary'}
          onPress={() => send(() => change({ assignee: account.user.id, ...(detail.status === 'new' ? { status: 'open' } : {}) }))}
        >
          Take it
        </Button>
      )}
      {entries.length > 0 && <Menu label="More about this incident" entries={entries} />}
      <Ask
        title={asked ? `${words(asked)}: ${detail.title}` : ''}
        open={question !== undefined}
        close={() => setQuestion(undefined)}
        act={asked === 'open' ? 'Reopen' : asked === 'resolved' ? 'Resolve' : 'Close as false positive'}
        reason="Why"
        run={(reason) => change({ status: asked, reason }, question?.seen)}
      />
      {form === 'restrict' && <Restrict id={id} close={close} />}
      {form === 'unrestrict' && <Unrestrict id={id} close={close} />}
      {form === 'merge' && <Merge detail={detail} close={close} />}
    </div>
  );
}

/** The phases of the framework that the incident is looked at under, and whether their gates are closed. */
function Phases({ id }: { id: string }) {
  const { as_of } = route.useSearch();
  const { data } = useQuery(processQuery(id, undefined, as_of));
  if (!data) return null;
  return (
    <ol className="phases" aria-label={`Phases: ${data.name}`}>
      {data.phases
        .filter((phase) => phase.gate !== 'organisation')
        .map((phase) => {
          const state = phase.gate === 'open' ? 'done' : phase.id === data.current ? 'current' : 'ahead';
          const open = phase.activities.filter((activity) => activity.required && activity.state === 'open').length;
          return (
            <li key={phase.id} className={`phase ${state}`} aria-current={state === 'current' ? 'step' : undefined}>
              <Link to="/incidents/$id/work" params={{ id }} search={{ as_of }} hash={phase.id}>
                <span className="strong">{phase.name}</span>
                <span className="small">{state === 'done' ? 'done' : phase.gate === 'optional' ? 'optional' : `${open} to do`}</span>
              </Link>
            </li>
          );
        })}
    </ol>
  );
}

/** Notifications that are due, the next first. */
function Clocks({ id }: { id: string }) {
  const { data } = useQuery(clocksQuery(id));
  const running = (data?.deadlines ?? [])
    .filter((deadline) => deadline.state.state === 'running' && deadline.due_at)
    .sort((a, b) => Date.parse(a.due_at ?? '') - Date.parse(b.due_at ?? ''));
  if (running.length === 0 && !data?.undecided.length) return null;
  return (
    <div className="row" role="group" aria-label="Clocks">
      {running.slice(0, 4).map((deadline) => {
        const overdue = deadline.state.state === 'running' && deadline.state.overdue;
        return (
          <Badge key={`${deadline.regime} ${deadline.stage}`} tone={overdue ? 'bad' : 'warn'} icon="now">
            {deadline.name}: {deadline.due_at && <Left until={deadline.due_at} />}
          </Badge>
        );
      })}
      {running.length > 4 && <span className="soft small">and {running.length - 4} more</span>}
      {data && data.undecided.length > 0 && <Badge icon="help">Decide whether these apply: {data.undecided.join(', ')}</Badge>}
    </div>
  );
}
