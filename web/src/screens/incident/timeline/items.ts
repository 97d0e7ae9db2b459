// What stands on a timeline: read page by page, narrowed, and arranged with parts below what they are parts of. It never changes
// anything on the server.

import { useInfiniteQuery } from '@tanstack/react-query';
import { useEffect, useMemo } from 'react';

import { api, type Api, read } from '../../../api/client';
import type { IconName } from '../../../ui/Icon';

export type Item = Api['TimelineItemView'];
export type Kind = Api['MomentKind'];

export const KINDS: readonly { kind: Kind; icon: IconName; word: string }[] = [
  { kind: 'event', icon: 'now', word: 'Event' },
  { kind: 'finding', icon: 'hunt', word: 'Finding' },
  { kind: 'decision', icon: 'check', word: 'Decision' },
  { kind: 'action', icon: 'play', word: 'Action' },
  { kind: 'message', icon: 'bell', word: 'Message' },
];

/** An item with what filters ask of it. */
export interface Known {
  item: Item;
  ms: number;
  text: string;
}

export interface Placed {
  item: Item;
  depth: number;
  /** Title of what it is a part of, if that is shown, too. */
  of?: string;
}

/** The most that the server gives at once. */
const PAGE = 500;

/** The whole timeline. It comes page by page, and can be read from the first on. */
export function useTimeline(id: string, as_of: string | undefined) {
  const query = useInfiniteQuery({
    queryKey: ['incident', id, 'timeline', as_of],
    queryFn: ({ pageParam, signal }) =>
      read(
        api.GET('/api/v1/incidents/{id}/timeline', {
          params: { path: { id }, query: { as_of, limit: PAGE, cursor: pageParam } },
          signal,
        }),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next ?? undefined,
    // Comparing ten thousand items by their contents takes longer than drawing the few in view anew.
    structuralSharing: false,
  });
  const { hasNextPage, isFetching, isError, fetchNextPage } = query;
  useEffect(() => {
    if (hasNextPage && !isFetching && !isError) void fetchNextPage();
  }, [hasNextPage, isFetching, isError, fetchNextPage]);
  const pages = query.data?.pages;
  const known = useMemo(() => (pages ?? []).flatMap((page) => page.items.map(knownOf)), [pages]);
  return { query, known, isWhole: query.isSuccess && !hasNextPage };
}

function knownOf(item: Item): Known {
  const references = item.references.map(writeReference).join('\n');
  return { item, ms: Date.parse(item.at), text: `${item.title}\n${item.text ?? ''}\n${item.actor}\n${references}\n#${item.id}`.toLowerCase() };
}

export function matches(known: Known, kinds: ReadonlySet<string>, words: readonly string[]): boolean {
  return (kinds.size === 0 || kinds.has(known.item.kind)) && words.every((word) => known.text.includes(word));
}

/** In order of time, parts below what they are parts of. What has lost that, or is a part of itself, stands for itself. */
export function arrange(shown: readonly Known[]): Placed[] {
  const byTime = [...shown].sort((a, b) => a.ms - b.ms || a.item.id - b.item.id);
  const all = new Map(byTime.map((known) => [known.item.id, known.item]));
  const parts = new Map<number, Item[]>();
  const tops: Item[] = [];
  for (const { item } of byTime) {
    const above = item.parent;
    if (above == null || above === item.id || !all.has(above)) tops.push(item);
    else {
      const known = parts.get(above);
      if (known) known.push(item);
      else parts.set(above, [item]);
    }
  }
  const placed: Placed[] = [];
  const seen = new Set<number>();
  const place = (top: Item) => {
    const waiting: Placed[] = [{ item: top, depth: 0 }];
    for (let next = waiting.pop(); next; next = waiting.pop()) {
      const { item, depth } = next;
      if (seen.has(item.id)) continue;
      seen.add(item.id);
      placed.push(next);
      for (const part of (parts.get(item.id) ?? []).toReversed()) waiting.push({ item: part, depth: depth + 1, of: item.title });
    }
  };
  tops.forEach(place);
  // Parts of each other in a circle have no top.
  for (const { item } of byTime) if (!seen.has(item.id)) place(item);
  return placed;
}

/** A reference as one line that can be typed, `alert alr-…`. */
export function writeReference(reference: Api['Reference']): string {
  if ('event' in reference) return `event ${reference.event}`;
  if ('alert' in reference) return `alert ${reference.alert}`;
  if ('evidence' in reference) return `evidence ${reference.evidence}`;
  if ('entry' in reference) return `entry ${reference.entry}`;
  return reference.elsewhere;
}

export function readReference(line: string): Api['Reference'] {
  const [, kind, what = ''] = /^(event|alert|evidence|entry)\s+#?(\S+)$/i.exec(line.trim()) ?? [];
  const number = Number(what);
  const isNumber = /^\d{1,15}$/.test(what);
  switch (kind?.toLowerCase()) {
    case 'event':
      return { event: what };
    case 'alert':
      return { alert: what };
    case 'evidence':
      return isNumber ? { evidence: number } : { elsewhere: line.trim() };
    case 'entry':
      return isNumber ? { entry: number } : { elsewhere: line.trim() };
    default:
      return { elsewhere: line.trim() };
  }
}

/** The item as the server takes it. */
export function bodyOf(item: Item): Api['TimelineItem'] {
  const { kind, at, discovered_at, title, text, parent, references } = item;
  return { kind, at, discovered_at, title, text, parent, references };
}

export function tableOf(placed: readonly Placed[], name: (actor: string) => string): string[][] {
  const head = ['number', 'kind', 'happened', 'became known', 'recorded', 'by', 'title', 'text', 'part of', 'references'];
  const rows = placed.map(({ item }) => [
    String(item.id),
    item.kind,
    item.at,
    item.discovered_at ?? '',
    item.recorded_at,
    name(item.actor),
    item.title,
    item.text ?? '',
    item.parent == null ? '' : String(item.parent),
    item.references.map(writeReference).join('; '),
  ]);
  return [head, ...rows];
}
