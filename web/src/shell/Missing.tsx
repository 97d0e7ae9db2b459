// Where there is nothing to show.

import type { ErrorComponentProps } from '@tanstack/react-router';

import { LinkButton } from '../ui/Button';
import { Trouble } from '../ui/State';

export function Missing() {
  return (
    <main className="page">
      <h1>There is no such page</h1>
      <p>The address may be of an earlier version, or mistyped.</p>
      <div>
        <LinkButton to="/">Go to Now</LinkButton>
      </div>
    </main>
  );
}

export function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <main className="page">
      <h1>This screen could not be shown</h1>
      <Trouble error={error} again={reset} />
    </main>
  );
}
