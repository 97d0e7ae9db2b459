// How a person likes the console. Kept by the browser at once and by the account for the next one; see `shell/preferences.ts`.

import { useSyncExternalStore } from 'react';

export interface Settings {
  theme: 'system' | 'light' | 'dark' | 'contrast';
  density: 'comfortable' | 'compact';
  zone: 'utc' | 'local';
  /** Whether single keys are shortcuts (WCAG 2.2, 2.1.4). */
  keys: boolean;
  /** Whether the first walk through an incident was offered and done with. */
  tour: 'offered' | 'done';
}

const PLACE = 'quell-settings';
const USUAL: Settings = { theme: 'system', density: 'comfortable', zone: 'utc', keys: true, tour: 'offered' };
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const watchers = new Set<() => void>();

let settings: Settings = { ...USUAL, ...remembered() };

export function useSettings(): Settings {
  return useSyncExternalStore(
    (watcher) => {
      watchers.add(watcher);
      return () => watchers.delete(watcher);
    },
    () => settings,
  );
}

/** Calls back after each change, until the returned function is called. */
export function onSettings(tell: () => void): () => void {
  watchers.add(tell);
  return () => watchers.delete(tell);
}

export function currentSettings(): Settings {
  return settings;
}

export function changeSettings(change: Partial<Settings>): void {
  settings = { ...settings, ...change };
  localStorage.setItem(PLACE, JSON.stringify(settings));
  draw();
  for (const watcher of watchers) watcher();
}

/** Draws the page as it is liked; again whenever the system's own theme changes. */
export function draw(): void {
  const { theme, density } = settings;
  document.documentElement.dataset.theme = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
  document.documentElement.dataset.density = density;
}

dark.addEventListener('change', draw);

function remembered(): Partial<Settings> {
  try {
    return JSON.parse(localStorage.getItem(PLACE) ?? '{}') as Partial<Settings>;
  } catch {
    return {};
  }
}
