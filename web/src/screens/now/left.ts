// When somebody was last here, so that what changed since can be marked. Kept by the browser.

import { useEffect, useState } from 'react';

const PLACE = 'quell-last-here';
/** Whoever comes back sooner has not been away. */
const AWAY_AFTER_MS = 10 * 60_000;

/** The time at which this person left, in milliseconds; nothing on the first visit. */
export function useLeftAt(): number | undefined {
  const [left] = useState(() => readLeft(Date.now()));
  useEffect(() => {
    const note = () => localStorage.setItem(PLACE, JSON.stringify({ left, here: Date.now() }));
    note();
    const timer = setInterval(note, AWAY_AFTER_MS / 10);
    return () => clearInterval(timer);
  }, [left]);
  return left;
}

function readLeft(now: number): number | undefined {
  try {
    const { left, here } = JSON.parse(localStorage.getItem(PLACE) ?? '{}') as { left?: number; here?: number };
    return here !== undefined && now - here > AWAY_AFTER_MS ? here : left;
  } catch {
    return undefined;
  }
}
