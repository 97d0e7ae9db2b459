// What the playbook screens read.

import { queryOptions } from '@tanstack/react-query';

import { api, read } from '../../api/client';
import { readPlaybook } from './cacao';

export const actionsQuery = queryOptions({
  queryKey: ['actions'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/actions', { signal })),
  staleTime: Infinity,
});

export const playbookQuery = (name: string) =>
  queryOptions({
    queryKey: ['playbooks', name],
    queryFn: async ({ signal }) => {
      const document: unknown = await read(api.GET('/api/v1/playbooks/{name}', { params: { path: { name } }, signal }));
      return { document, playbook: readPlaybook(document) };
    },
    staleTime: Infinity,
  });
