// Playbooks that are being written. The server keeps none, so this browser does; a reload loses nothing.

const place = (name: string | undefined) => `quell-playbook ${name ?? ''}`;

export function readDraft(name: string | undefined): string | undefined {
  try {
    return localStorage.getItem(place(name)) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Says whether it is kept: the browser may keep nothing for us, or no more. */
export function keepDraft(name: string | undefined, text: string): boolean {
  try {
    localStorage.setItem(place(name), text);
    return true;
  } catch {
    return false;
  }
}

/** Nothing is lost by that, so it says the same as if it were kept. */
export function dropDraft(name: string | undefined): true {
  try {
    localStorage.removeItem(place(name));
  } catch {
    // Then none was kept.
  }
  return true;
}
