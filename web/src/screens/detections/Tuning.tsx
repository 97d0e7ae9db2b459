// Proposed filters for rules that cry wolf: what each would have done, and the decision.

import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api, download } from '../../api/client';
import { accountQuery } from '../../api/queries';
import { Badge, type Tone } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Ask } from '../../ui/Ask';
import { Empty, Found } from '../../ui/State';
import { words } from '../../ui/text';
import { tellTrouble } from '../../ui/Toast';
import { Ago } from '../../ui/When';
import { tuningQuery } from './queries';
import { Replay, Warnings } from './Replay';

type Proposal = Api['TuningView'];

const TONES: Record<Proposal['state'], Tone> = { proposed: 'warn', accepted: 'good', rejected: 'plain' };
/** More than these are shown when they are asked for. */
const SHOWN = 20;

export function Tuning() {
  const [all, setAll] = useState(false);
  const query = useQuery(tuningQuery);
  return (
    <section className="card" aria-labelledby="tuning">
      <header>
        <h2 id="tuning">Tuning proposals</h2>
        {query.data?.items.some(({ state }) => state === 'accepted') && (
          <Button onPress={() => void download('/api/v1/tuning/filters', 'filters.yml').catch(tellTrouble)}>Download accepted filters</Button>
        )}
      </header>
      <Found query={query}>
        {({ items }) =>
          items.length === 0 ? (
            <Empty title="No filter is proposed">
              <p>
                When a rule keeps alerting on something harmless, decide on one of its <Link to="/alerts">alerts</Link> as benign or false
                positive, and propose a filter there.
              </p>
            </Empty>
          ) : (
            <>
              <ul className="proposals">
                {items.slice(0, all ? undefined : SHOWN).map((item) => (
                  <Entry key={item.id} item={item} />
                ))}
              </ul>
              {!all && items.length > SHOWN && (
                <div className="body">
                  <Button onPress={() => setAll(true)}>Show all {items.length}</Button>
                </div>
              )}
            </>
          )
        }
      </Found>
    </section>
  );
}

function Entry({ item }: { item: Proposal }) {
  const { proposal } = item;
  return (
    <li className="stack tight">
      <h3 className="wrap">{proposal.title}</h3>
      <div className="row">
        <Badge tone={TONES[item.state]}>{words(item.state)}</Badge>
        {item.in_force ? <Badge tone="accent">In force</Badge> : item.state === 'accepted' && <Badge>In force from the next start of the server</Badge>}
        <span className="soft small">
          proposed <Ago at={item.proposed_at} /> from{' '}
          <Link to="/alerts" search={{ alert: proposal.alert }}>
            an alert
          </Link>
        </span>
      </div>
      <Warnings proposal={proposal} />
      <Replay proposal={proposal} />
      <details>
        <summary>The filter</summary>
        <pre>{proposal.filter}</pre>
      </details>
      {item.reason && <p className="small wrap">Decided because: {item.reason}</p>}
      <Decision item={item} />
    </li>
  );
}

function Decision({ item }: { item: Proposal }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const queries = useQueryClient();
  const [asked, setAsked] = useState<boolean>();
  if (!account.rights.includes('incidents:lead')) return null;
  const decide = async (reason: string) => {
    const body = { accepted: asked === true, reason };
    await api.POST('/api/v1/tuning/{id}/decision', { params: { path: { id: item.id } }, body });
    await queries.invalidateQueries(tuningQuery);
  };
  return (
    <div className="row">
      {item.state !== 'accepted' && <Button onPress={() => setAsked(true)}>Accept…</Button>}
      {item.state !== 'rejected' && <Button onPress={() => setAsked(false)}>Reject…</Button>}
      <Ask
        title={`${asked ? 'Accept' : 'Reject'} the filter for: ${item.proposal.title}`}
        open={asked !== undefined}
        close={() => setAsked(undefined)}
        act={asked ? 'Accept' : 'Reject'}
        reason="Why"
        run={decide}
      >
        <p>
          {asked
            ? 'The rule will say nothing about what the filter names, from the next start of the server on. The decision can be changed.'
            : 'The rule stays as loud as it is. The decision can be changed.'}
        </p>
      </Ask>
    </div>
  );
}
