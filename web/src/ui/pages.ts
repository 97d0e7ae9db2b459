// Lists that come in pages, as one list.

import { keepPreviousData, useInfiniteQuery, type QueryKey } from '@tanstack/react-query';
import { useCallback, useMemo } from 'react';

interface Page<Row> {
  items: Row[];
  next?: string | null;
}

/** Reads pages of a list; `cursor` is nothing for the first. */
export function usePages<Row>(key: QueryKey, readPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>) {
  const query = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) => readPage(pageParam, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    placeholderData: keepPreviousData,
  });
  const { data, hasNextPage, isFetching, isFetchNextPageError, fetchNextPage } = query;
  const rows = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const more = useCallback(() => {
    // A page that was refused is asked for again when somebody says so, and not by the list, which would ask without an end.
    // What is being read is let come to its end; this is another function then, and the list asks again.
    if (hasNextPage && !isFetching && !isFetchNextPageError) void fetchNextPage();
  }, [hasNextPage, isFetching, isFetchNextPageError, fetchNextPage]);
  return { query, rows, more };
}
