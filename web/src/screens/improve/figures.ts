// What figures mean, and how they are written.

import type { Api } from '../../api/client';

type Measure = Api['Interval'];

/** Words of each interval, as docs/INCIDENTS.md, "Figures", defines them. */
export const MEANING: Record<Measure, { name: string; means: string }> = {
  detect: { name: 'Time to detect', means: 'From the first activity of the intruder until Quell opened the incident, or people reported it' },
  acknowledge: { name: 'Time to acknowledge', means: 'From detection until somebody took it, or did the first work on it' },
  declare: { name: 'Time to declare', means: 'From detection until it was declared an incident' },
  contain: { name: 'Time to contain', means: 'From detection until the last affected entity was verified as contained' },
  eradicate: { name: 'Time to eradicate', means: 'From declaration until the last affected entity was verified as clean' },
  recover: { name: 'Time to recover', means: 'From declaration until recovery was declared' },
  dwell: { name: 'Dwell time', means: 'From the first activity of the intruder until everything affected was contained' },
  resolve: { name: 'Time to resolve', means: 'From detection until it was resolved' },
};

const PARTS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
  ['s', 1],
] as const;

/** A span in its two largest units: `26 h 19 min` is told as `1 d 2 h`. */
export function duration(seconds: number): string {
  const size = Math.abs(seconds);
  const largest = PARTS.findIndex(([, length]) => size >= length);
  if (largest < 0) return '0 s';
  let rest = size;
  const said = PARTS.slice(largest, largest + 2).flatMap(([unit, length]) => {
    const number = Math.floor(rest / length);
    rest -= number * length;
    return number > 0 ? [`${number} ${unit}`] : [];
  });
  return (seconds < 0 ? '−' : '') + said.join(' ');
}

export interface Scale {
  /** From 0 to 1. */
  at: (seconds: number) => number;
  ticks: { seconds: number; text: string }[];
}

const TICKS: readonly [seconds: number, text: string][] = [
  [1, '1 s'],
  [60, '1 min'],
  [600, '10 min'],
  [3_600, '1 h'],
  [21_600, '6 h'],
  [86_400, '1 d'],
  [604_800, '7 d'],
  [2_592_000, '30 d'],
  [31_536_000, '1 y'],
];

/** A logarithmic scale for spans: minutes and months stand beside each other in one picture. */
export function scaleFor(most: number): Scale {
  const end = Math.max(TICKS.find(([seconds]) => seconds >= most)?.[0] ?? most, 600);
  const at = (seconds: number) => Math.min(1, Math.log1p(Math.max(seconds, 0) / 30) / Math.log1p(end / 30));
  return { at, ticks: TICKS.filter(([seconds]) => seconds >= 60 && seconds <= end).map(([seconds, text]) => ({ seconds, text })) };
}

const DAY_MS = 86_400_000;

/** A point in time of the address: `90d` is so many days ago, to the hour, so that what is asked stays the same for a while. */
export function pointOf(text: string | undefined, now: number): string | undefined {
  if (!text) return undefined;
  const days = /^(\d{1,4})d$/.exec(text)?.[1];
  if (days) return new Date(Math.floor(now / 3_600_000) * 3_600_000 - Number(days) * DAY_MS).toISOString();
  const time = new Date(text);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}
