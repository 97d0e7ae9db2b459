// Records work on an incident without overwriting what somebody else recorded since it was read. Quell and others write to an incident
// at any moment; only a change of the part that a form is about stops it.

import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api, Problem, read } from '../api/client';
import { workQuery } from '../api/queries';

export type WorkFact = Api['WorkFact'];
type Work = Api['Work'];
type WorkView = Api['WorkView'];

/** How often something else of the incident may change while a fact is on its way. */
const TRIES = 4;
const FIRST =
  'Somebody else was first: what this is about changed since you read it. It was read anew, and what you typed is still here. ' +
  'Look at what changed, then press again.';

/** The one way to write work: all facts or none. With a version, only if nothing was written since. */
export function postWork(id: string, work: readonly WorkFact[], version?: number): Promise<Api['Recorded']> {
  return read(api.POST('/api/v1/incidents/{id}/work', { params: { path: { id } }, body: { version, work: [...work] } }));
}

export function isConflict(error: unknown): boolean {
  return error instanceof Problem && error.status === 409;
}

/** Work as it stands now, past what is kept. */
export function readWork(queries: QueryClient, id: string): Promise<WorkView> {
  return queries.fetchQuery({ ...workQuery(id), staleTime: 0 });
}

/**
 * Tries anew while others write, as long as `versionOf` finds that the facts still fit what they are about. Where it finds that nothing
 * is to be written, it gives no version.
 */
export async function postAnyway(
  queries: QueryClient,
  id: string,
  work: readonly WorkFact[],
  versionOf: (view: WorkView) => number | undefined,
): Promise<Api['Recorded'] | undefined> {
  let tried: number | undefined;
  for (let tries = 1; ; tries += 1) {
    const version = versionOf(await readWork(queries, id));
    if (version === undefined) return undefined;
    try {
      return await postWork(id, work, version);
    } catch (refused) {
      // The same 409 also says that nothing would change; then nobody else was first.
      if (!isConflict(refused) || tries >= TRIES || version === tried) throw refused;
      tried = version;
    }
  }
}

/**
 * To be called by a form as it opens: what is recorded is decided on what was read by then. `part` picks what the form is about; while
 * that stays the same, the facts are recorded whatever else was written.
 */
export function useRecord(id: string, part: (work: Work, facts: readonly WorkFact[]) => unknown): (...facts: WorkFact[]) => Promise<void> {
  const queries = useQueryClient();
  const [seen, setSeen] = useState(() => queries.getQueryData(workQuery(id).queryKey));
  return async (...facts) => {
    const textOf = (view: WorkView) => JSON.stringify(part(view.work, facts)) ?? '';
    try {
      await postWork(id, facts, seen?.version);
    } catch (refused) {
      if (!isConflict(refused) || !seen) throw refused;
      await postAnyway(queries, id, facts, (now) => {
        if (now.version === seen.version) throw refused;
        if (textOf(now) === textOf(seen)) return now.version;
        setSeen(now);
        void queries.invalidateQueries({ queryKey: ['incident', id] });
        throw new Error(FIRST);
      });
    }
    await queries.invalidateQueries({ queryKey: ['incident', id] });
  };
}

/** Texts of a field with one per line. */
export function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
