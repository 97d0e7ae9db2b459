// What lists that were read already know of one of their rows, so that nobody asks the server for it again. It never reads anything.

import type { QueryClient } from '@tanstack/react-query';

import type { Api } from './client';

/** Lists by the beginning of their keys, and what a row of each is. */
interface Rows {
  incidents: Api['IncidentView'];
  alerts: Api['AlertView'];
}

/** The row with this id, unless all lists with it may have changed since. */
export function rowOf<Name extends keyof Rows>(queries: QueryClient, name: Name, id: string): Rows[Name] | undefined {
  for (const { state } of queries.getQueryCache().findAll({ queryKey: [name] })) {
    if (state.isInvalidated) continue;
    // No two things share an id: whatever has this one is that row.
    const row = rowsIn(state.data).find((each) => each.id === id);
    if (row) return row as Rows[Name];
  }
  return undefined;
}

interface Row {
  id?: string;
}

interface Page {
  items?: readonly Row[];
}

/** Rows of a list that came at once or in pages; none of what is no list. */
function rowsIn(data: unknown): readonly Row[] {
  const { items, pages } = (data ?? {}) as Page & { pages?: readonly Page[] };
  return items ?? pages?.flatMap((page) => page.items ?? []) ?? [];
}
