// What changes on the server, told to every tab of a browser over one connection.
//
// Where the browser has locks and channels, one tab holds the stream and passes on what it hears; when it closes, another takes
// over. Elsewhere each tab has its own. Nothing is decided here: a change only says what has to be read anew.

import type { QueryClient } from '@tanstack/react-query';
import { useSyncExternalStore } from 'react';

export type Connection = 'connecting' | 'live' | 'lost';

type Heard =
  | { what: 'state'; state: Connection }
  | { what: 'ask' }
  | { what: 'event'; event: EventName; data: Record<string, unknown> };

const EVENTS = ['alert', 'triage', 'incident', 'source', 'alarm', 'resync'] as const;
type EventName = (typeof EVENTS)[number];

/** Changes come in floods; what they touch is read anew at most this often. */
const REREAD_EVERY_MS = 1_000;
const RETRY_AFTER_MS = 3_000;

let connection: Connection = 'connecting';
const watchers = new Set<() => void>();
const alarmed = new Set<(incident: string) => void>();

/** How the stream is doing, for whoever shows it. */
export function useConnection(): Connection {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => connection,
  );
}

/** Calls back when somebody opened a restricted incident in an emergency. */
export function onAlarm(tell: (incident: string) => void): () => void {
  alarmed.add(tell);
  return () => alarmed.delete(tell);
}

/** Follows the server until the page closes or the returned function is called. */
export function follow(queries: QueryClient): () => void {
  const reread = rereading(queries);
  const ended = new AbortController();
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
      if (data.what === 'ask' && isLeading) channel.postMessage({ what: 'state', state: connection } satisfies Heard);
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
    const open = () => {
      source = new EventSource('/api/v1/stream');
      source.onopen = () => tell({ what: 'state', state: 'live' });
      source.onerror = () => {
        tell({ what: 'state', state: 'lost' });
        // A stream that was refused stays closed; asking again is up to us.
        if (source?.readyState === EventSource.CLOSED) again = setTimeout(open, RETRY_AFTER_MS);
      };
      for (const event of EVENTS) {
        source.addEventListener(event, ({ data }: MessageEvent<string>) => {
          tell({ what: 'event', event, data: JSON.parse(data) as Record<string, unknown> });
        });
      }
    };
    ended.addEventListener('abort', () => {
      clearTimeout(again);
      source?.close();
      settle();
    });
    open();
  });
}

function show(state: Connection, reread: (key: string) => void): void {
  // Whatever was missed in between is read anew.
  if (state === 'live' && connection === 'lost') reread('');
  if (state === connection) return;
  connection = state;
  for (const watcher of watchers) watcher();
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
    case 'resync':
      return reread('');
  }
}

/** Gathers what has to be read anew. A key is the beginning of a query's key, its words parted by blanks; '' is everything. */
function rereading(queries: QueryClient): (key: string) => void {
  const waiting = new Set<string>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const flush = () => {
    timer = undefined;
    for (const key of waiting) void queries.invalidateQueries({ queryKey: key === '' ? [] : key.split(' ') });
    waiting.clear();
  };
  return (key) => {
    waiting.add(key);
    timer ??= setTimeout(flush, REREAD_EVERY_MS);
  };
}
