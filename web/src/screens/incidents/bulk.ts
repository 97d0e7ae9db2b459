// Changes many incidents as they are, whatever others changed meanwhile, and says for which it could not be done.

import { api, type Api, read } from '../../api/client';

export type Incident = Api['IncidentView'];
export type Change = Api['IncidentChange'];

export interface Failure {
  incident: Incident;
  detail: string;
}

/** Most incidents of one command. */
const BULK_MAX = 500;

export async function changeAll(incidents: readonly Incident[], change: Change): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (let from = 0; from < incidents.length; from += BULK_MAX) {
    const part = incidents.slice(from, from + BULK_MAX);
    const outcomes = await read(api.POST('/api/v1/incidents/bulk', { body: { ids: part.map(({ id }) => id), change } }));
    outcomes.forEach(({ status, detail }, index) => {
      const incident = part[index];
      if (incident && status >= 300) failures.push({ incident, detail: detail ?? `Status ${status}` });
    });
  }
  return failures;
}

/** Somebody takes them, or gets them; work on those that were new has begun with that. */
export async function assignAll(incidents: readonly Incident[], assignee: string | null): Promise<Failure[]> {
  const isBegun = (incident: Incident) => assignee !== null && incident.status === 'new';
  const fresh = incidents.filter(isBegun);
  const others = incidents.filter((incident) => !isBegun(incident));
  const failures = fresh.length > 0 ? await changeAll(fresh, { assignee, status: 'open' }) : [];
  return others.length > 0 ? [...failures, ...(await changeAll(others, { assignee }))] : failures;
}

/** Sets incidents back to what they were before a change; one that was new stays taken on, because it was. */
export async function setBack(incidents: readonly Incident[], change: Change): Promise<Failure[]> {
  const groups = new Map<string, { back: Change; incidents: Incident[] }>();
  for (const incident of incidents) {
    const back: Change = {};
    if (change.status !== undefined) {
      back.status = incident.status === 'new' ? 'open' : (incident.status as Change['status']);
      back.reason = 'Taken back right after it was changed.';
    }
    if (change.assignee !== undefined) back.assignee = incident.assignee ?? null;
    const key = JSON.stringify(back);
    const group = groups.get(key) ?? { back, incidents: [] };
    group.incidents.push(incident);
    groups.set(key, group);
  }
  const failures: Failure[] = [];
  for (const { back, incidents: same } of groups.values()) failures.push(...(await changeAll(same, back)));
  return failures;
}
