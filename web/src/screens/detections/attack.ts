// ATT&CK as rules name it, in Sigma tags: `attack.credential-access`, `attack.t1003.001`.

import type { Api } from '../../api/client';

/** Tactics of ATT&CK for Enterprise, in the order of an intrusion. */
export const TACTICS = [
  'reconnaissance',
  'resource-development',
  'initial-access',
  'execution',
  'persistence',
  'privilege-escalation',
  'defense-evasion',
  'credential-access',
  'discovery',
  'lateral-movement',
  'collection',
  'command-and-control',
  'exfiltration',
  'impact',
] as const;
export type Tactic = (typeof TACTICS)[number];

const TECHNIQUE = /^attack\.(t\d{4}(?:\.\d{3})?)$/;

export function techniquesOf(rule: Pick<Api['RuleView'], 'tags'>): string[] {
  return rule.tags.flatMap((tag) => TECHNIQUE.exec(tag.toLowerCase())?.[1]?.toUpperCase() ?? []);
}

export function tacticsOf(rule: Pick<Api['RuleView'], 'tags'>): Tactic[] {
  const named = new Set(rule.tags.map((tag) => tag.toLowerCase().replace(/^attack\./, '').replaceAll('_', '-')));
  return TACTICS.filter((tactic) => named.has(tactic));
}

export interface Covered {
  technique: string;
  rules: number;
  /** Rules of it for which a known source brings events. */
  fed: number;
}

/** Techniques by tactic, as the tags of rules say: which rule covers what is a claim of its author. */
export function coverage(rules: readonly Api['RuleView'][]): Map<Tactic, Covered[]> {
  const found = new Map<Tactic, Map<string, Covered>>(TACTICS.map((tactic) => [tactic, new Map()]));
  for (const rule of rules) {
    for (const tactic of tacticsOf(rule)) {
      for (const technique of techniquesOf(rule)) {
        const of = found.get(tactic);
        const known = of?.get(technique) ?? { technique, rules: 0, fed: 0 };
        of?.set(technique, { technique, rules: known.rules + 1, fed: known.fed + Number(rule.has_source) });
      }
    }
  }
  const sorted = (of: Map<string, Covered>) => [...of.values()].sort((a, b) => a.technique.localeCompare(b.technique));
  return new Map([...found].map(([tactic, of]) => [tactic, sorted(of)]));
}
