// What goes on by itself: runs under way, and the sources that telemetry comes from.

import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';

import { runsQuery, sourcesQuery } from '../../api/queries';
import { Badge, Status } from '../../ui/Badge';
import { Icon } from '../../ui/Icon';
import { IncidentPeek } from '../../ui/Peek';
import { Empty, Found } from '../../ui/State';
import { count } from '../../ui/text';
import { Ago } from '../../ui/When';

export function Runs() {
  const query = useQuery(runsQuery);
  return (
    <section className="card" aria-labelledby="runs-now">
      <header>
        <h2 id="runs-now">Playbooks under way</h2>
      </header>
      <Found query={query}>
        {({ items }) => {
          const open = items.filter((run) => run.standing !== 'ended');
          if (open.length === 0) return <Empty title="No playbook is running" />;
          return (
            <ul className="incident-list">
              {open.map((run) => (
                <li key={run.id}>
                  <IncidentPeek id={run.incident} isLine>
                    <Link to="/incidents/$id/response" params={{ id: run.incident }} search={{ run: run.id }} className="incident-line">
                      <Icon name="playbook" />
                      <span className="grow">{run.title}</span>
                      <Status status={run.standing} />
                      <Ago at={run.updated_at} />
                    </Link>
                  </IncidentPeek>
                </li>
              ))}
            </ul>
          );
        }}
      </Found>
    </section>
  );
}

export function Sources() {
  const query = useQuery(sourcesQuery);
  return (
    <section className="card" aria-labelledby="sources-now">
      <header>
        <h2 id="sources-now">Sources</h2>
        <Link to="/settings" search={{ part: 'sources' }}>
          All sources
        </Link>
      </header>
      <Found query={query}>
        {(sources) => {
          const silent = sources.filter((source) => source.silent);
          if (sources.length === 0) {
            return (
              <Empty title="Nothing sends logs yet">
                <p>Under Settings, Sources, it says how to send some.</p>
              </Empty>
            );
          }
          if (silent.length === 0) return <Empty title={`${count(sources.length, 'source')}, none silent`} />;
          return (
            <ul className="incident-list">
              {silent.map((source) => (
                <li key={source.name} className="incident-line">
                  <Badge tone="bad">Silent</Badge>
                  <span className="grow mono">{source.name}</span>
                  {source.last_received_at && <Ago at={source.last_received_at} />}
                </li>
              ))}
            </ul>
          );
        }}
      </Found>
    </section>
  );
}
