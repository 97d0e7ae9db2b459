// A search for events as it stands in the address, and as the server wants it.
//
// `field` holds conditions on fields, each `name:value`, divided by newlines: a value may have commas and colons in it, a name may
// not have a colon. Values with a newline in them cannot be searched for as a field; their words can, as text.

import type { Api } from '../../api/client';
import { exactTime } from '../../ui/period';

export type HuntSearch = Partial<Record<'q' | 'field' | 'source' | 'rule' | 'since' | 'until' | 'event' | 'limit', string>>;

/** What the server takes; see `EventSearch` in its description. */
export const FIELDS_MAX = 16;
const TEXT_BYTES_MAX = 1_024;
const PAGE = 100;
const PAGE_MAX = 500;

export function conditionsOf(search: HuntSearch): string[] {
  return [...new Set(search.field?.split('\n').map((each) => each.trim()))].filter((each) => each !== '');
}

export function fieldOf(conditions: readonly string[]): string | undefined {
  return conditions.length === 0 ? undefined : conditions.join('\n');
}

/** The condition that a field has this value; nothing if no search can say that. */
export function conditionOf(name: string, value: string): string | undefined {
  const condition = `${name}:${value}`;
  const fits = new TextEncoder().encode(condition).length <= TEXT_BYTES_MAX;
  // What is cut at its ends would look for another value.
  const isWhole = condition === condition.trim() && !/[\r\n]/.test(condition);
  return name !== '' && !name.includes(':') && fits && isWhole ? condition : undefined;
}

export function eventSearchOf(search: HuntSearch): Api['EventSearch'] {
  const limit = Number(search.limit);
  return {
    text: search.q ?? '',
    fields: conditionsOf(search),
    source: search.source,
    rule: search.rule,
    since: exactTime(search.since, Date.now()),
    until: exactTime(search.until, Date.now()),
    limit: Number.isInteger(limit) && limit >= 1 && limit <= PAGE_MAX ? limit : PAGE,
  };
}
