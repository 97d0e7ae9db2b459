// What the rule would have found: stored events that it matches. Nothing is raised by that.

import { Link } from '@tanstack/react-router';
import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { accountQuery } from '../../../api/queries';
import { Button } from '../../../ui/Button';
import { usePages } from '../../../ui/pages';
import { Said } from '../../../ui/Said';
import { Empty, Loading, Trouble } from '../../../ui/State';
import { useSettings } from '../../../ui/settings';
import { count, moment } from '../../../ui/text';
import { gistOf } from '../../hunt/gist';
import type { Checked } from './checked';

const PAGE = 50;

export function Trial({ text, checked: { said, isCurrent } }: { text: string; checked: Checked }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const [tried, setTried] = useState({ text: '', times: 0 });
  const isReady = isCurrent && said !== undefined && said.items.length > 0;
  if (!account.rights.includes('events:read')) return null;
  return (
    <section className="card" aria-labelledby="trial">
      <header>
        <h2 id="trial">Try it</h2>
        <Button icon="hunt" isDisabled={!isReady} onPress={() => setTried({ text, times: tried.times + 1 })}>
          Look for events that it matches
        </Button>
      </header>
      {tried.times === 0 && <p className="empty">It is held against the stored events of all sources, the latest arrivals first. That raises no alerts.</p>}
      {tried.times > 0 && tried.text !== text && (
        <div className="body">
          <p className="notice warn">The text has changed since. Look again to see what it matches now.</p>
        </div>
      )}
      {tried.times > 0 && <Matches key={tried.times} text={tried.text} times={tried.times} />}
    </section>
  );
}

function Matches({ text, times }: { text: string; times: number }) {
  const { query, rows, more } = usePages(['events', 'trial', text, times], (cursor, signal) =>
    read(api.POST('/api/v1/events/search', { body: { sigma: text, limit: PAGE, cursor }, signal })),
  );
  const { isPending, isError, error, hasNextPage, isFetchingNextPage } = query;
  if (isPending) return <Loading what="Searching" />;
  return (
    <>
      {!isError && (
        <div className="row body">
          <span className="grow">
            <Said text={foundOf(rows.length, hasNextPage, isFetchingNextPage)} className="strong" />
          </span>
          {hasNextPage && <Button onPress={more}>Search on</Button>}
        </div>
      )}
      {isError && (
        <div className="body">
          <Trouble error={error} again={() => void query.refetch()} />
        </div>
      )}
      {!isError && !hasNextPage && rows.length === 0 && (
        <Empty title="It matches no stored event">
          <p>Everything was looked at. A value has to be the whole value, unless the field says otherwise, as in CommandLine|contains.</p>
          <p>A field has the name that the mapping of its source gives it, which is not always that in the record.</p>
        </Empty>
      )}
      {rows.length > 0 && <Events rows={rows} />}
    </>
  );
}

function foundOf(rows: number, hasMore: boolean, isBusy: boolean): string {
  if (!hasMore) return count(rows, 'event');
  return isBusy ? `${count(rows, 'event')} so far, searching on…` : `${count(rows, 'event')} so far`;
}

function Events({ rows }: { rows: readonly Api['EventView'][] }) {
  const { zone } = useSettings();
  return (
    <div className="rule-events">
      <table>
        <caption className="hidden">Events that the rule matches</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Source</th>
            <th scope="col">Record</th>
          </tr>
        </thead>
        <tbody>
          {rows.map((event) => (
            <tr key={event.id}>
              <td className="rule-time">
                <Link to="/hunt" search={{ event: event.id }}>
                  {event.time ? moment(event.time, zone) : `arrived ${moment(event.received_at, zone)}`}
                </Link>
              </td>
              <td className="mono">{event.source}</td>
              <td className="mono wrap">{gistOf(event)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
