// What the settings show of what the whole team shares.

import { queryOptions } from '@tanstack/react-query';

import { api, read } from '../../api/client';

export const stakeholdersQuery = queryOptions({
  queryKey: ['stakeholders'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/stakeholders', { signal })),
});
