// Writing a rule: its Sigma text, what the server reads in it, and the stored events that it would match. The server keeps no drafts;
// this tab does, until the finished text is downloaded and put where the server reads rules from.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { accountQuery } from '../../../api/queries';
import { Found } from '../../../ui/State';
import { eventSearchOf, type HuntSearch } from '../../hunt/search';
import { Bench } from './Bench';
import { readRule } from './kept';

const route = getRouteApi('/shell/detections/new');

/** The server gives up on a page after three seconds; after so many of them, the rule begins without an event. */
const PAGES_MAX = 5;

export default function NewRule() {
  const { q, field, source } = route.useSearch();
  const search = { q, field, source };
  return (
    <div className="page">
      <title>New rule · Quell</title>
      <nav aria-label="Where this is">
        <Link to="/detections">All rules</Link>
      </nav>
      <header>
        <h1 className="grow">New rule</h1>
      </header>
      <p className="soft">
        A rule is for all events of a kind, whichever source brings them and whenever they happened. Of a search, its words and its conditions on
        fields are taken up; its source, its time and a rule that it went by are not.
      </p>
      <FromSearch key={JSON.stringify(search)} search={search} />
    </div>
  );
}

function FromSearch({ search }: { search: HuntSearch }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  // What was written already does not wait for an event to begin from.
  const [isKept] = useState(() => readRule(search) !== undefined);
  const isAsked = Object.values(search).some((each) => each !== undefined);
  const example = useQuery({
    queryKey: ['events', 'example', search],
    queryFn: async ({ signal }) => ({ event: await firstEventOf(search, signal) }),
    enabled: isAsked && account.rights.includes('events:read'),
    staleTime: Infinity,
  });
  if (isKept || example.isError) return <Bench search={search} event={example.data?.event} />;
  if (!isAsked || !account.rights.includes('events:read')) return <Bench search={search} event={undefined} />;
  return (
    <Found query={example} what="Looking for an event that the search finds">
      {({ event }) => <Bench search={search} event={event} />}
    </Found>
  );
}

async function firstEventOf(search: HuntSearch, signal: AbortSignal): Promise<Api['EventView'] | undefined> {
  let cursor: string | undefined;
  for (let page = 0; page < PAGES_MAX; page += 1) {
    const { items, next } = await read(api.POST('/api/v1/events/search', { body: { ...eventSearchOf(search), limit: 1, cursor }, signal }));
    if (items[0] || !next) return items[0];
    cursor = next;
  }
  return undefined;
}
