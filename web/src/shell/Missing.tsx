// Where there is nothing to show.

import { useQueryErrorResetBoundary } from '@tanstack/react-query';
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router';

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

/** Also inside of the shell, which has its own `main`. */
export function Broken({ error }: ErrorComponentProps) {
  const router = useRouter();
  const { reset } = useQueryErrorResetBoundary();
  // What failed to be read fails again from memory, unless both are told to try.
  const again = () => {
    reset();
    void router.invalidate();
  };
  return (
    <div className="page">
      <h1>This screen could not be shown</h1>
      <Trouble error={error} again={again} />
      <div>
        <LinkButton to="/">Go to Now</LinkButton>
      </div>
    </div>
  );
}
