// Words and times for people.

/** `false_positive` as `False positive`. */
export function words(id: string): string {
  const text = id.replaceAll('_', ' ');
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** `1 alert`, `2 alerts`. */
export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString('en')} ${number === 1 ? one : many}`;
}

/** `at least 2 alerts`, where the server stopped counting. */
export function countOf({ total, at_least }: { total: number; at_least: boolean }, one: string): string {
  return `${at_least ? 'at least ' : ''}${count(total, one)}`;
}

/** Makes an address, a domain or a mail address that nothing follows by mistake. */
export function defang(value: string): string {
  return value.replace(/^http/i, 'hxxp').replaceAll('.', '[.]').replaceAll('@', '[@]');
}

const UNITS = [
  ['d', 86_400],
  ['h', 3_600],
  ['min', 60],
] as const;

/** A span in its largest unit, `3 h`; under a minute, seconds. */
export function span(seconds: number): string {
  const size = Math.abs(seconds);
  for (const [name, length] of UNITS) if (size >= length) return `${Math.floor(size / length)} ${name}`;
  return `${Math.floor(size)} s`;
}

/** How far a time is from now, `5 min ago` or `in 3 h`. */
export function fromNow(at: string, now: number): string {
  const seconds = (Date.parse(at) - now) / 1_000;
  if (Math.abs(seconds) < 5) return 'just now';
  return seconds < 0 ? `${span(seconds)} ago` : `in ${span(seconds)}`;
}

/** Date and time in UTC or where the reader is, to the second. */
export function moment(at: string, zone: 'utc' | 'local'): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  if (zone === 'utc') return `${time.toISOString().slice(0, 19).replace('T', ' ')} UTC`;
  const pad = (part: number) => String(part).padStart(2, '0');
  const date = `${time.getFullYear()}-${pad(time.getMonth() + 1)}-${pad(time.getDate())}`;
  return `${date} ${pad(time.getHours())}:${pad(time.getMinutes())}:${pad(time.getSeconds())}`;
}
