// ATT&CK as rules name it, in Sigma tags: `attack.credential-access`, `attack.t1003.001`.

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

const TECHNIQUE = /^(?:attack\.)?(t\d{4}(?:\.\d{3})?)$/i;
const PREFIX = /^attack\./i;

/** Techniques that tags name, as ATT&CK writes them. */
export function techniquesOf(tags: readonly string[]): string[] {
  return tags.flatMap((tag) => TECHNIQUE.exec(tag)?.[1]?.toUpperCase() ?? []);
}

/** Tactics that tags name, in the order of an intrusion. */
export function tacticsOf(tags: readonly string[]): Tactic[] {
  const named = new Set(tags.map((tag) => tag.toLowerCase().replace(PREFIX, '').replaceAll('_', '-')));
  return TACTICS.filter((tactic) => named.has(tactic));
}

/** Tags that name no technique, as words. */
export function otherTags(tags: readonly string[]): string[] {
  return tags.filter((tag) => !TECHNIQUE.test(tag)).map((tag) => tag.replace(PREFIX, '').replaceAll(/[-_]/g, ' '));
}
