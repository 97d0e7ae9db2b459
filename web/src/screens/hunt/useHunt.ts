// Reads what a search finds, page by page. The server gives up on a page after three seconds, so a page can be short or empty and
// the search still go on; it goes on by itself for a while, and then by hand.

import { useEffect, useState } from 'react';

import { api, read } from '../../api/client';
import { usePages } from '../../ui/pages';
import { eventSearchOf, type HuntSearch } from './search';

/** Pages with less than was asked for, one after the other, before somebody has to say that it should go on. */
const SHORT_PAGES = 10;

export function useHunt(search: HuntSearch) {
  const { event: _, ...asked } = search;
  const key = JSON.stringify(asked);
  const [rounds, setRounds] = useState(1);
  useEffect(() => setRounds(1), [key]);
  const { query, rows, more } = usePages(['events', 'search', asked], (cursor, signal) =>
    read(api.POST('/api/v1/events/search', { body: { ...eventSearchOf(asked), cursor }, signal })),
  );
  const { data, hasNextPage, isFetchingNextPage, isPlaceholderData, isError } = query;
  const limit = eventSearchOf(asked).limit ?? 0;
  const last = data?.pages.findLastIndex((page) => page.items.length >= limit) ?? -1;
  const short = (data?.pages.length ?? 0) - 1 - last;
  const isPaused = hasNextPage && short >= SHORT_PAGES * rounds;
  const isBusy = query.isFetching && (isFetchingNextPage || isPlaceholderData || !data);
  // The list asks for more as its end comes near; an empty one cannot.
  const goesOn = rows.length === 0 && hasNextPage && !isPaused && !isFetchingNextPage && !isPlaceholderData && !isError;
  useEffect(() => {
    if (goesOn) more();
  });
  return {
    query,
    rows,
    isPaused,
    isBusy,
    isWhole: data !== undefined && !hasNextPage && !isPlaceholderData,
    more: isPaused || isError || isPlaceholderData ? undefined : more,
    goOn: () => setRounds(rounds + 1),
  };
}
