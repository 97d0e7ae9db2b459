// What the console forgets of a person who leaves, since another one may be the next to use the browser.

import { forgetEnd } from '../api/session';
import { dropToasts } from '../ui/Toast';

/** Drafts of notes, see `screens/incident/notes/drafts.ts`. */
const DRAFTS = 'quell-note';

export function forgetPerson(): void {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith(DRAFTS)) sessionStorage.removeItem(key);
  dropToasts();
  forgetEnd();
}
