// Adding a second factor: an app that shows codes, or a passkey.

import { useEffect, useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { Button } from '../../../ui/Button';
import { Dialog } from '../../../ui/Dialog';
import { TextBox } from '../../../ui/Field';
import { makePasskey } from '../../../ui/passkey';
import { Loading, Trouble } from '../../../ui/State';
import { Once } from '../Once';
import type { Guard } from './confirm';

interface AddProps {
  guard: Guard;
  /** Gets the recovery codes that come with the first factor. */
  added: (codes: string[]) => void;
  close: () => void;
}

export function AddApp({ guard, added, close }: AddProps) {
  const [offer, setOffer] = useState<Api['TotpSecret']>();
  const [label, setLabel] = useState('Authenticator app');
  const [code, setCode] = useState('');
  const { busy, error, attempt } = useAttempt();
  useEffect(() => {
    void attempt(async () => setOffer(await guard(() => read(api.POST('/api/v1/account/factors/totp/begin')))));
    // Asked for once, when the dialog opens.
  }, []);
  const finish = async () => {
    const body = { code: code.replaceAll(' ', ''), label };
    added((await guard(() => read(api.POST('/api/v1/account/factors/totp/finish', { body })))).recovery_codes);
  };
  return (
    <Dialog title="Add an app with codes" open close={close}>
      {!offer && error === undefined && <Loading what="Making a secret" />}
      {offer && (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void attempt(finish);
          }}
        >
          <p>Give one of these to your app, then type the code that it shows. They are shown this once.</p>
          <Once label="Secret to type" text={offer.secret} />
          <Once label="Address for the app" text={offer.otpauth_uri} />
          <TextBox label="What you call the app" value={label} onChange={setLabel} maxLength={100} required />
          <TextBox label="Code that it shows" value={code} onChange={setCode} autoComplete="one-time-code" inputMode="numeric" autoFocus required />
          <div className="row">
            <Button type="submit" look="primary" isDisabled={busy || code.trim() === ''}>
              Add it
            </Button>
            <Button onPress={close}>Cancel</Button>
          </div>
        </form>
      )}
      {error !== undefined && <Trouble error={error} />}
      {!offer && error !== undefined && (
        <div>
          <Button onPress={close}>Close</Button>
        </div>
      )}
    </Dialog>
  );
}

export function AddPasskey({ guard, added, close }: AddProps) {
  const [label, setLabel] = useState('');
  const { busy, error, attempt } = useAttempt();
  const make = async () => {
    const options = await guard(() => read(api.POST('/api/v1/account/factors/webauthn/begin')));
    const credential = await makePasskey(options.publicKey as Record<string, unknown>);
    const body = { credential: credential as never, label };
    added((await guard(() => read(api.POST('/api/v1/account/factors/webauthn/finish', { body })))).recovery_codes);
  };
  return (
    <Dialog title="Add a passkey" open close={close}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(make);
        }}
      >
        <TextBox
          label="What you call it"
          help="So that you know later which one it is: a key, a phone, a computer"
          value={label}
          onChange={setLabel}
          maxLength={100}
          autoFocus
          required
        />
        {error !== undefined && <Trouble error={error} />}
        <div className="row">
          <Button type="submit" look="primary" isDisabled={busy || label.trim() === ''}>
            Make it
          </Button>
          <Button onPress={close}>Cancel</Button>
        </div>
      </form>
    </Dialog>
  );
}

function useAttempt() {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const attempt = async (step: () => Promise<void>) => {
    setBusy(true);
    setError(undefined);
    try {
      await step();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return { busy, error, attempt };
}
