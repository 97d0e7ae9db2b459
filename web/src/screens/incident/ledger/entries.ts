// The entries of an incident's stream, and what their kinds mean in words.

import { queryOptions } from '@tanstack/react-query';

import { api, type Api, read } from '../../../api/client';
import { words } from '../../../ui/text';

export type Entry = Api['EntryView'];

export const entriesQuery = (id: string, as_of?: string) =>
  queryOptions({
    queryKey: ['incident', id, 'entries', as_of],
    queryFn: async ({ signal }) => {
      const all = await read(api.GET('/api/v1/incidents/{id}/entries', { params: { path: { id }, query: { as_of } }, signal }));
      return { all, kinds: new Map(all.map((entry) => [entry.seq, entry.kind])) };
    },
    structuralSharing: false,
  });

/** What takes the right to lead, and so does undoing it. */
export const LED: ReadonlySet<string> = new Set([
  'framework.chosen',
  'activity.waived',
  'recovery.declared',
  'evidence.held',
  'evidence.hold_lifted',
  'evidence.released',
  'clock.decided',
  'clock.tolled',
  'report.issued',
]);

const KINDS: Record<string, string> = {
  'incident.opened': 'Incident opened',
  'incident.reported': 'Incident reported',
  'incident.grown': 'Incident grown',
  'incident.withdrawn': 'Incident withdrawn',
  'incident.alerts_added': 'Alerts added',
  'incident.alerts_removed': 'Alerts taken away',
  'incident.absorbed': 'Another incident became part',
  'incident.merged': 'Became part of another incident',
  'incident.status_changed': 'Status changed',
  'incident.assigned': 'Assigned',
  'incident.team_changed': 'Team changed',
  'incident.restricted': 'Restricted',
  'incident.unrestricted': 'No longer restricted',
  'incident.glass_broken': 'Opened in an emergency',
  'incident.declared': 'Incident declared',
  'incident.severity_assessed': 'Severity assessed',
  'incident.classified': 'Classified',
  'incident.noted': 'Note written',
  'note.changed': 'Note changed',
  'incident.linked': 'Linked with another incident',
  'role.given': 'Role given',
  'role.left': 'Role left',
  'framework.chosen': 'Framework chosen',
  'clock.decided': 'Decided whether a clock applies',
  'clock.anchor_set': 'Begin of a clock set',
  'clock.submitted': 'Notification submitted',
  'clock.tolled': 'Clock delayed by an authority',
  'evidence.held': 'Evidence put on hold',
  'evidence.hold_lifted': 'Hold on evidence lifted',
  'post_mortem.held': 'Post-mortem held',
  'impact.weighed': 'Impact of containment weighed',
  'entry.undone': 'Entry undone',
  'entry.carried': 'Carried over',
  'watch.hit': 'Watch saw something',
  'timeline.added': 'Item added to the timeline',
  'timeline.changed': 'Item of the timeline changed',
  'timeline.removed': 'Item of the timeline removed',
};

/** `measure.taken` as `Measure taken`; the few that read badly so have words of their own. */
export function kindWords(kind: string): string {
  return KINDS[kind] ?? words(kind.replaceAll('.', ' '));
}

export interface Said {
  kind: string;
  body: unknown;
  /** When and by whom, where that was not here. */
  at?: string;
  by?: string;
}

/** What an entry says; of one that was carried over, what it carries. */
export function saidBy(entry: Entry): Said {
  const whole = { kind: entry.kind, body: entry.body as unknown };
  if (entry.kind !== 'entry.carried' || !isRecord(entry.body)) return whole;
  const { kind, body, at, by } = entry.body;
  return {
    kind: typeof kind === 'string' ? kind : entry.kind,
    body,
    at: typeof at === 'string' ? at : undefined,
    by: typeof by === 'string' ? by : undefined,
  };
}

export interface Fact {
  name: string;
  values: readonly string[];
}

/** A body as names and values, nested ones with the names above them. */
export function factsOf(body: unknown): Fact[] {
  const facts: Fact[] = [];
  const walk = (value: unknown, path: readonly string[]) => {
    if (value === null || value === undefined) return;
    if (Array.isArray(value)) {
      const plain = value.filter((each) => typeof each !== 'object');
      if (plain.length === value.length) {
        if (value.length > 0) facts.push({ name: named(path), values: value.map(String) });
      } else value.forEach((each, index) => walk(each, [...path, String(index + 1)]));
    } else if (isRecord(value)) {
      for (const [name, inside] of Object.entries(value)) walk(inside, [...path, name]);
    } else facts.push({ name: named(path), values: [typeof value === 'boolean' ? (value ? 'yes' : 'no') : String(value)] });
  };
  walk(body, []);
  return facts;
}

function named(path: readonly string[]): string {
  return path.length === 0 ? 'Value' : words(path.join(': '));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
