// A rule that is being written, kept by the browser tab: the server keeps none, and a reload loses nothing. Each search that a rule
// is made from has its own.

import type { HuntSearch } from '../../hunt/search';

const place = ({ q, field, source }: HuntSearch) => `quell-rule ${JSON.stringify([q, field, source])}`;

export function readRule(search: HuntSearch): string | undefined {
  try {
    return sessionStorage.getItem(place(search)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Says whether it is kept: the browser may keep nothing for us, or no more. */
export function keepRule(search: HuntSearch, text: string): boolean {
  try {
    sessionStorage.setItem(place(search), text);
    return true;
  } catch {
    return false;
  }
}

/** Nothing is lost by that, so it says the same as if it were kept. */
export function dropRule(search: HuntSearch): true {
  try {
    sessionStorage.removeItem(place(search));
  } catch {
    // Then none was kept.
  }
  return true;
}
