// What a person would share of a screen, kept in its address beside what the route declares.

import { useNavigate, useSearch } from '@tanstack/react-router';

export type Given = Readonly<Record<string, string | undefined>>;

/** Reads the search of the address, and changes parts of it; `replace` leaves no step for Back. */
export function useAddress(): [given: Given, change: (values: Given, replace?: boolean) => void] {
  const given = useSearch({ strict: false }) as Given;
  const navigate = useNavigate();
  const change = (values: Given, replace = false) =>
    void navigate({ to: '.', search: (before: object) => ({ ...before, ...values }) as never, replace, resetScroll: false });
  return [given, change];
}
