// Some changes to an account want the password once more, if it was not shown within the last minutes. Only the server
// decides when: what it refuses for that reason is done again after the password was right.

import { useState, type ReactNode } from 'react';

import { api, Problem } from '../../../api/client';
import { Button } from '../../../ui/Button';
import { Dialog } from '../../../ui/Dialog';
import { TextBox } from '../../../ui/Field';
import { Trouble } from '../../../ui/State';

interface Waiting {
  go: () => Promise<void>;
  leave: () => void;
}

export type Guard = <T>(run: () => Promise<T>) => Promise<T>;

export function useConfirmed(): { guard: Guard; dialog: ReactNode } {
  const [waiting, setWaiting] = useState<Waiting>();
  const guard: Guard = async (run) => {
    try {
      return await run();
    } catch (refused) {
      if (!wantsPassword(refused)) throw refused;
    }
    return new Promise((settle, fail) => {
      setWaiting({
        go: async () => {
          setWaiting(undefined);
          await run().then(settle, fail);
        },
        leave: () => {
          setWaiting(undefined);
          fail(new Error('Nothing was changed: the password was not confirmed.'));
        },
      });
    });
  };
  return { guard, dialog: waiting && <ConfirmDialog waiting={waiting} /> };
}

/** The refusal has no type of its own; its text names the way out, which is part of the API. */
function wantsPassword(error: unknown): boolean {
  return error instanceof Problem && error.status === 403 && error.detail.includes('/account/confirm');
}

function ConfirmDialog({ waiting }: { waiting: Waiting }) {
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const confirm = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await api.POST('/api/v1/account/confirm', { body: { password } });
      await waiting.go();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog title="Confirm that it is you" open close={waiting.leave}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void confirm();
        }}
      >
        <p>This changes how you sign in, so your password is asked for once more.</p>
        <TextBox label="Password" type="password" value={password} onChange={setPassword} autoComplete="current-password" autoFocus required />
        {error !== undefined && <Trouble error={error} />}
        <div className="row">
          <Button type="submit" look="primary" isDisabled={busy || password === ''}>
            Confirm
          </Button>
          <Button onPress={waiting.leave}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}
