// Names of commands (`Idempotency-Key`). A command that was cut off keeps its name until there is a definite answer, so that
// pressing again repeats it, and the server carries it out once. The server remembers no answers of 429 and of 500 and above, so
// those are no definite ones.
//
// The bounds: a name is forgotten after ten minutes, and when a hundred newer ones wait for an answer.

import { randomName } from './random';

const KEPT_MS = 10 * 60_000;
const KEPT_MAX = 100;
/** The server has no use for names there, and what is sent there holds secrets, which are not to be kept. */
const UNNAMED = /^\/api\/v1\/(session|setup|invitations|account)(\/|$)/;

const waiting = new Map<string, { name: string; at: number }>();

/** The name for a command; none for what needs none. */
export async function nameOf(request: Request): Promise<string | undefined> {
  const { pathname, search } = new URL(request.url);
  if (request.method !== 'POST' || UNNAMED.test(pathname)) return undefined;
  const command = `${request.method} ${pathname}${search}\n${await request.clone().text()}`;
  const now = Date.now();
  for (const [each, { at }] of waiting) if (now - at > KEPT_MS) waiting.delete(each);
  const known = waiting.get(command);
  if (known) return known.name;
  // A map hands out first what was put in first.
  const [oldest] = waiting.keys();
  if (oldest !== undefined && waiting.size >= KEPT_MAX) waiting.delete(oldest);
  const name = randomName();
  waiting.set(command, { name, at: now });
  return name;
}

/** Forgets the name of a command that was answered. */
export function noteAnswer(name: string | null, status: number): void {
  if (status >= 500 || status === 429) return;
  for (const [command, each] of waiting) if (each.name === name) waiting.delete(command);
}

/** Forgets all of them. */
export function forgetNames(): void {
  waiting.clear();
}
