// Which entities an incident is about, and how each stands. All of it follows from the work, from what Quell tells, and from the
// story; nothing is decided here.

import type { Api } from '../../../api/client';
import type { Tone } from '../../../ui/Badge';

export type Entity = Api['EntityName'];
export type EntityWork = Api['EntityWork'];
export type Step = Api['Step'];

export interface Candidate {
  entity: Entity;
  /** Why it is asked about. */
  from: string;
  /** Whether it is in scope already; what is not has to be added with the judgement. */
  scoped: boolean;
}

export const STEPS: readonly (readonly [Step, string])[] = [
  ['contain', 'Contain'],
  ['clean', 'Clean'],
  ['check_source', 'Check source'],
  ['restore', 'Restore'],
];

export const KINDS: readonly Api['EntityKind'][] = [
  'host',
  'principal',
  'account',
  'credential',
  'session',
  'secret',
  'process',
  'file',
  'endpoint',
  'domain',
  'url',
  'container',
  'bucket',
  'service',
  'setting',
  'resource',
];

/** What comes back from a backup or an image: only there a source is checked. */
const FROM_SOURCE: ReadonlySet<string> = new Set(['host', 'container', 'bucket', 'file', 'service', 'setting', 'resource']);

export function asksFor(entity: Entity, step: Step): boolean {
  return step !== 'check_source' || FROM_SOURCE.has(entity.kind);
}

export function keyOf({ kind, name }: Entity): string {
  return `${kind} ${name}`;
}

type Offer = (kind: Api['EntityKind'], name: string | null | undefined, from: string, scoped: boolean) => void;

/** In scope or in the story, and nobody said yet whether it is affected. */
export function candidates(incident: Api['IncidentView'], work: readonly EntityWork[], story: Api['Story'] | undefined): Candidate[] {
  const found = new Map<string, Candidate>();
  const judged = new Set(work.filter((each) => each.judged).map((each) => keyOf(each.entity)));
  const offer: Offer = (kind, name, from, scoped) => {
    if (!name) return;
    const key = keyOf({ kind, name });
    if (!judged.has(key) && !found.has(key)) found.set(key, { entity: { kind, name }, from, scoped });
  };
  for (const name of incident.hosts) offer('host', name, 'in scope: Quell tells it', true);
  for (const name of incident.principals) offer('principal', name, 'in scope: Quell tells it', true);
  for (const { entity } of work) offer(entity.kind, entity.name, 'in scope: added by people', true);
  if (story) offerStory(story, offer);
  return [...found.values()];
}

function offerStory(story: Api['Story'], offer: Offer) {
  const { scope, endpoints, root_cause } = story;
  for (const name of scope.hosts) offer('host', name, 'in the story', false);
  for (const name of scope.principals) offer('principal', name, 'in the story', false);
  for (const name of scope.credentials) offer('credential', name, 'in the story', false);
  for (const { address, role } of endpoints) offer(kindOfAddress(address), address, `in the story: ${role.replaceAll('_', ' ')}`, false);
  offer('url', root_cause.entry.url, 'in the story: where it began', false);
  for (const name of scope.files) offer('file', name, 'in the story', false);
  for (const { kind, name, how } of scope.resources) offer(kind, name, `in the story: ${how.replaceAll('_', ' ')}`, false);
  for (const { image, pid, host } of scope.processes) offer('process', `${image} (${pid}) on ${host}`, 'in the story', false);
}

export function kindOfAddress(address: string): 'endpoint' | 'domain' {
  return /^[\d.]+$|:/.test(address) ? 'endpoint' : 'domain';
}

export interface StepLook {
  text: string;
  tone: Tone;
  state: 'open' | 'done' | 'verified' | 'none';
}

export function stepLook(work: EntityWork, step: Step): StepLook {
  if (!asksFor(work.entity, step)) return { text: 'Not asked', tone: 'plain', state: 'none' };
  const done = work.steps.find((each) => each.step === step);
  if (done?.verified) return { text: 'Verified', tone: 'good', state: 'verified' };
  if (done) return { text: 'Unverified', tone: 'warn', state: 'done' };
  if (work.retired || work.judged?.verdict !== 'affected') return { text: 'Not asked', tone: 'plain', state: 'none' };
  return { text: 'Not done', tone: 'bad', state: 'open' };
}

/** One word for the whole entity, and where it stands in the list: what needs hands first. */
export function stateOf(work: EntityWork): { text: string; tone: Tone; rank: number } {
  if (work.retired) return { text: 'Retired', tone: 'plain', rank: 6 };
  if (work.judged?.verdict === 'ruled_out') return { text: 'Ruled out', tone: 'plain', rank: 7 };
  const looks = new Map(STEPS.map(([step]) => [step, stepLook(work, step).state]));
  if (looks.get('restore') === 'verified') return { text: 'Restored', tone: 'good', rank: 5 };
  if (looks.get('clean') === 'verified') return { text: 'Clean', tone: 'good', rank: 4 };
  if (looks.get('clean') === 'done') return { text: 'Clean, unverified', tone: 'warn', rank: 3 };
  if (looks.get('contain') === 'open') return { text: 'Dirty, not contained', tone: 'bad', rank: 1 };
  return { text: 'Dirty', tone: 'bad', rank: 2 };
}
