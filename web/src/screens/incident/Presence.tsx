// Who else looks at this incident just now, and at which part of it.

import { useQuery } from '@tanstack/react-query';
import { useRouterState } from '@tanstack/react-router';

import { api, read } from '../../api/client';
import { Badge } from '../../ui/Badge';

/** The server forgets whoever says nothing for 45 seconds. */
const SAY_EVERY_MS = 20_000;

export function Presence({ id }: { id: string }) {
  const place = useRouterState({ select: (state) => state.location.pathname.split('/')[3] ?? 'story' });
  const { data } = useQuery({
    queryKey: ['presence', id, place],
    queryFn: ({ signal }) => read(api.PUT('/api/v1/incidents/{id}/presence', { params: { path: { id } }, body: { place }, signal })),
    refetchInterval: SAY_EVERY_MS,
    staleTime: SAY_EVERY_MS,
    placeholderData: (before) => before,
    retry: false,
  });
  if (!data || data.items.length === 0) return null;
  return (
    <span className="row" role="group" aria-label="Also here">
      {data.items.slice(0, 5).map((other) => (
        <Badge key={other.user} tone="accent" icon="person">
          {other.display_name}: {other.place}
        </Badge>
      ))}
      {data.items.length > 5 && <span className="soft small">and {data.items.length - 5} more</span>}
    </span>
  );
}
