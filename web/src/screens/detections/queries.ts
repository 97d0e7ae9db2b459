// What is read of detections, wherever it is shown.

import { queryOptions } from '@tanstack/react-query';

import { api, read } from '../../api/client';

/** Below the key of alerts: decisions about those change what a proposal would have silenced. */
export const tuningQuery = queryOptions({
  queryKey: ['alerts', 'tuning'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/tuning', { signal })),
});
