// Times. One clock ticks for all of them.

import { useSyncExternalStore } from 'react';

import { useSettings } from './settings';
import { fromNow, moment, span } from './text';

const TICK_MS = 10_000;
let now = Date.now();
const watchers = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Now, to ten seconds. */
export function useNow(): number {
  return useSyncExternalStore(watch, () => now);
}

function watch(watcher: () => void): () => void {
  watchers.add(watcher);
  if (timer === undefined) {
    // It stood still while nobody watched.
    now = Date.now();
    timer = setInterval(() => {
      now = Date.now();
      for (const each of watchers) each();
    }, TICK_MS);
  }
  return () => {
    watchers.delete(watcher);
    if (watchers.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** When something was or will be: how far from now, with the time itself as its title. */
export function Ago({ at }: { at: string }) {
  const { zone } = useSettings();
  return (
    <time dateTime={at} title={moment(at, zone)}>
      {fromNow(at, useNow())}
    </time>
  );
}

/** The time itself. */
export function Moment({ at }: { at: string }) {
  const { zone } = useSettings();
  return (
    <time dateTime={at} className="mono" title={fromNow(at, Date.now())}>
      {moment(at, zone)}
    </time>
  );
}

/** What is left until a time, or by how much it is over. */
export function Left({ until }: { until: string }) {
  const { zone } = useSettings();
  const seconds = (Date.parse(until) - useNow()) / 1_000;
  return (
    <time dateTime={until} title={moment(until, zone)}>
      {seconds < 0 ? `${span(seconds)} over` : `${span(seconds)} left`}
    </time>
  );
}
