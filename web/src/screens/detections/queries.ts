// What is read of detections, wherever it is shown.

import { queryOptions } from '@tanstack/react-query';

import { api, read } from '../../api/client';

/** Below the key of alerts: decisions about those change what a proposal would have silenced. */
export const tuningQuery = queryOptions({
  queryKey: ['alerts', 'tuning'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/tuning', { signal })),
});

/** Rules change at a start of the server only. */
export const rulesQuery = queryOptions({
  queryKey: ['rules'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/rules', { signal })),
  staleTime: Infinity,
});

export const ruleQuery = (id: string) =>
  queryOptions({
    queryKey: ['rules', id],
    queryFn: ({ signal }) => read(api.GET('/api/v1/rules/{id}', { params: { path: { id } }, signal })),
    staleTime: Infinity,
  });
