// What the reader may do with an incident. Looking at it as it was, or at one that became part of another, is reading only.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';

import { accountQuery, incidentQuery } from '../api/queries';

const route = getRouteApi('/shell/incidents/$id');

export function useMay(): { write: boolean; lead: boolean } {
  const { id } = route.useParams();
  const { as_of } = route.useSearch();
  const { data: account } = useSuspenseQuery(accountQuery);
  const { data: detail } = useQuery(incidentQuery(id));
  const open = as_of === undefined && detail !== undefined && detail.status !== 'merged';
  return {
    write: open && account.rights.includes('incidents:write'),
    lead: open && account.rights.includes('incidents:lead'),
  };
}
