// People, by the ids that the ledger has of them.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useCallback } from 'react';

import { accountQuery, usersQuery } from '../api/queries';

const ELSEWHERE = 'elsewhere:';

export function Who({ id }: { id: string }) {
  return <>{useNames()(id)}</>;
}

/** What to call whoever has this id. Where the directory of users may not be read, the id itself. */
export function useNames(): (id: string) => string {
  const { data: account } = useSuspenseQuery(accountQuery);
  const users = useQuery({ ...usersQuery, enabled: account.rights.includes('users:read') });
  const all = users.data?.items;
  return useCallback(
    (id) => {
      if (id === 'quell') return 'Quell';
      if (id.startsWith(ELSEWHERE)) return `${id.slice(ELSEWHERE.length)} (elsewhere)`;
      if (id === account.user.id) return account.user.display_name;
      return all?.find((user) => user.id === id)?.display_name ?? id;
    },
    [account.user, all],
  );
}
