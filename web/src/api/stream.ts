// What changes on the server, told to every tab of a browser over one connection.
//
// Where the browser has locks and channels, one tab holds the stream and passes on what it hears; when it closes, another takes
// over. Elsewhere each tab has its own. Nothing is decided here: a change only says what has to be read anew.

import type { QueryClient } from '@tanstack/react-query';

import { storeOf } from '../ui/store';
import { api } from './client';
import { hasEnded } from './session';

export type Connection = 'connecting' | 'live' | 'lost';

type Heard =
  | { what: 'state'; state: Connection }
  | { what: 'ask' }
  | { what: 'event'; event: EventName; data: Record<string, unknown> };

const EVENTS = ['alert', 'triage', 'incident', 'source', 'alarm', 'pad', 'resync'] as const;
type EventName = (typeof EVENTS)[number];

/** Changes come in floods; what they touch is read anew at most this often. */
const REREAD_EVERY_MS = 1_000;
const RETRY_AFTER_MS = 3_000;

/** Where more keys than this wait, everything is read anew. */
const KEYS_MAX = 200;

const connection = storeOf<Connection>('connecting');
const alarmed = new Set<(incident: string) => void>();
const writing = new Set<(note: number) => void>();

/** How the stream is doing, for whoever shows it. */
export const useConnection = connection.use;

/** Calls back when somebody opened a restricted incident in an emergency. */
export function onAlarm(tell: (incident: string) => void): () => void {
  alarmed.add(tell);
  return () => alarmed.delete(tell);
}

/** Calls back when somebody else may have written on a note that is being written. */
export function onPad(tell: (note: number) => void): () => void {
  writing.add(tell);
  return () => writing.delete(tell);
}

/** Follows the server until the page closes or the returned function is called. */
export function follow(queries: QueryClient): () => void {
  const ended = new AbortController();
  const reread = rereading(queries, ended.signal);
  const channel = 'BroadcastChannel' in window ? new BroadcastChannel('quell-changes') : undefined;
  const hear = (heard: Heard) => {
    if (heard.what === 'state') show(heard.state, reread);
    if (heard.what === 'event') take(heard.event, heard.data, reread);
  };
  const tell = (heard: Heard) => {
    if (ended.signal.aborted) return;
    hear(heard);
    channel?.postMessage(heard);
  };
  let isLeading = false;
  const lead = () => {
    isLeading = true;
    return listen(tell, ended.signal);
  };
  if (channel && navigator.locks) {
    channel.onmessage = ({ data }: MessageEvent<Heard>) => {
      if (data.what === 'ask' && isLeading) channel.postMessage({ what: 'state', state: connection.get() } satisfies Heard);
      if (data.what !== 'ask') hear(data);
    };
    channel.postMessage({ what: 'ask' } satisfies Heard);
    navigator.locks.request('quell-stream', { signal: ended.signal }, lead).catch(() => {});
  } else {
    void lead();
  }
  return () => {
    ended.abort();
    channel?.close();
  };
}

/** Holds the stream; settles when it is told to end. */
function listen(tell: (heard: Heard) => void, ended: AbortSignal): Promise<void> {
  return new Promise((settle) => {
    // The lock may come when nobody wants it any more.
    if (ended.aborted) return settle();
    let source: EventSource | undefined;
    let again: ReturnType<typeof setTimeout> | undefined;
    const close = () => {
      clearTimeout(again);
      source?.close();
    };
    const open = () => {
      // `online` comes while an earlier one may still try by itself; there is to be one.
      close();
      const opened = new EventSource('/api/v1/stream');
      source = opened;
      opened.onopen = () => tell({ what: 'state', state: 'live' });
      opened.onerror = () => {
        tell({ what: 'state', state: 'lost' });
        // A stream that was refused stays closed; asking again is up to us.
        if (opened.readyState !== EventSource.CLOSED) return;
        again = setTimeout(open, RETRY_AFTER_MS);
        askWhy();
      };
      for (const event of EVENTS) {
        opened.addEventListener(event, ({ data }: MessageEvent<string>) => {
          tell({ what: 'event', event, data: JSON.parse(data) as Record<string, unknown> });
        });
      }
    };
    // A stream over a network that is gone may be silent for minutes before it ends by itself.
    const lose = () => {
      close();
      tell({ what: 'state', state: 'lost' });
    };
    window.addEventListener('offline', lose, { signal: ended });
    window.addEventListener('online', open, { signal: ended });
    ended.addEventListener('abort', () => {
      close();
      settle();
    });
    open();
  });
}

/** A stream does not say why it was refused. If the session has ended, another request learns of it. */
function askWhy(): void {
  if (!hasEnded()) void api.GET('/api/v1/account').catch(() => {});
}

function show(state: Connection, reread: (key: string) => void): void {
  // Whatever was missed in between is read anew.
  if (state === 'live' && connection.get() === 'lost') reread('');
  connection.set(state);
}

function take(event: EventName, data: Record<string, unknown>, reread: (key: string) => void): void {
  switch (event) {
    case 'alert':
    case 'triage':
      return reread('alerts');
    case 'incident':
      reread('incidents');
      reread('runs');
      return reread(`incident ${String(data.id)}`);
    case 'source':
      return reread('sources');
    case 'alarm':
      return alarmed.forEach((tell) => tell(String(data.incident)));
    case 'pad':
      return writing.forEach((tell) => tell(Number(data.note)));
    case 'resync':
      return reread('');
  }
}

/**
 * Gathers what has to be read anew. A key is the beginning of a query's key, its words parted by blanks; '' is everything.
 *
 * What is being read is let come to its end, or what takes longer than the next change would never be there; since it may be from
 * before the change, it is read once more then. Nothing is read for a page that nobody sees, until somebody does.
 */
function rereading(queries: QueryClient, ended: AbortSignal): (key: string) => void {
  const keys = new Set<string>();
  /** Queries of these keys that are still to be read, by their hashes. */
  const due = new Set<string>();
  const cache = queries.getQueryCache();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const plan = () => {
    if (keys.size + due.size > 0 && !document.hidden && !ended.aborted) timer ??= setTimeout(flush, REREAD_EVERY_MS);
  };
  const flush = () => {
    timer = undefined;
    if (document.hidden) return;
    for (const key of keys) {
      for (const { queryHash } of cache.findAll({ queryKey: key === '' ? [] : key.split(' ') })) due.add(queryHash);
    }
    keys.clear();
    for (const hash of due) {
      const query = cache.get(hash);
      if (query?.state.fetchStatus === 'fetching') continue;
      due.delete(hash);
      if (query) void queries.invalidateQueries({ queryKey: query.queryKey, exact: true }, { cancelRefetch: false });
    }
    plan();
  };
  document.addEventListener('visibilitychange', plan, { signal: ended });
  ended.addEventListener('abort', () => clearTimeout(timer));
  return (key) => {
    keys.add(keys.size < KEYS_MAX ? key : '');
    plan();
  };
}
