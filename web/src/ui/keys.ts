// Which key presses may act as shortcuts: none while somebody types (WCAG 2.2, 2.1.4), and none below what lies above the page.

import { currentSettings } from './settings';

/** The letter after `g` counts for so long. */
export const SECOND_KEY_WITHIN_MS = 1_500;

/** Kinds of `input` that take no letters. */
const WITHOUT_LETTERS: ReadonlySet<string> = new Set(['checkbox', 'radio', 'button', 'submit', 'reset', 'image', 'color', 'file', 'range']);
const ABOVE = '[role="dialog"], [role="alertdialog"], [role="menu"]';

/** Whether somebody types into a field, or has something open that takes keys. */
export function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement && !WITHOUT_LETTERS.has(target.type)) return true;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target.closest(`${ABOVE}, [role="listbox"]`) !== null;
}

/** Whether single letters may act for this key press. */
export function isShortcut(event: KeyboardEvent): boolean {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return false;
  return currentSettings().keys && !isTyping(event.target) && !isCovered();
}

/** Whether a dialog or a menu lies above the page and takes the keys. */
export function isCovered(): boolean {
  return document.querySelector(ABOVE) !== null;
}

/** Whether there is a peek beside a link (`Peek.tsx`): Escape hides that first. */
export function isPeeking(): boolean {
  return document.querySelector('.peek') !== null;
}
