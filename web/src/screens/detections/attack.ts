// What of ATT&CK the rules cover, as their tags say.

import type { Api } from '../../api/client';
import { TACTICS, tacticsOf, techniquesOf, type Tactic } from '../../ui/attack';

export interface Covered {
  technique: string;
  rules: number;
  /** Rules of it for which a known source brings events. */
  fed: number;
}

/** Rules by tactic. */
export function byTactic(rules: readonly Api['RuleView'][]): [Tactic, number][] {
  const named = rules.map((rule) => tacticsOf(rule.tags));
  return TACTICS.map((tactic) => [tactic, named.filter((each) => each.includes(tactic)).length]);
}

/** Techniques with their sub-techniques, as the tags of rules say: that a rule covers one is a claim of its author. */
export function coverage(rules: readonly Api['RuleView'][]): [technique: string, covered: Covered[]][] {
  const found = new Map<string, Covered>();
  for (const rule of rules) {
    for (const technique of techniquesOf(rule.tags)) {
      const known = found.get(technique) ?? { technique, rules: 0, fed: 0 };
      found.set(technique, { technique, rules: known.rules + 1, fed: known.fed + Number(rule.has_source) });
    }
  }
  const groups = new Map<string, Covered[]>();
  for (const covered of [...found.values()].sort((a, b) => a.technique.localeCompare(b.technique))) {
    const parent = covered.technique.slice(0, 5);
    groups.set(parent, [...(groups.get(parent) ?? []), covered]);
  }
  return [...groups];
}
