// A value outside of any component, for those who show it.

import { useSyncExternalStore } from 'react';

export interface Store<T> {
  get: () => T;
  set: (value: T) => void;
  /** The value, in a component that is drawn anew when it changes. */
  use: () => T;
}

export function storeOf<T>(first: T): Store<T> {
  let value = first;
  const watchers = new Set<() => void>();
  const get = () => value;
  const watch = (watcher: () => void) => {
    watchers.add(watcher);
    return () => watchers.delete(watcher);
  };
  const set = (next: T) => {
    if (Object.is(next, value)) return;
    value = next;
    for (const watcher of watchers) watcher();
  };
  return { get, set, use: () => useSyncExternalStore(watch, get) };
}
