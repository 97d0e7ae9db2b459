// Which row of a long list has the focus, and where keys lead from it. The row is remembered by its id: others come and go above
// it, and a key must never act on another row than the one that shows the focus.

import { defaultRangeExtractor, type Range } from '@tanstack/react-virtual';
import { useCallback, useMemo, useState, type KeyboardEvent } from 'react';

import { currentSettings } from './settings';

/** A row that is far away is drawn within so many frames. */
const FRAMES_MAX = 8;

/** The index of the row that has the focus, or would get it; and how to remember another. */
export function useFocusedRow<Row>(rows: readonly Row[], id: (row: Row) => string): [index: number, remember: (index: number) => void] {
  const [at, setAt] = useState<{ index: number; id?: string }>({ index: 0 });
  const index = useMemo(() => {
    const isAt = (row: Row | undefined) => row !== undefined && id(row) === at.id;
    const found = at.id === undefined || isAt(rows[at.index]) ? at.index : rows.findIndex(isAt);
    // One that is gone leaves its place to the one that came there.
    return clamp(found < 0 ? at.index : found, rows.length);
    // `id` is often a new function, but what it says of a row does not change.
  }, [rows, at]);
  const remember = (next: number) => {
    const row = rows[next];
    const key = row === undefined ? undefined : id(row);
    setAt((before) => (before.index === next && before.id === key ? before : { index: next, id: key }));
  };
  return [index, remember];
}

/** Draws the row with the focus wherever the list is scrolled to: the focus stays, and Tab finds the list. */
export function useKeptRow(index: number): (range: Range) => number[] {
  return useCallback(
    (range: Range) => {
      const drawn = defaultRangeExtractor(range);
      if (index >= range.count || drawn.includes(index)) return drawn;
      return index < (drawn[0] ?? 0) ? [index, ...drawn] : [...drawn, index];
    },
    [index],
  );
}

export function clamp(index: number, all: number): number {
  return Math.max(0, Math.min(index, all - 1));
}

/** By how many rows a key moves; 0 if it does not. */
export function stepOf(event: KeyboardEvent, page: number, all: number): number {
  const letters = currentSettings().keys && !event.ctrlKey && !event.metaKey && !event.altKey;
  switch (event.key) {
    case 'ArrowDown':
      return 1;
    case 'ArrowUp':
      return -1;
    case 'j':
      return letters ? 1 : 0;
    case 'k':
      return letters ? -1 : 0;
    case 'PageDown':
      return page;
    case 'PageUp':
      return -page;
    case 'Home':
      return -all;
    case 'End':
      return all;
    default:
      return 0;
  }
}

/** Gives a row the focus as soon as it is drawn. */
export function focusRow(list: HTMLElement | null, id: string, left = FRAMES_MAX): void {
  requestAnimationFrame(() => {
    const row = list?.querySelector<HTMLElement>(`[data-id="${CSS.escape(id)}"]`);
    if (row) row.focus({ preventScroll: true });
    else if (left > 0) focusRow(list, id, left - 1);
  });
}
