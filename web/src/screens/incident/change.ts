// Changes who has an incident and how it stands. Quell tells incidents anew at any moment, and others record work; only where somebody
// changed the same is it refused.

import type { QueryClient } from '@tanstack/react-query';

import { api, type Api } from '../../api/client';
import { incidentQuery } from '../../api/queries';
import { isConflict } from '../../ui/record';

type Detail = Api['IncidentDetail'];

/** How often something else of the incident may change meanwhile. */
const TRIES = 4;

/** `seen` is what somebody looked at when they decided. */
export async function changeIncident(queries: QueryClient, seen: Detail, change: Api['IncidentChange']): Promise<void> {
  const { id } = seen.incident;
  let { version } = seen;
  for (let tries = 1; ; tries += 1) {
    try {
      await api.PATCH('/api/v1/incidents/{id}', { params: { path: { id } }, body: { version, ...change } });
      return;
    } catch (refused) {
      if (!isConflict(refused) || tries >= TRIES) throw refused;
      const now = await queries.fetchQuery({ ...incidentQuery(id), staleTime: 0 });
      if (now.version === version) throw refused;
      if (standing(now) !== standing(seen)) {
        throw new Error('Somebody else was first: who has the incident, or how it stands, changed. Close this, look at it as it is now, then decide again.');
      }
      version = now.version;
    }
  }
}

function standing({ status, assignee, incident }: Detail): string {
  return JSON.stringify([status, assignee, incident.merged_into, incident.restricted]);
}
