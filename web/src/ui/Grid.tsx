// A long list with columns: rows are drawn as they come into view, and the keyboard does everything the pointer does.
//
// To readers it is a grid whose rows take focus one at a time. It keeps no data: rows come in pages, and the next is asked for
// when the end comes near.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type ReactNode } from 'react';

import { isTyping } from '../shell/keys';
import { currentSettings, useSettings } from './settings';

export interface Column<Row> {
  name: string;
  /** A track of CSS grid: `8rem`, `minmax(0, 2fr)`. */
  width: string;
  show: (row: Row) => ReactNode;
}

interface GridProps<Row> {
  label: string;
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  id: (row: Row) => string;
  open: (row: Row) => void;
  /** The row that is open beside the list. */
  current?: string;
  selected?: ReadonlySet<string>;
  select?: (ids: Set<string>) => void;
  /** How many there are in all, if that is known. */
  total?: number;
  more?: () => void;
  empty: ReactNode;
}

/** Height of the line of column names, `.grid-head`. */
const HEAD_PX = 32;
const ROW_PX = { comfortable: 40, compact: 30 } as const;
/** The next page is asked for when so few rows are left below. */
const AHEAD_ROWS = 30;

export function Grid<Row>(props: GridProps<Row>) {
  const { label, rows, columns, id, open, current, selected, select, total, more, empty } = props;
  const { density } = useSettings();
  const scroll = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const size = ROW_PX[density];
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => size,
    overscan: 12,
    paddingStart: HEAD_PX,
    scrollPaddingStart: HEAD_PX,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && rows.length > 0 && last >= rows.length - AHEAD_ROWS) more();
  }, [more, last, rows.length]);
  useEffect(() => virtual.measure(), [virtual, size]);

  const focused = Math.min(at, Math.max(rows.length - 1, 0));
  const goTo = (index: number) => {
    const to = Math.max(0, Math.min(index, rows.length - 1));
    setAt(to);
    virtual.scrollToIndex(to);
    requestAnimationFrame(() => scroll.current?.querySelector<HTMLElement>(`[data-index="${to}"]`)?.focus());
  };
  const toggle = (index: number, on?: boolean) => {
    const row = rows[index];
    if (!row || !select) return;
    const ids = new Set(selected);
    if (on ?? !ids.has(id(row))) ids.add(id(row));
    else ids.delete(id(row));
    select(ids);
  };
  const press = (event: KeyboardEvent) => {
    if (isTyping(event.target)) return;
    const step = stepOf(event, Math.floor((scroll.current?.clientHeight ?? 400) / size) - 1, rows.length);
    if (step !== 0) {
      event.preventDefault();
      if (event.shiftKey) toggle(focused, true);
      goTo(focused + step);
      if (event.shiftKey) toggle(focused + step, true);
    } else if (event.key === 'Enter' && event.target === event.currentTarget.querySelector(`[data-index="${focused}"]`)) {
      const row = rows[focused];
      if (row) open(row);
    } else if (event.key === ' ' || (event.key === 'x' && currentSettings().keys)) {
      event.preventDefault();
      toggle(focused);
    } else if (event.key === 'a' && (event.ctrlKey || event.metaKey) && select) {
      event.preventDefault();
      select(new Set(rows.map(id)));
    } else if (event.key === 'Escape') {
      select?.(new Set());
    }
  };

  const tracks = `${select ? '1.5rem ' : ''}${columns.map((column) => column.width).join(' ')}`;
  const template = { '--columns': tracks } as CSSProperties;
  return (
    <div className="grid">
      <div
        className="grid-scroll"
        ref={scroll}
        role="grid"
        aria-label={label}
        aria-rowcount={total ?? rows.length}
        aria-multiselectable={select ? true : undefined}
        tabIndex={rows.length === 0 ? 0 : -1}
        onKeyDown={press}
      >
        <div role="rowgroup">
          <div role="row" className="grid-head" style={template}>
            {select && (
              <span role="columnheader">
                <span className="hidden">Selected</span>
              </span>
            )}
            {columns.map((column) => (
              <span key={column.name} role="columnheader">
                {column.name}
              </span>
            ))}
          </div>
        </div>
        {rows.length === 0 ? (
          <div role="rowgroup">
            <div role="row">
              <div role="gridcell">{empty}</div>
            </div>
          </div>
        ) : (
          <div role="rowgroup" className="grid-rows" style={{ height: virtual.getTotalSize() - HEAD_PX }}>
            {shown.map(({ index, start }) => {
              const row = rows[index];
              if (!row) return null;
              const key = id(row);
              const isSelected = selected?.has(key) ?? key === current;
              return (
                <div
                  key={key}
                  role="row"
                  className="grid-row"
                  data-index={index}
                  aria-rowindex={index + 2}
                  aria-selected={isSelected}
                  aria-current={key === current ? 'true' : undefined}
                  tabIndex={index === focused ? 0 : -1}
                  style={{ ...template, height: size, transform: `translateY(${start - HEAD_PX}px)` }}
                  onFocus={() => setAt(index)}
                  onClick={() => open(row)}
                >
                  {select && (
                    <span role="gridcell">
                      <input
                        type="checkbox"
                        tabIndex={-1}
                        aria-label="Select"
                        checked={isSelected}
                        onClick={(event) => event.stopPropagation()}
                        onChange={(event) => toggle(index, event.target.checked)}
                      />
                    </span>
                  )}
                  {columns.map((column) => (
                    <span key={column.name} role="gridcell" className="cut">
                      {column.show(row)}
                    </span>
                  ))}
                </div>
              );
            })}
          </div>
        )}
      </div>
    </div>
  );
}

/** By how many rows a key moves; 0 if it does not. */
function stepOf(event: KeyboardEvent, page: number, all: number): number {
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
