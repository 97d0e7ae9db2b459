// What the console forgets of a person who leaves, since another one may be the next to use the browser: drafts, answers, names of
// commands, when they were here. Only how it looks stays.

import { forgetNames } from '../api/commands';
import { forgetEnd } from '../api/session';
import { SETTINGS_PLACE } from '../ui/settings';
import { dropToasts } from '../ui/Toast';

export function forgetPerson(): void {
  for (const store of [sessionStorage, localStorage]) {
    for (const key of Object.keys(store)) if (key.startsWith('quell-') && key !== SETTINGS_PLACE) store.removeItem(key);
  }
  forgetNames();
  dropToasts();
  forgetEnd();
}
