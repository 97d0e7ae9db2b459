// Writing into the work on an incident where nothing depends on what was read before: a task is done, a question is asked. Forms in
// which somebody weighs what they see use `ui/record.ts`, which refuses when it changed.

import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';

import type { Api } from '../../api/client';
import { accountQuery, usersQuery } from '../../api/queries';
import { postWork } from '../../ui/record';

const route = getRouteApi('/shell/incidents/$id');

/** Records facts, and rereads the incident. The server takes all of them or none. */
export function useRecordNow(): (...work: Api['WorkFact'][]) => Promise<Api['Recorded']> {
  const { id } = route.useParams();
  const queries = useQueryClient();
  return async (...work) => {
    const recorded = await postWork(id, work);
    await queries.invalidateQueries({ queryKey: ['incident', id] });
    return recorded;
  };
}

/** People to whom something can be given; only the reader, where the directory may not be read. */
export function usePeople(): Api['User'][] {
  const { data: account } = useSuspenseQuery(accountQuery);
  const { data } = useQuery({ ...usersQuery, enabled: account.rights.includes('users:read') });
  return (data?.items ?? [account.user]).filter((user) => user.enabled);
}
