// Times that people type, in UTC or in their own zone, as they set it.

const TYPED = /^(\d{4})-(\d{2})-(\d{2})[ T]+(\d{2}):(\d{2})(?::(\d{2})(\.\d{1,9})?)?\s*(UTC|Z|[+-]\d{2}:\d{2})?$/i;

/** `2026-11-30 05:31`, with seconds and a zone if somebody likes, as RFC 3339; nothing if it is no time. */
export function parseTime(text: string, zone: 'utc' | 'local'): string | undefined {
  const parts = TYPED.exec(text.trim());
  if (!parts) return undefined;
  const [, year, month, day, hour, minute, second = '00', fraction = '', given] = parts;
  const days = new Date(Number(year), Number(month), 0).getDate();
  if (Number(month) < 1 || Number(month) > 12 || Number(day) < 1 || Number(day) > days) return undefined;
  const shift = given ? given.toUpperCase().replace('UTC', 'Z') : zone === 'utc' ? 'Z' : '';
  const time = new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}${fraction}${shift}`);
  return Number.isNaN(time.getTime()) ? undefined : time.toISOString();
}

/** A time as it is typed, to the second. */
export function typed(at: string, zone: 'utc' | 'local'): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  const shifted = zone === 'utc' ? time : new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
  return shifted.toISOString().slice(0, 19).replace('T', ' ');
}
