// What is read from the server, each under the key by which the stream of changes names it.

import { queryOptions } from '@tanstack/react-query';

import { api, read } from './client';

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/account', { signal })),
  staleTime: Infinity,
});

export const signInOptionsQuery = queryOptions({
  queryKey: ['sign-in-options'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/sign-in-options', { signal })),
});

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/users', { signal })),
  staleTime: 60_000,
});

export const frameworksQuery = queryOptions({
  queryKey: ['frameworks'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/frameworks', { signal })),
  staleTime: Infinity,
});

export const activitiesQuery = queryOptions({
  queryKey: ['activities'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/activities', { signal })),
  staleTime: Infinity,
});

export const handbookQuery = queryOptions({
  queryKey: ['handbook'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/handbook', { signal })),
  staleTime: Infinity,
});

export const stakeholdersQuery = queryOptions({
  queryKey: ['stakeholders'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/stakeholders', { signal })),
});

export const playbooksQuery = queryOptions({
  queryKey: ['playbooks'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/playbooks', { signal })),
  staleTime: Infinity,
});

export const sourcesQuery = queryOptions({
  queryKey: ['sources'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/sources', { signal })),
});

export const runsQuery = queryOptions({
  queryKey: ['runs'],
  queryFn: ({ signal }) => read(api.GET('/api/v1/runs', { signal })),
});

export const runQuery = (id: string) =>
  queryOptions({
    queryKey: ['runs', id],
    queryFn: ({ signal }) => read(api.GET('/api/v1/runs/{id}', { params: { path: { id } }, signal })),
  });

export const alertQuery = (id: string) =>
  queryOptions({
    queryKey: ['alerts', 'one', id],
    queryFn: ({ signal }) => read(api.GET('/api/v1/alerts/{id}', { params: { path: { id } }, signal })),
  });

/** An alert by what raised it: a rule, on a stored event, at a time. */
export interface Raised {
  rule: string;
  event: string;
  at?: string | null;
}

/** A rule raises this many at one moment at most before the one that is meant may not be found. */
const RAISED_AT_ONCE_MAX = 100;

/** The alert that was raised so; nothing if it is not there any more, or may not be seen. */
export const raisedQuery = ({ rule, event, at }: Raised) =>
  queryOptions({
    queryKey: ['alerts', 'raised', rule, event],
    queryFn: async ({ signal }) => {
      const query = { rule, since: at ?? undefined, until: at ?? undefined, limit: RAISED_AT_ONCE_MAX };
      const { items } = await read(api.GET('/api/v1/alerts', { params: { query }, signal }));
      return items.find((alert) => alert.event === event) ?? null;
    },
  });

/** Everything of one incident; `as_of` looks at it as it was. */
export const incidentQuery = (id: string, as_of?: string) =>
  queryOptions({
    queryKey: ['incident', id, 'detail', as_of],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents/{id}', { params: { path: { id }, query: { as_of } }, signal })),
  });

export const storyQuery = (id: string, as_of?: string) =>
  queryOptions({
    queryKey: ['incident', id, 'story', as_of],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents/{id}/story', { params: { path: { id }, query: { as_of } }, signal })),
    retry: false,
  });

export const workQuery = (id: string, as_of?: string) =>
  queryOptions({
    queryKey: ['incident', id, 'work', as_of],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents/{id}/work', { params: { path: { id }, query: { as_of } }, signal })),
  });

export const processQuery = (id: string, framework?: string, as_of?: string) =>
  queryOptions({
    queryKey: ['incident', id, 'process', framework, as_of],
    queryFn: ({ signal }) =>
      read(api.GET('/api/v1/incidents/{id}/process', { params: { path: { id }, query: { framework, as_of } }, signal })),
  });

export const clocksQuery = (id: string, as_of?: string) =>
  queryOptions({
    queryKey: ['incident', id, 'clocks', as_of],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents/{id}/clocks', { params: { path: { id }, query: { as_of } }, signal })),
  });

export const proposalsQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id, 'playbooks'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents/{id}/playbooks', { params: { path: { id } }, signal })),
  });

/** What the intruder holds, and what is cut off by changes that are in force. */
export const radiusQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id, 'radius'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents/{id}/radius', { params: { path: { id } }, signal })),
  });

export const incidentRunsQuery = (id: string) =>
  queryOptions({
    queryKey: ['incident', id, 'runs'],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents/{id}/runs', { params: { path: { id } }, signal })),
  });
