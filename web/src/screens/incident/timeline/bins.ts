// How many items of each kind fall into each part of a span of time.

import { KINDS, type Known } from './items';

export interface Bin {
  from: number;
  until: number;
  all: number;
  /** In the order of `KINDS`. */
  counts: number[];
}

export type Span = readonly [from: number, until: number];

const PLACE = new Map(KINDS.map(({ kind }, index) => [kind as string, index]));

/** From the first to the last; an hour if all are at one time. */
export function spanOf(known: readonly Known[]): Span | undefined {
  let from = Infinity;
  let until = -Infinity;
  for (const { ms } of known) {
    if (ms < from) from = ms;
    if (ms > until) until = ms;
  }
  if (from > until) return undefined;
  return until > from ? [from, until] : [from - 1_800_000, until + 1_800_000];
}

export function binsOf(known: readonly Known[], [from, until]: Span, number: number): Bin[] {
  const width = (until - from) / number;
  const bins = Array.from({ length: number }, (_, index): Bin => {
    return { from: from + index * width, until: from + (index + 1) * width, all: 0, counts: KINDS.map(() => 0) };
  });
  for (const { item, ms } of known) {
    if (ms < from || ms > until) continue;
    const bin = bins[Math.min(number - 1, Math.floor((ms - from) / width))];
    const place = PLACE.get(item.kind) ?? 0;
    if (!bin) continue;
    bin.all += 1;
    bin.counts[place] = (bin.counts[place] ?? 0) + 1;
  }
  return bins;
}
