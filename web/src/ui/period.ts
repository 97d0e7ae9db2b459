// Times as they stand in an address: exact (RFC 3339), or how long ago, as `24h`, so that a shared filter goes on with the clock.

const UNIT_MS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const AGO = /^(\d{1,4})([mhd])$/;

export const PERIODS = [
  ['15m', 'Last 15 minutes'],
  ['1h', 'Last hour'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['30d', 'Last 30 days'],
] as const;

export function isAgo(text: string): boolean {
  return AGO.test(text);
}

/** The time that is meant. What is no time at all stays as it is: the server says so. */
export function exactTime(text: string | undefined, now: number): string | undefined {
  const [, number, unit] = AGO.exec(text ?? '') ?? [];
  if (number === undefined || unit === undefined) return text || undefined;
  return new Date(now - Number(number) * (UNIT_MS[unit] ?? 0)).toISOString();
}
