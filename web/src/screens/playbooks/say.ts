// What a step needs and who does it, in words that the table and the panel share.

import { count, span, words } from '../../ui/text';
import type { Extension, Step } from './cacao';
import type { Configured } from './Playbook';

export function needs({ evidence, approval }: Extension): string[] {
  const said: string[] = [];
  if (evidence.length > 0) said.push(`sealed ${evidence.map((each) => words(each).toLowerCase()).join(', ')}`);
  if (approval) {
    const owner = approval.owner ? ', one of them an owner' : '';
    said.push(`approval by ${count(approval.quorum, 'person', 'people')}, ${approval.from} or higher${owner}`);
  }
  return said;
}

export function ofAction({ extension: { action } }: Step, configured: Configured): string {
  if (!action) return 'People';
  return configured(action).here ? `Quell: ${action}` : `By hand: no target for ${action}`;
}

export function minutes(many: number): string {
  return span(many * 60);
}
