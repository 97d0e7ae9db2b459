// A long list of things to read, each as high as it needs to be: what is not in view is not drawn.
//
// To readers it is a feed whose articles take focus one at a time; keys go from one to the next.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react';

import { isTyping } from './keys';
import { clamp, focusRow, stepOf, useFocusedRow, useKeptRow } from './rows';
import './feed.css';

interface FeedProps<Row> {
  label: string;
  rows: readonly Row[];
  id: (row: Row) => string;
  /** What stands in the article; `titleId` is the id for the element that names it. */
  show: (row: Row, titleId: string) => ReactNode;
  /** How high an article is before it is drawn. */
  guess: number;
  /** The article that is scrolled to and marked. */
  current?: string;
  /** Whether more is still on its way. */
  busy?: boolean;
}

const OVERSCAN = 5;
/** No window is higher. */
const HEIGHT_MAX = 8_000;
/** PageUp and PageDown go over so many. */
const PAGE = 10;

export function Feed<Row>({ label, rows, id, show, guess, current, busy = false }: FeedProps<Row>) {
  const scroll = useRef<HTMLDivElement>(null);
  const [focused, remember] = useFocusedRow(rows, id);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => guess,
    getItemKey: (index) => keyOf(rows[index], id) ?? index,
    overscan: OVERSCAN,
    rangeExtractor: useKeptRow(focused),
  });
  const place = current === undefined ? -1 : rows.findIndex((row) => id(row) === current);
  useOnce(place < 0 ? undefined : current, () => {
    remember(place);
    virtual.scrollToIndex(place, { align: 'center' });
    scroll.current?.scrollIntoView({ block: 'nearest' });
  });
  const press = (event: KeyboardEvent) => {
    const isOwn = event.target === event.currentTarget || (event.target as HTMLElement).matches('article');
    if (!isOwn || isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = stepOf(event, PAGE, rows.length);
    const to = clamp(focused + step, rows.length);
    const row = rows[to];
    if (step === 0 || row === undefined) return;
    event.preventDefault();
    remember(to);
    virtual.scrollToIndex(to);
    focusRow(scroll.current, id(row));
  };
  const height = virtual.getTotalSize();
  return (
    <div
      className="feed"
      ref={scroll}
      // Not as a variable: one that changes would have everything below styled anew while it scrolls.
      style={{ height: `min(${Math.min(height, HEIGHT_MAX)}px, max(22rem, 100vh - 12rem))` }}
      tabIndex={rows.length === 0 ? 0 : -1}
      onKeyDown={press}
    >
      <div className="feed-rows" role="feed" aria-label={label} aria-busy={busy} style={{ height }}>
        {virtual.getVirtualItems().map(({ index, start, key }) => {
          const row = rows[index];
          if (row === undefined) return null;
          const titleId = `feed-${key}`;
          const marked = id(row) === current;
          return (
            <article
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              data-id={key}
              className={marked ? 'feed-row marked' : 'feed-row'}
              aria-current={marked ? 'true' : undefined}
              aria-labelledby={titleId}
              aria-posinset={index + 1}
              aria-setsize={busy ? -1 : rows.length}
              tabIndex={index === focused ? 0 : -1}
              style={{ transform: `translateY(${start}px)` }}
              onFocus={() => remember(index)}
            >
              {show(row, titleId)}
            </article>
          );
        })}
      </div>
    </div>
  );
}

function keyOf<Row>(row: Row | undefined, id: (row: Row) => string): string | undefined {
  return row === undefined ? undefined : id(row);
}

/** Runs once for each value that is there, when the list that was drawn with it knows its own size. */
function useOnce(value: string | undefined, run: () => void): void {
  const ranFor = useRef<string>(undefined);
  useEffect(() => {
    if (value === undefined || ranFor.current === value) return;
    ranFor.current = value;
    requestAnimationFrame(run);
  });
}
