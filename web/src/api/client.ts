// The one way to the server: typed by its OpenAPI description. What is refused comes back as a `Problem`.

import createClient, { type Middleware } from 'openapi-fetch';

import type { components, paths } from './schema';

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

const turnIntoProblems: Middleware = {
  async onResponse({ response }) {
    if (!response.ok) throw await problemOf(response);
  },
  onError({ error }) {
    if (error instanceof DOMException && error.name === 'AbortError') return error;
    return new Problem(0, 'no connection', 'The server cannot be reached.', '');
  },
};

/** A command that was cut off can be sent again under its key, and counts once. */
const nameCommands: Middleware = {
  onRequest({ request }) {
    if (request.method === 'POST') request.headers.set('Idempotency-Key', randomName());
    return request;
  },
};

export const api = createClient<paths>({
  baseUrl: '/',
  credentials: 'same-origin',
  // Lists in an address are divided by commas.
  querySerializer: { array: { style: 'form', explode: false } },
});
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
  const address = URL.createObjectURL(await answer.blob());
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}

/** Says what went wrong, whatever it was. */
export function explain(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** 128 random bits, on origins without `crypto.randomUUID`, too. */
export function randomName(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Partial<Api['Problem']>;
  return new Problem(
    response.status,
    body.title ?? `status ${response.status}`,
    body.detail ?? `The server answered with status ${response.status}.`,
    body.trace_id ?? '',
  );
}
