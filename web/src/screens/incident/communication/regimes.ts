// Regimes in words, and which anchors they count from. Quell counts under rules it was given; it gives no legal advice.

import type { Api } from '../../../api/client';
import type { Tone } from '../../../ui/Badge';
import { words } from '../../../ui/text';

export type Regime = Api['Regime'];
export type Deadline = Api['Deadline'];

/** Terms count from one of these, said by people, or from a submission before. */
const AFTER_SUBMISSION = 'submitted:';

export function anchorsOf(regimes: readonly Regime[]): string[] {
  const stages = regimes.flatMap((regime) => regime.stages);
  const terms = stages.flatMap((stage) => (stage.late_term ? [...stage.terms, stage.late_term] : stage.terms));
  return [...new Set(terms.map(({ anchor }) => anchor))].filter((anchor) => !anchor.startsWith(AFTER_SUBMISSION)).sort();
}

export function classesOf(regime: Regime): string[] {
  return [...new Set(regime.stages.flatMap(({ terms }) => terms.flatMap(({ classes = [] }) => classes)))].sort();
}

/** What somebody has to know about the source before relying on it. */
export function reliance(regime: Regime): string {
  const checked = regime.verified_on ? `compared with its source on ${regime.verified_on}` : 'nobody has compared it with its source yet';
  if (regime.certainty === 'A') return `From the text of the law or an official rendering; ${checked}.`;
  if (regime.certainty === 'B') return `From summaries, to be checked at the source; ${checked}.`;
  return `Not confirmed; ${checked}.`;
}

/** Why nothing is counted under a regime, if nothing is. */
export function offBecause(regime: Regime): string | undefined {
  if (regime.enabled) return undefined;
  if (regime.status === 'proposed') return 'It is proposed, not law: a decision is kept, and no deadline follows.';
  if (regime.status === 'adopted_future') return 'It is not in force yet: a decision is kept, and no deadline follows.';
  return 'It is not confirmed: a decision is kept, and no deadline follows.';
}

/** What needs hands first. */
export function deadlineRank({ state }: Deadline): number {
  if (state.state === 'running') return state.overdue ? 0 : 1;
  return { waiting: 2, sent: 3, not_due: 4 }[state.state];
}

export const PLANNED: Record<Api['PlannedState'], readonly [text: string, tone: Tone]> = {
  not_declared: ['No time runs: not declared', 'plain'],
  conditional: ['Judge the condition', 'warn'],
  due: ['Due', 'warn'],
  overdue: ['Overdue', 'bad'],
  told: ['Told', 'good'],
  done: ['Done', 'good'],
  not_needed: ['Not needed', 'plain'],
};

/** What a time counts from, as people would say it. */
const ANCHORS: Record<string, string> = {
  aware: 'we became aware of it',
  classified_major: 'it was classified as major',
  determined_material: 'it was determined to be material',
  discovered: 'it was discovered',
  evaluated_reportable: 'it was evaluated to be reportable',
  fix_available: 'a fix became available',
  information_known: 'new information became known',
  noticed: 'it was noticed',
  out_of_tolerance_known: 'it became known that a service is out of tolerance',
  payment_known: 'a payment became known',
  payment_made: 'a payment was made',
  reasonably_believed: 'there was reason to believe it',
  reclassified_not_major: 'it was reclassified as not major',
  recovered: 'all was recovered',
  requested: 'the authority asked',
  resolved: 'it was resolved',
  suspected: 'it was suspected',
  weakness_known: 'the weakness became known',
};

export function anchorText(anchor: string): string {
  return ANCHORS[anchor] ?? words(anchor).toLowerCase();
}

/** What a stage waits for: `until …`. */
export function waitText(anchor: string, regime: Regime | undefined): string {
  if (!anchor.startsWith(AFTER_SUBMISSION)) return `somebody says when ${anchorText(anchor)}`;
  const stage = anchor.slice(AFTER_SUBMISSION.length);
  return `“${regime?.stages.find(({ id }) => id === stage)?.name ?? words(stage)}” is sent`;
}
