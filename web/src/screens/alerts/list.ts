// What is read of alerts, under keys that the stream of changes names.

import { queryOptions } from '@tanstack/react-query';

import { api, type Api, read } from '../../api/client';
import { exactTime } from '../../ui/period';

export type Alert = Api['AlertView'];
export type AlertSearch = Partial<
  Record<'q' | 'status' | 'severity' | 'rule' | 'technique' | 'source' | 'incident' | 'group' | 'since' | 'sort' | 'alert', string>
>;

export const STATUSES = ['new', 'claimed', 'confirmed', 'benign', 'false_positive', 'duplicate'] as const;

/** The filters of an address as the API has them. */
export function filterOf(search: AlertSearch) {
  const { q, rule, technique, source, incident, group } = search;
  return {
    q,
    rule,
    technique,
    source,
    incident,
    group,
    status: listOf<Api['AlertStatusName']>(search.status),
    severity: listOf<Api['LevelName']>(search.severity),
    since: exactTime(search.since, Date.now()),
    sort: search.sort as Api['SortName'] | undefined,
  };
}

/** How many there are of what a filter finds. */
export const countsQuery = (search: AlertSearch) =>
  queryOptions({
    queryKey: ['alerts', 'counts', search],
    queryFn: ({ signal }) => read(api.GET('/api/v1/alerts/counts', { params: { query: filterOf(search) }, signal })),
  });

export const eventQuery = (id: string) =>
  queryOptions({
    queryKey: ['events', 'one', id],
    queryFn: ({ signal }) => read(api.GET('/api/v1/events/{id}', { params: { path: { id } }, signal })),
    staleTime: Infinity,
  });

// The server says which values there are, so what was typed is passed on as it is.
function listOf<Name extends string>(text: string | undefined): Name[] | undefined {
  return text?.split(',') as Name[] | undefined;
}
