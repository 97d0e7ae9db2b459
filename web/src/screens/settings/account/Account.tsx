// One's own account: who one is, how one signs in, where one is signed in, and tokens for programs.

import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import { api, read } from '../../../api/client';
import { accountQuery, signInOptionsQuery } from '../../../api/queries';
import { Button } from '../../../ui/Button';
import { TextBox } from '../../../ui/Field';
import { NewPassword } from '../../../ui/NewPassword';
import { Trouble } from '../../../ui/State';
import { tell, tellTrouble } from '../../../ui/Toast';
import { words } from '../../../ui/text';
import { useConfirmed } from './confirm';
import { Factors } from './Factors';
import { Sessions } from './Sessions';
import { Tokens } from './Tokens';

export function AccountPart() {
  return (
    <div className="columns">
      <div className="stack">
        <You />
        <Password />
        <Identity />
      </div>
      <div className="stack">
        <Factors />
        <Sessions />
        <Tokens />
      </div>
    </div>
  );
}

function You() {
  const { data: account } = useSuspenseQuery(accountQuery);
  const { user, rights } = account;
  const queries = useQueryClient();
  const [name, setName] = useState(user.display_name);
  const rename = async () => {
    try {
      await api.PATCH('/api/v1/users/{id}', { params: { path: { id: user.id } }, body: { display_name: name } });
      await Promise.all([queries.invalidateQueries({ queryKey: ['account'] }), queries.invalidateQueries({ queryKey: ['users'] })]);
      tell('Your name was changed');
    } catch (error) {
      tellTrouble(error);
    }
  };
  return (
    <section className="card" aria-labelledby="you">
      <header>
        <h2 id="you">You</h2>
      </header>
      <div className="body stack">
        <dl className="facts">
          <dt>Signs in as</dt>
          <dd className="mono">{user.login}</dd>
          <dt>Role</dt>
          <dd>{words(user.role)}</dd>
          {!rights.includes('users:manage') && (
            <>
              <dt>Name</dt>
              <dd>{user.display_name}</dd>
            </>
          )}
        </dl>
        {rights.includes('users:manage') ? (
          <form
            className="row filters"
            onSubmit={(event) => {
              event.preventDefault();
              void rename();
            }}
          >
            <div className="grow">
              <TextBox label="Name that others see" value={name} onChange={setName} autoComplete="name" maxLength={100} required />
            </div>
            <Button type="submit" isDisabled={name.trim() === '' || name === user.display_name}>
              Change
            </Button>
          </form>
        ) : (
          <p className="soft small">Your name and role are changed by those who manage users.</p>
        )}
        <details>
          <summary>What you may do</summary>
          <ul className="mono small">
            {rights.map((right) => (
              <li key={right}>{right}</li>
            ))}
          </ul>
        </details>
      </div>
    </section>
  );
}

function Password() {
  const queries = useQueryClient();
  const { data: account } = useSuspenseQuery(accountQuery);
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [error, setError] = useState<unknown>();
  const change = async () => {
    setError(undefined);
    try {
      await api.PUT('/api/v1/account/password', { body: { current, new: next } });
      setCurrent('');
      setNext('');
      await queries.invalidateQueries({ queryKey: ['sessions'] });
      tell('Your password was changed, and your other sessions ended');
    } catch (refused) {
      setError(refused);
    }
  };
  return (
    <section className="card" aria-labelledby="password">
      <header>
        <h2 id="password">Password</h2>
      </header>
      <form
        className="body stack"
        onSubmit={(event) => {
          event.preventDefault();
          void change();
        }}
      >
        {/* Password managers ask for the name that goes with it. */}
        <input type="text" autoComplete="username" value={account.user.login} readOnly hidden />
        <TextBox label="Password until now" type="password" value={current} onChange={setCurrent} autoComplete="current-password" required />
        <NewPassword label="New password" more="Your other sessions end." value={next} onChange={setNext} />
        {error !== undefined && <Trouble error={error} />}
        <div>
          <Button type="submit">Change the password</Button>
        </div>
      </form>
    </section>
  );
}

/** Binds the account to the organisation's own provider, where there is one. */
function Identity() {
  const { data: options } = useQuery(signInOptionsQuery);
  const { guard, dialog } = useConfirmed();
  if (!options?.oidc) return null;
  const bind = async () => {
    const { url } = await guard(() => read(api.POST('/api/v1/account/identity')));
    if (url.startsWith('https://') || url.startsWith('http://')) window.location.assign(url);
  };
  return (
    <section className="card" aria-labelledby="identity">
      <header>
        <h2 id="identity">{options.oidc}</h2>
        <Button onPress={() => void bind().catch(tellTrouble)}>Bind this account</Button>
      </header>
      <p className="body">Once bound, you can sign in with {options.oidc} as well. You go there to show who you are, and come back.</p>
      {dialog}
    </section>
  );
}
