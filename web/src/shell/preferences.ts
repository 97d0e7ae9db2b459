// How a person likes the console, kept with their account: what they changed in one browser holds in the next.

import { api, read } from '../api/client';
import { changeSettings, currentSettings, onSettings, type Settings, THEMES } from '../ui/settings';

/** Changes are sent together. */
const PAUSE_MS = 1_000;

/** Takes over what the account has, then sends what changes. Ends with the returned function. */
export function syncPreferences(): () => void {
  const ended = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let known = '';
  const send = () => {
    const preferences = { ...currentSettings() };
    if (JSON.stringify(preferences) === known) return;
    known = JSON.stringify(preferences);
    // The browser has it in any case; the account gets it with the next change.
    api.PUT('/api/v1/account/preferences', { body: { preferences: preferences as never }, signal: ended.signal }).catch(() => {});
  };
  const changed = () => {
    clearTimeout(timer);
    timer = setTimeout(send, PAUSE_MS);
  };
  const forget = onSettings(changed);
  read(api.GET('/api/v1/account/preferences', { signal: ended.signal }))
    .then(({ preferences }) => {
      const taken = valid(preferences as Record<string, unknown>);
      changeSettings(taken);
      known = JSON.stringify(currentSettings());
    })
    .catch(() => {});
  return () => {
    clearTimeout(timer);
    ended.abort();
    forget();
  };
}

const CHOICES: { [Name in keyof Settings]: readonly unknown[] } = {
  theme: THEMES,
  density: ['comfortable', 'compact'],
  zone: ['utc', 'local'],
  keys: [true, false],
  tour: ['offered', 'done'],
};

/** What of it this version knows. */
function valid(preferences: Record<string, unknown>): Partial<Settings> {
  const known = Object.entries(CHOICES).filter(([name, values]) => values.includes(preferences[name]));
  return Object.fromEntries(known.map(([name]) => [name, preferences[name]]));
}
