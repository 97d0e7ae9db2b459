// Keys that work everywhere. Single letters can be switched off; none is taken while somebody types (WCAG 2.2, 2.1.4).

import { useEffect, useRef } from 'react';

import { isCovered, isShortcut, SECOND_KEY_WITHIN_MS } from '../ui/keys';
import { PLACES } from './places';

interface Shortcuts {
  openPalette: () => void;
  openHelp: () => void;
  go: (to: (typeof PLACES)[number]['to']) => void;
}

export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    let wentAt = -SECOND_KEY_WITHIN_MS;
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        // What lies above the page has to be answered first; one modal above another would hide it.
        if (!isCovered()) latest.current.openPalette();
        return;
      }
      if (!isShortcut(event)) return;
      if (event.timeStamp - wentAt < SECOND_KEY_WITHIN_MS) {
        wentAt = -SECOND_KEY_WITHIN_MS;
        const place = PLACES.find(({ key }) => key === event.key);
        if (place) {
          event.preventDefault();
          return latest.current.go(place.to);
        }
      }
      if (event.key === 'g') wentAt = event.timeStamp;
      if (event.key === '?') latest.current.openHelp();
      if (event.key === '/') {
        event.preventDefault();
        latest.current.openPalette();
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
}
