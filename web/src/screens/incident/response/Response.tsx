// What is done about an incident: playbooks that fit, what each would do, and the runs that do it.

import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';

import type { Api } from '../../../api/client';
import { incidentRunsQuery, proposalsQuery } from '../../../api/queries';
import { Badge } from '../../../ui/Badge';
import { Empty, Found } from '../../../ui/State';
import { Ago } from '../../../ui/When';
import { Preview } from './Preview';
import { RunScreen } from './Run';
import './response.css';

const route = getRouteApi('/shell/incidents/$id/response');

export default function Response() {
  const { id } = route.useParams();
  const { run, playbook, as_of } = route.useSearch();
  const isPast = as_of !== undefined;
  return (
    <div className="response">
      <div className="stack">
        {isPast && <p className="notice">Runs are shown only as they are now.</p>}
        <Runs id={id} current={run} />
        {!isPast && <Proposals id={id} current={playbook} />}
      </div>
      <div className="stack">
        {run && <RunScreen key={run} id={run} />}
        {!run && !isPast && playbook && <Preview key={playbook} incident={id} playbook={playbook} />}
        {!run && (isPast || !playbook) && <Nothing isPast={isPast} />}
      </div>
    </div>
  );
}

function Nothing({ isPast }: { isPast: boolean }) {
  return (
    <div className="card">
      {isPast ? (
        <Empty title="Choose a run">
          <p>Playbooks are offered for the incident as it is now. Go back to now to see what they would do.</p>
        </Empty>
      ) : (
        <Empty title="Choose a playbook or a run">
          <p>A playbook first shows what it would do, what it would cut off, and what it would leave. Nothing happens before you say so.</p>
        </Empty>
      )}
    </div>
  );
}

function Runs({ id, current }: { id: string; current: string | undefined }) {
  const { as_of } = route.useSearch();
  const query = useQuery(incidentRunsQuery(id));
  return (
    <section className="card" aria-labelledby="runs">
      <header>
        <h2 id="runs">Runs</h2>
      </header>
      <Found query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No playbook was run here yet" />
          ) : (
            <ul className="incident-list">
              {items.map((run) => (
                <li key={run.id}>
                  <Link
                    to="/incidents/$id/response"
                    params={{ id }}
                    search={{ as_of, run: run.id }}
                    className="incident-line"
                    aria-current={run.id === current ? 'true' : undefined}
                  >
                    <span className="grow">
                      <span className="strong">{run.title}</span>
                      <span className="soft small row">
                        began <Ago at={run.begun_at} />
                      </span>
                    </span>
                  </Link>
                </li>
              ))}
            </ul>
          )
        }
      </Found>
    </section>
  );
}

function Proposals({ id, current }: { id: string; current: string | undefined }) {
  const query = useQuery(proposalsQuery(id));
  return (
    <section className="card" aria-labelledby="proposals">
      <header>
        <h2 id="proposals">Playbooks that fit</h2>
      </header>
      <Found query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No playbook fits what is known so far">
              <Link to="/playbooks">Look through the library</Link>
            </Empty>
          ) : (
            <ul className="incident-list">
              {items.map((proposal) => (
                <li key={proposal.playbook}>
                  <ProposalLine id={id} proposal={proposal} isCurrent={proposal.playbook === current} />
                </li>
              ))}
            </ul>
          )
        }
      </Found>
    </section>
  );
}

function ProposalLine({ id, proposal, isCurrent }: { id: string; proposal: Api['Proposal']; isCurrent: boolean }) {
  const { as_of } = route.useSearch();
  return (
    <Link
      to="/incidents/$id/response"
      params={{ id }}
      search={{ as_of, playbook: proposal.playbook }}
      className="incident-line"
      aria-current={isCurrent ? 'true' : undefined}
    >
      <span className="grow stack tight">
        <span className="row">
          <span className="strong">{proposal.name}</span>
          {proposal.missing.length > 0 && <Badge tone="warn">asks for {proposal.missing.map(plain).join(', ')}</Badge>}
        </span>
        <span className="small">{proposal.summary}</span>
        {proposal.reasons.map((reason) => (
          <span key={reason} className="soft small wrap">
            {reason}
          </span>
        ))}
      </span>
    </Link>
  );
}

/** `__other_user__` as `other user`. */
export function plain(variable: string): string {
  return variable.replace(/^__|__$/g, '').replaceAll('_', ' ');
}
