// The steps of signing in: a password and, where one is set up, a second factor; or a passkey; or the organisation's own provider.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api, read } from '../../api/client';
import { signInOptionsQuery } from '../../api/queries';
import { Button } from '../../ui/Button';
import { TextBox } from '../../ui/Field';
import { rememberWay } from '../../shell/wayBack';
import { passkeysWork, showPasskey } from '../../ui/passkey';
import { Trouble } from '../../ui/State';
import { words } from '../../ui/text';

type Factor = 'totp' | 'webauthn' | 'recovery';
type Attempt = (step: () => Promise<Api['SignedIn']>) => Promise<void>;

interface StepsProps {
  /** The sign-in name that stands there at first. */
  known?: string;
  /** Where they want to be; to be remembered where another site is on the way. */
  wanted?: string;
  /** Somebody has signed in. What it throws is shown. */
  done: () => Promise<void> | void;
}

export function Steps({ known = '', wanted, done }: StepsProps) {
  const [factors, setFactors] = useState<Factor[]>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const attempt: Attempt = async (step) => {
    setBusy(true);
    setError(undefined);
    try {
      const answer = await step();
      if ('second_factor' in answer) return setFactors(answer.second_factor as Factor[]);
      await done();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      {factors ? <SecondFactor factors={factors} busy={busy} attempt={attempt} /> : <First known={known} wanted={wanted} busy={busy} attempt={attempt} />}
      {error !== undefined && <Trouble error={error} />}
      {factors && (
        <Button look="quiet" onPress={() => setFactors(undefined)}>
          Start again
        </Button>
      )}
    </>
  );
}

function First({ known, wanted, busy, attempt }: { known: string; wanted: string | undefined; busy: boolean; attempt: Attempt }) {
  const { data: options } = useQuery(signInOptionsQuery);
  const [login, setLogin] = useState(known);
  const [password, setPassword] = useState('');
  return (
    <>
      {options?.setup_needed && (
        <p className="notice warn">Nobody has an account yet. Open the link that the server printed when it started.</p>
      )}
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void attempt(() => read(api.POST('/api/v1/session', { body: { login, password } })));
        }}
      >
        <TextBox label="Sign-in name" value={login} onChange={setLogin} autoComplete="username webauthn" autoFocus={known === ''} required />
        <TextBox
          label="Password"
          type="password"
          value={password}
          onChange={setPassword}
          autoComplete="current-password"
          autoFocus={known !== ''}
          required
        />
        <Button type="submit" look="primary" isDisabled={busy}>
          Sign in
        </Button>
      </form>
      {options?.passkeys && passkeysWork() && (
        <Button icon="lock" isDisabled={busy} onPress={() => void attempt(() => enterPasskey(login || undefined))}>
          Sign in with a passkey
        </Button>
      )}
      {options?.oidc && (
        <a className="button" href="/auth/oidc/begin" onClick={() => rememberWay(wanted)}>
          Sign in with {options.oidc}
        </a>
      )}
    </>
  );
}

function SecondFactor({ factors, busy, attempt }: { factors: Factor[]; busy: boolean; attempt: Attempt }) {
  const [factor, setFactor] = useState<Factor>(factors[0] ?? 'totp');
  const [code, setCode] = useState('');
  const enter = () => {
    const path = factor === 'recovery' ? '/api/v1/session/recovery' : '/api/v1/session/totp';
    return read(api.POST(path, { body: { code: code.trim() } }));
  };
  return (
    <>
      {factor === 'webauthn' ? (
        <Button icon="lock" look="primary" isDisabled={busy} onPress={() => void attempt(() => enterPasskey(undefined))}>
          Show your passkey
        </Button>
      ) : (
        <form
          className="stack"
          onSubmit={(event) => {
            event.preventDefault();
            void attempt(enter);
          }}
        >
          <TextBox
            label={factor === 'totp' ? 'Code of your authenticator app' : 'Recovery code'}
            value={code}
            onChange={setCode}
            autoComplete="one-time-code"
            inputMode={factor === 'totp' ? 'numeric' : 'text'}
            autoFocus
            required
          />
          <Button type="submit" look="primary" isDisabled={busy}>
            Go on
          </Button>
        </form>
      )}
      <div className="row">
        {factors
          .filter((each) => each !== factor)
          .map((each) => (
            <Button key={each} look="quiet" onPress={() => setFactor(each)}>
              Use {each === 'webauthn' ? 'a passkey' : each === 'totp' ? 'a code' : words(each).toLowerCase()} instead
            </Button>
          ))}
      </div>
    </>
  );
}

async function enterPasskey(login: string | undefined): Promise<Api['SignedIn']> {
  const options = await read(api.POST('/api/v1/session/webauthn/begin', { body: { login } }));
  const credential = await showPasskey(options.publicKey as Record<string, unknown>);
  return read(api.POST('/api/v1/session/webauthn/finish', { body: { credential: credential as never } }));
}
