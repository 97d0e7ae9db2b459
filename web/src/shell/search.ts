// Parts of an address, as they may be.

/** Texts by these names, where they are given: an address that was typed by hand never breaks a screen. */
export function texts<Name extends string>(...names: Name[]): (search: Record<string, unknown>) => Partial<Record<Name, string>> {
  return (search) => {
    const given = names.map((name) => [name, search[name]] as const);
    return Object.fromEntries(given.filter(([, value]) => typeof value === 'string' && value !== '')) as Partial<Record<Name, string>>;
  };
}
