// A long list of things to read, each as high as it needs to be: what is not in view is not drawn.
//
// To readers it is a feed whose articles take focus one at a time; keys go from one to the next.

import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useRef, useState, type KeyboardEvent, type ReactNode } from 'react';

import { isTyping } from '../shell/keys';
import { currentSettings } from './settings';
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
/** An article that is far away is drawn within so many frames. */
const FRAMES_MAX = 8;

export function Feed<Row>({ label, rows, id, show, guess, current, busy = false }: FeedProps<Row>) {
  const scroll = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => guess,
    getItemKey: (index) => {
      const row = rows[index];
      return row ? id(row) : index;
    },
    overscan: OVERSCAN,
  });
  const focused = Math.min(at, Math.max(rows.length - 1, 0));
  const place = current === undefined ? -1 : rows.findIndex((row) => id(row) === current);
  const shownFor = useRef<string>(undefined);
  useEffect(() => {
    if (place < 0 || shownFor.current === current) return;
    shownFor.current = current;
    setAt(place);
    // The list learns of its own size only after this one is drawn.
    requestAnimationFrame(() => {
      virtual.scrollToIndex(place, { align: 'center' });
      scroll.current?.scrollIntoView({ block: 'nearest' });
    });
  });

  const press = (event: KeyboardEvent) => {
    const isOwn = event.target === event.currentTarget || (event.target as HTMLElement).matches('article');
    const to = isOwn && !isTyping(event.target) ? targetOf(event, focused, rows.length) : undefined;
    if (to === undefined) return;
    event.preventDefault();
    setAt(to);
    virtual.scrollToIndex(to);
    const find = () => scroll.current?.querySelector<HTMLElement>(`[data-index="${to}"]`);
    waitFor(find, (article) => article.focus({ preventScroll: true }));
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
          if (!row) return null;
          const titleId = `feed-${key}`;
          const marked = id(row) === current;
          return (
            <article
              key={key}
              ref={virtual.measureElement}
              data-index={index}
              className={marked ? 'feed-row marked' : 'feed-row'}
              aria-current={marked ? 'true' : undefined}
              aria-labelledby={titleId}
              aria-posinset={index + 1}
              aria-setsize={busy ? -1 : rows.length}
              tabIndex={index === focused ? 0 : -1}
              style={{ transform: `translateY(${start}px)` }}
              onFocus={() => setAt(index)}
            >
              {show(row, titleId)}
            </article>
          );
        })}
      </div>
    </div>
  );
}

/** Waits for an element to be drawn. */
function waitFor(find: () => HTMLElement | null | undefined, then: (element: HTMLElement) => void, left = FRAMES_MAX): void {
  requestAnimationFrame(() => {
    const element = find();
    if (element) then(element);
    else if (left > 0) waitFor(find, then, left - 1);
  });
}

/** Where a key leads; nowhere if it is not one of ours. */
function targetOf(event: KeyboardEvent, from: number, all: number): number | undefined {
  const to = wantedBy(event, from, all);
  return to === undefined ? undefined : Math.max(0, Math.min(to, all - 1));
}

function wantedBy(event: KeyboardEvent, from: number, all: number): number | undefined {
  if (event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const letters = currentSettings().keys;
  switch (event.key) {
    case 'ArrowDown':
      return from + 1;
    case 'ArrowUp':
      return from - 1;
    case 'j':
      return letters ? from + 1 : undefined;
    case 'k':
      return letters ? from - 1 : undefined;
    case 'PageDown':
      return from + 10;
    case 'PageUp':
      return from - 10;
    case 'Home':
      return 0;
    case 'End':
      return all - 1;
    default:
      return undefined;
  }
}
