// How a person likes the console. Kept by the browser at once and by the account for the next one; see `shell/preferences.ts`.

import { storeOf } from './store';

export const THEMES = ['system', 'light', 'dark', 'contrast'] as const;

export interface Settings {
  theme: (typeof THEMES)[number];
  density: 'comfortable' | 'compact';
  zone: 'utc' | 'local';
  /** Whether single keys are shortcuts (WCAG 2.2, 2.1.4). */
  keys: boolean;
  /** Whether the first walk through an incident was offered and done with. */
  tour: 'offered' | 'done';
}

/** Where the browser keeps it. */
export const SETTINGS_PLACE = 'quell-settings';
const USUAL: Settings = { theme: 'system', density: 'comfortable', zone: 'utc', keys: true, tour: 'offered' };
const dark = window.matchMedia('(prefers-color-scheme: dark)');
const settings = storeOf<Settings>({ ...USUAL, ...remembered() });

export const useSettings = settings.use;
export const currentSettings = settings.get;
export const onSettings = settings.watch;

export function changeSettings(change: Partial<Settings>): void {
  settings.set({ ...settings.get(), ...change });
  localStorage.setItem(SETTINGS_PLACE, JSON.stringify(settings.get()));
  draw();
}

/** Draws the page as it is liked; again whenever the system's own theme changes. */
export function draw(): void {
  const { theme, density } = settings.get();
  document.documentElement.dataset.theme = theme === 'system' ? (dark.matches ? 'dark' : 'light') : theme;
  document.documentElement.dataset.density = density;
}

dark.addEventListener('change', draw);

function remembered(): Partial<Settings> {
  try {
    return JSON.parse(localStorage.getItem(SETTINGS_PLACE) ?? '{}') as Partial<Settings>;
  } catch {
    return {};
  }
}
