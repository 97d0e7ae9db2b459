// Decides about alerts, and sets back what was decided. Nothing is decided about an alert that somebody else changed meanwhile, as
// long as one at a time is decided on; many at once are changed as they are.

import { api, type Api, read } from '../../api/client';
import type { Alert } from './list';

type Change = Api['AlertChange'];
export interface Failure {
  alert: Alert;
  detail: string;
}

/** Most alerts of one command. */
const BULK_MAX = 1_000;

/** Returns those about which nothing could be decided. */
export async function decide(alerts: readonly Alert[], change: Change): Promise<Failure[]> {
  const [only] = alerts;
  if (only && alerts.length === 1) {
    const { id, version } = only;
    await api.PATCH('/api/v1/alerts/{id}', { params: { path: { id } }, body: { ...change, version } });
    return [];
  }
  return decideAsTheyAre(alerts, change);
}

/** Sets alerts back to what they were; nothing if the API cannot, as for what somebody else had claimed. */
export function undoOf(alerts: readonly Alert[], me: string): (() => Promise<Failure[]>) | undefined {
  if (alerts.some((alert) => alert.status === 'claimed' && alert.assignee !== me)) return undefined;
  const before = new Map<string, { change: Change; alerts: Alert[] }>();
  for (const alert of alerts) {
    const change: Change = {
      status: alert.status as Change['status'],
      reason: alert.reason,
      ...(alert.duplicate_of ? { duplicate_of: alert.duplicate_of } : {}),
    };
    const key = JSON.stringify(change);
    const same = before.get(key) ?? { change, alerts: [] };
    same.alerts.push(alert);
    before.set(key, same);
  }
  return async () => {
    const failures: Failure[] = [];
    for (const { change, alerts: same } of before.values()) failures.push(...(await decideAsTheyAre(same, change)));
    return failures;
  };
}

async function decideAsTheyAre(alerts: readonly Alert[], change: Change): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (let from = 0; from < alerts.length; from += BULK_MAX) {
    const part = alerts.slice(from, from + BULK_MAX);
    const outcomes = await read(api.POST('/api/v1/alerts/bulk', { body: { ids: part.map(({ id }) => id), change } }));
    outcomes.forEach(({ status, detail }, index) => {
      const alert = part[index];
      if (alert && status >= 300) failures.push({ alert, detail: detail ?? `Status ${status}` });
    });
  }
  return failures;
}
