// What the reader may do with an incident. Looking at it as it was, or at one that became part of another, is reading only.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';

import { accountQuery, incidentQuery } from '../../api/queries';

const route = getRouteApi('/shell/incidents/$id');

interface May {
  write: boolean;
  lead: boolean;
  /** Say who knows of it. */
  restrict: boolean;
}

export function useMay(): May {
  const { id } = route.useParams();
  const { as_of } = route.useSearch();
  const { data: account } = useSuspenseQuery(accountQuery);
  const { data: detail } = useQuery(incidentQuery(id));
  const open = as_of === undefined && detail !== undefined && detail.status !== 'merged';
  const write = open && account.rights.includes('incidents:write');
  return {
    write,
    // What takes the right to lead takes that to write besides.
    lead: write && account.rights.includes('incidents:lead'),
    restrict: open && account.rights.includes('incidents:restrict'),
  };
}
