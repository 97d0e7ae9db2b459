// Where somebody wanted to be who goes to the organisation's provider to sign in, and comes back to the first page. Kept by the tab.

const PLACE = 'quell-way-back';

export function rememberWay(to: string | undefined): void {
  if (to !== undefined && isOurs(to)) sessionStorage.setItem(PLACE, to);
  else sessionStorage.removeItem(PLACE);
}

/** It is good for one time. */
export function takeWay(): string | undefined {
  const to = sessionStorage.getItem(PLACE);
  sessionStorage.removeItem(PLACE);
  return to !== null && isOurs(to) ? to : undefined;
}

/** An address of another site is no way back. */
export function isOurs(to: string): boolean {
  return to.startsWith('/') && new URL(to, location.origin).origin === location.origin;
}
