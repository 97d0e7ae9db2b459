// What was read, kept until the stream says that it changed.

import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';

import { Problem } from './client';

const RETRIES_MAX = 2;

/** Where a session has ended, whoever is signed in has to be asked anew. */
function noteEnd(error: unknown): void {
  if (error instanceof Problem && error.status === 401) void queries.resetQueries({ queryKey: ['account'] });
}

function isWorthRetrying(failures: number, error: unknown): boolean {
  const refused = error instanceof Problem && error.status >= 400 && error.status < 500;
  return !refused && failures < RETRIES_MAX;
}

export const queries = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, query) => {
      if (query.queryKey[0] !== 'account') noteEnd(error);
    },
  }),
  mutationCache: new MutationCache({ onError: noteEnd }),
  defaultOptions: {
    queries: { staleTime: 30_000, retry: isWorthRetrying, refetchOnWindowFocus: false },
  },
});
