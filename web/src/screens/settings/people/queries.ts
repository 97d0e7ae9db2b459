// Teams, as several parts need them.

import { queryOptions, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useMemo } from 'react';

import { api, read } from '../../../api/client';
import { accountQuery } from '../../../api/queries';

export const teamsQuery = queryOptions({
  queryKey: ['teams'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/teams', { signal })),
  staleTime: 60_000,
});

/** Names of teams by id; none to those who may not know them. */
export function useTeams(): ReadonlyMap<string, string> {
  const { data: account } = useSuspenseQuery(accountQuery);
  const { data } = useQuery({ ...teamsQuery, enabled: account.rights.includes('users:read') });
  return useMemo(() => new Map(data?.items.map(({ id, name }) => [id, name])), [data]);
}
