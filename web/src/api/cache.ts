// What was read, kept until the stream says that it changed.

import { QueryClient } from '@tanstack/react-query';

import { Problem } from './client';
import { accountQuery } from './queries';
import { watchSession } from './session';

const RETRIES_MAX = 2;

function isWorthRetrying(failures: number, error: unknown): boolean {
  const refused = error instanceof Problem && error.status >= 400 && error.status < 500;
  return !refused && failures < RETRIES_MAX;
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: { staleTime: 30_000, retry: isWorthRetrying, refetchOnWindowFocus: false },
  },
});

watchSession(() => queries.getQueryData(accountQuery.queryKey) !== undefined);
