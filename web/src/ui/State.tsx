// What stands where something is still on its way, did not come, or does not exist.

import type { UseQueryResult } from '@tanstack/react-query';
import type { ReactNode } from 'react';

import { explain, Problem } from '../api/client';
import { Button } from './Button';

export function Loading({ what = 'Loading' }: { what?: string }) {
  return (
    <p className="empty" role="status">
      {what}…
    </p>
  );
}

/** Says that nothing is there, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="empty">
      <p className="strong">{title}</p>
      {children}
    </div>
  );
}

export function Trouble({ error, again }: { error: unknown; again?: () => void }) {
  const trace = error instanceof Problem && error.status >= 500 ? ` Trace ${error.traceId}.` : '';
  return (
    <div className="notice bad" role="alert">
      <span className="grow">
        {explain(error)}
        {trace}
      </span>
      {again && <Button onPress={again}>Try again</Button>}
    </div>
  );
}

/** Shows what a query found, and says so while it has not. */
export function Found<T>({ query, what, children }: { query: UseQueryResult<T>; what?: string; children: (data: T) => ReactNode }) {
  if (query.data !== undefined) return children(query.data);
  if (query.isError) return <Trouble error={query.error} again={() => void query.refetch()} />;
  return <Loading what={what} />;
}
