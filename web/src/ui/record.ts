// Records work on an incident without overwriting what somebody else recorded since it was read.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api, Problem, read } from '../api/client';
import { workQuery } from '../api/queries';

export type WorkFact = Api['WorkFact'];

const FIRST =
  'Somebody else was first: the incident changed since you read it. It was read anew, and what you typed is still here. ' +
  'Look at what changed, then press again.';

/** To be called by a form as it opens: what is recorded is decided on the version that was read by then. */
export function useRecord(id: string): (...work: WorkFact[]) => Promise<void> {
  const queries = useQueryClient();
  const [version, setVersion] = useState(() => queries.getQueryData(workQuery(id).queryKey)?.version);
  return async (...work) => {
    try {
      const { version: now } = await read(api.POST('/api/v1/incidents/{id}/work', { params: { path: { id } }, body: { version, work } }));
      setVersion(now);
    } catch (refused) {
      if (!(refused instanceof Problem) || refused.status !== 409) throw refused;
      const { version: now } = await queries.fetchQuery({ ...workQuery(id), staleTime: 0 });
      void queries.invalidateQueries({ queryKey: ['incident', id] });
      // The same 409 also says that nothing would change; then nobody else was first.
      if (now === version) throw refused;
      setVersion(now);
      throw new Error(FIRST);
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
