// The one way to the server: typed by its OpenAPI description. What is refused comes back as a `Problem`.

import createClient, { type Middleware } from 'openapi-fetch';

import { saveFile } from '../ui/file';
import { nameOf, noteAnswer } from './commands';
import type { components, paths } from './schema';
import { noteUnauthenticated } from './session';

/** Types of the API by name. */
export type Api = components['schemas'];

/** A refusal in the words of the server (RFC 9457). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly traceId: string,
  ) {
    super(detail || title);
  }
}

const NAME = 'Idempotency-Key';

const turnIntoProblems: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error;
    return new Problem(0, 'no connection', 'The server cannot be reached.', '');
  },
};

const nameCommands: Middleware = {
  async onRequest({ request }) {
    const name = await nameOf(request);
    if (name !== undefined) request.headers.set(NAME, name);
    return request;
  },
  onResponse({ request, response }) {
    noteAnswer(request.headers.get(NAME), response.status);
  },
};

export const api = createClient<paths>({
  baseUrl: '/',
  credentials: 'same-origin',
  // Lists in an address are divided by commas.
  querySerializer: { array: { style: 'form', explode: false } },
});
// Answers go through them from the last to the first.
api.use(turnIntoProblems, nameCommands);

/** What an answer carries. */
export async function read<T>(answer: Promise<{ data?: T }>): Promise<T> {
  const { data } = await answer;
  return data as T;
}

/** A file that the server makes, as the browser's own download. */
export async function download(path: string, name: string, init?: RequestInit): Promise<void> {
  const answer = await fetch(path, { credentials: 'same-origin', ...init });
  if (!answer.ok) throw await problemOf(answer);
  saveFile(name, await answer.blob());
}

/** Says what went wrong, whatever it was. */
export function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What an answer that is no success says; a session that has ended is noticed. */
export async function problemOf(response: Response): Promise<Problem> {
  if (response.status === 401) noteUnauthenticated();
  const body = (await response.json().catch(() => ({}))) as Partial<Api['Problem']>;
  return new Problem(
    response.status,
    body.title ?? `status ${response.status}`,
    body.detail ?? `The server answered with status ${response.status}.`,
    body.trace_id ?? '',
  );
}
