// A long list with columns: rows are drawn as they come into view, and the keyboard does everything the pointer does.
//
// To readers it is a grid whose rows take focus one at a time. It keeps no data: rows come in pages, and the next is asked for
// when the end comes near.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type CSSProperties, type KeyboardEvent, type ReactNode, type RefObject } from 'react';

import { isTyping } from './keys';
import { clamp, focusRow, stepOf, useFocusedRow, useKeptRow } from './rows';
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
const OVERSCAN_ROWS = 12;
/** The next page is asked for when so few rows are left below those in view. */
const AHEAD_ROWS = 42;

export function Grid<Row>(props: GridProps<Row>) {
  const { label, rows, columns, id, current, selected, select, total, more, empty } = props;
  const { density } = useSettings();
  const size = ROW_PX[density];
  const scroll = useRef<HTMLDivElement>(null);
  const [focused, remember] = useFocusedRow(rows, id);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => size,
    overscan: OVERSCAN_ROWS,
    rangeExtractor: useKeptRow(focused),
    paddingStart: HEAD_PX,
    scrollPaddingStart: HEAD_PX,
  });
  useMore(rows.length, virtual.range?.endIndex ?? 0, more);
  useEffect(() => virtual.measure(), [virtual, size]);
  const goTo = (index: number) => {
    const row = rows[index];
    if (row === undefined) return;
    remember(index);
    virtual.scrollToIndex(index);
    focusRow(scroll.current, id(row));
  };
  const press = useGridKeys({ ...props, focused, goTo, page: () => pageOf(scroll, size) });
  const tracks = `${select ? '1.5rem ' : ''}${columns.map((column) => column.width).join(' ')}`;
  const template = { '--columns': tracks } as CSSProperties;
  return (
    <div className="grid">
      <div
        className="grid-scroll"
        ref={scroll}
        role="grid"
        aria-label={label}
        aria-rowcount={rowCountOf(rows.length, total, more !== undefined)}
        aria-multiselectable={select ? true : undefined}
        tabIndex={rows.length === 0 ? 0 : -1}
        onKeyDown={press}
      >
        <Head columns={columns} withBoxes={select !== undefined} style={template} />
        {rows.length === 0 ? (
          <Instead>{empty}</Instead>
        ) : (
          <div role="rowgroup" className="grid-rows" style={{ height: virtual.getTotalSize() - HEAD_PX }}>
            {virtual.getVirtualItems().map(({ index, start }) => {
              const row = rows[index];
              if (row === undefined) return null;
              const key = id(row);
              return (
                <Line
                  key={key}
                  {...props}
                  row={row}
                  index={index}
                  isSelected={selected?.has(key) ?? key === current}
                  isFocused={index === focused}
                  style={{ ...template, height: size, transform: `translateY(${start - HEAD_PX}px)` }}
                  remember={remember}
                />
              );
            })}
          </div>
        )}
      </div>
    </div>
  );
}

function Head<Row>({ columns, withBoxes, style }: { columns: readonly Column<Row>[]; withBoxes: boolean; style: CSSProperties }) {
  return (
    <div role="rowgroup">
      <div role="row" aria-rowindex={1} className="grid-head" style={style}>
        {withBoxes && (
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
  );
}

/** What stands where there are no rows; inside of a grid, it has to be one. */
function Instead({ children }: { children: ReactNode }) {
  return (
    <div role="rowgroup">
      <div role="row" aria-rowindex={2}>
        <div role="gridcell">{children}</div>
      </div>
    </div>
  );
}

interface LineProps<Row> extends Pick<GridProps<Row>, 'columns' | 'id' | 'open' | 'current' | 'selected' | 'select'> {
  row: Row;
  index: number;
  isSelected: boolean;
  isFocused: boolean;
  style: CSSProperties;
  remember: (index: number) => void;
}

function Line<Row>({ columns, id, open, current, selected, select, row, index, isSelected, isFocused, style, remember }: LineProps<Row>) {
  const key = id(row);
  return (
    <div
      role="row"
      className="grid-row"
      data-index={index}
      data-id={key}
      // The first one is that of the column names.
      aria-rowindex={index + 2}
      aria-selected={isSelected}
      aria-current={key === current ? 'true' : undefined}
      tabIndex={isFocused ? 0 : -1}
      style={style}
      onFocus={() => remember(index)}
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
            onChange={(event) => select(withRows(selected, [key], event.target.checked))}
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
}

/** Asks for the next page when the last row in view is near the end. */
function useMore(rows: number, last: number, more: (() => void) | undefined): void {
  useEffect(() => {
    if (more && rows > 0 && last >= rows - AHEAD_ROWS) more();
  }, [more, last, rows]);
}

interface Keys<Row> extends Pick<GridProps<Row>, 'rows' | 'id' | 'open' | 'selected' | 'select'> {
  focused: number;
  goTo: (index: number) => void;
  /** How many rows are in view. */
  page: () => number;
}

function useGridKeys<Row>({ rows, id, open, selected, select, focused, goTo, page }: Keys<Row>): (event: KeyboardEvent) => void {
  const move = (step: number, extend: boolean) => {
    const to = clamp(focused + step, rows.length);
    // One set over the whole way: where it begins and where it ends are part of it.
    if (extend) select?.(withRows(selected, rows.slice(Math.min(focused, to), Math.max(focused, to) + 1).map(id), true));
    goTo(to);
  };
  return (event) => {
    if (isTyping(event.target)) return;
    const row = rows[focused];
    const isOnRow = event.target instanceof HTMLElement && event.target.matches('.grid-row');
    const withControl = event.ctrlKey || event.metaKey;
    const step = stepOf(event, page(), rows.length);
    if (step !== 0) {
      event.preventDefault();
      move(step, event.shiftKey);
    } else if (event.key === 'Enter' && isOnRow) {
      if (row !== undefined) open(row);
    } else if (event.key === 'a' && withControl && select) {
      event.preventDefault();
      select(new Set(rows.map(id)));
    } else if (event.key === 'Escape') {
      select?.(new Set());
    } else if (select && row !== undefined && isToggle(event, isOnRow) && !withControl && !event.altKey) {
      event.preventDefault();
      select(withRows(selected, [id(row)], !selected?.has(id(row))));
    }
  };
}

/** Space is the row's only where no button or box has the focus, which it presses. */
function isToggle({ key }: KeyboardEvent, isOnRow: boolean): boolean {
  return key === 'x' ? currentSettings().keys : key === ' ' && isOnRow;
}

function withRows(selected: ReadonlySet<string> | undefined, ids: readonly string[], on: boolean): Set<string> {
  const all = new Set(selected);
  for (const each of ids) {
    if (on) all.add(each);
    else all.delete(each);
  }
  return all;
}

function pageOf(scroll: RefObject<HTMLElement | null>, size: number): number {
  return Math.max(1, Math.floor((scroll.current?.clientHeight ?? 400) / size) - 1);
}

/** The rows that there are, the one with the column names among them; -1 if nobody knows (WAI-ARIA 1.2, aria-rowcount). */
function rowCountOf(loaded: number, total: number | undefined, isPart: boolean): number {
  if (total === undefined && isPart) return -1;
  return Math.max(loaded, total ?? 0, 1) + 1;
}
