// What can be done about alerts: its words, its key, the right that it takes.

import type { IconName } from '../../ui/Icon';

export type ActName = 'claim' | 'benign' | 'false_positive' | 'confirm' | 'duplicate' | 'report' | 'give' | 'back';

export interface Act {
  name: ActName;
  text: string;
  icon?: IconName;
  /** None clashes with those of lists (j, k, x) and of the frame (g and what follows, ?, /). */
  key?: string;
  right: 'alerts:triage' | 'incidents:write';
}

export const ACTS: readonly Act[] = [
  { name: 'claim', text: 'Claim', icon: 'person', key: 'c', right: 'alerts:triage' },
  { name: 'benign', text: 'Benign…', key: 'b', right: 'alerts:triage' },
  { name: 'false_positive', text: 'False positive…', key: 'f', right: 'alerts:triage' },
  { name: 'confirm', text: 'Confirm', key: 'y', right: 'alerts:triage' },
  { name: 'duplicate', text: 'Duplicate of…', key: 'd', right: 'alerts:triage' },
  { name: 'report', text: 'New incident…', key: 'n', right: 'incidents:write' },
  { name: 'give', text: 'Add to incident…', key: 'i', right: 'incidents:write' },
  { name: 'back', text: 'Back to new', right: 'alerts:triage' },
];

export function actsFor(rights: readonly string[]): readonly Act[] {
  return ACTS.filter(({ right }) => rights.includes(right));
}
