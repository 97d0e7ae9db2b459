// A value outside of any component, for those who show it.

import { useSyncExternalStore } from 'react';

export interface Store<T> {
  get: () => T;
  set: (value: T) => void;
  /** Calls back after each change, until the returned function is called. */
  watch: (watcher: () => void) => () => void;
  /** The value, in a component that is drawn anew when it changes. */
  use: () => T;
}

export function storeOf<T>(first: T): Store<T> {
  let value = first;
  const watchers = new Set<() => void>();
  const get = () => value;
  const watch = (watcher: () => void) => {
    watchers.add(watcher);
    return () => void watchers.delete(watcher);
  };
  const set = (next: T) => {
    if (Object.is(next, value)) return;
    value = next;
    for (const watcher of watchers) watcher();
  };
  return { get, set, watch, use: () => useSyncExternalStore(watch, get) };
}
