// Whether the session has ended in the middle of work. The page stays as it is meanwhile, with what was typed on it, and whoever
// worked on it is asked to sign in again, see `shell/SignInAgain.tsx`.

import { storeOf } from '../ui/store';

const ended = storeOf(false);
let isSomebodyIn = () => false;

export const useSessionEnded = ended.use;

/** How to know whether somebody is signed in: only a session that was there can end. */
export function watchSession(isIn: () => boolean): void {
  isSomebodyIn = isIn;
}

/** To be told of every answer that says that nobody is signed in. */
export function noteUnauthenticated(): void {
  if (isSomebodyIn()) ended.set(true);
}

/** Somebody signed in again, or out. */
export function forgetEnd(): void {
  ended.set(false);
}

export function hasEnded(): boolean {
  return ended.get();
}
