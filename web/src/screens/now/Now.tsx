// What is going on, and what waits for a decision.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { api, type Api, read } from '../../api/client';
import { Icon } from '../../ui/Icon';
import { Severity, Status } from '../../ui/Badge';
import { IncidentPeek } from '../../ui/Peek';
import { Empty, Found } from '../../ui/State';
import { count } from '../../ui/text';
import { Ago } from '../../ui/When';
import { Clocks, Decisions, Tasks } from './Waiting';
import { Runs, Sources } from './Watching';
import { useLeftAt } from './left';

const SHOWN_MAX = 12;

export default function Now() {
  const query = useQuery({
    queryKey: ['incidents', 'waiting'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/now', { signal })),
    refetchInterval: 60_000,
  });
  return (
    <div className="page">
      <title>Now · Quell</title>
      <header>
        <h1>Now</h1>
      </header>
      <Found query={query}>{(now) => (now.decisions.length > 0 ? <Decisions decisions={now.decisions} /> : null)}</Found>
      <OpenIncidents />
      <div className="columns">
        {query.data && <Clocks deadlines={query.data.deadlines} />}
        {query.data && <Tasks tasks={query.data.tasks} />}
        <Runs />
        <Sources />
      </div>
    </div>
  );
}

function OpenIncidents() {
  const leftAt = useLeftAt();
  const query = useQuery({
    queryKey: ['incidents', 'now'],
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/incidents', { params: { query: { status: ['new', 'open'], sort: 'severity', limit: SHOWN_MAX } }, signal })),
  });
  return (
    <section className="card" aria-labelledby="open-incidents">
      <header>
        <h2 id="open-incidents">Open incidents</h2>
        <Link to="/incidents">All incidents</Link>
      </header>
      <Found query={query}>
        {({ items, next }) =>
          items.length === 0 ? (
            <Empty title="No incident is open">
              <p>Quell watches. Alerts that belong to no incident are in the queue of alerts.</p>
            </Empty>
          ) : (
            <>
              <ul className="incident-list">
                {items.map((incident) => (
                  <li key={incident.id}>
                    <IncidentLine incident={incident} isChanged={leftAt !== undefined && Date.parse(incident.updated_at) > leftAt} />
                  </li>
                ))}
              </ul>
              {next && (
                <p className="empty">
                  <Link to="/incidents" search={{ status: 'new,open', sort: 'severity' }}>
                    There are more
                  </Link>
                </p>
              )}
            </>
          )
        }
      </Found>
    </section>
  );
}

function IncidentLine({ incident, isChanged }: { incident: Api['IncidentView']; isChanged: boolean }) {
  return (
    <IncidentPeek id={incident.id} isLine>
      <Link to="/incidents/$id" params={{ id: incident.id }} className="incident-line">
        <span className="severity-place">
          <Severity level={incident.severity} />
        </span>
        <span className="grow">
          <span className="strong wrap">{incident.title}</span>
          <span className="soft small row">
            {incident.hosts.length > 0 && <span>{count(incident.hosts.length, 'host')}</span>}
            {incident.principals.length > 0 && <span>{count(incident.principals.length, 'account')}</span>}
            <span>{count(incident.alerts, 'alert')}</span>
            {incident.first_seen && (
              <span>
                began <Ago at={incident.first_seen} />
              </span>
            )}
            {!incident.assignee && <span>nobody’s yet</span>}
            {isChanged && <span className="changed">changed since you left</span>}
          </span>
        </span>
        <Status status={incident.status} />
        <Icon name="right" />
      </Link>
    </IncidentPeek>
  );
}
