// A text that is being typed, as it is once somebody stops typing.

import { useEffect, useState } from 'react';

/** Typing is over after this long. */
const PAUSE_MS = 400;

export function useSettled(text: string): string {
  const [settled, setSettled] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(text), PAUSE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return settled;
}
