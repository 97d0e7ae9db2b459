// Keys that work everywhere. Single letters can be switched off; none is taken while somebody types (WCAG 2.2, 2.1.4).

import { useEffect, useRef } from 'react';

import { currentSettings } from '../ui/settings';
import { PLACES } from './places';

interface Shortcuts {
  openPalette: () => void;
  openHelp: () => void;
  go: (to: (typeof PLACES)[number]['to']) => void;
}

const SECOND_KEY_WITHIN_MS = 1_500;

/** Whether somebody types into a field, or has something open that takes keys. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName)) return true;
  return target.closest('[role="dialog"], [role="menu"], [role="listbox"]') !== null;
}

/** Whether single letters may act for this key press. */
export function isShortcut(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  return currentSettings().keys && !isTyping(event.target);
}

export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    let wentAt = 0;
    const press = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        return latest.current.openPalette();
      }
      if (!isShortcut(event)) return;
      if (event.timeStamp - wentAt < SECOND_KEY_WITHIN_MS) {
        wentAt = 0;
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
