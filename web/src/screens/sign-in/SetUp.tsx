// The first account. The secret of the link stands after `#`, which browsers never send by themselves.

import { useRouter } from '@tanstack/react-router';
import { useState } from 'react';

import { api, read } from '../../api/client';
import { Button } from '../../ui/Button';
import { TextBox } from '../../ui/Field';
import { NewPassword } from '../../ui/NewPassword';
import { Trouble } from '../../ui/State';
import { Gate } from './Gate';

export default function SetUp() {
  const router = useRouter();
  const [secret] = useState(() => window.location.hash.slice(1));
  const [login, setLogin] = useState('');
  const [name, setName] = useState('');
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>();
  const go = async () => {
    setError(undefined);
    try {
      await read(api.POST('/api/v1/setup', { body: { secret, login, display_name: name, password } }));
      // The secret is spent; the address that has it is not kept.
      router.history.replace('/');
    } catch (refused) {
      setError(refused);
    }
  };
  return (
    <Gate title="Make the first account">
      <p>It is an administrator’s. This link works once, within an hour of its printing.</p>
      {secret === '' && <p className="notice warn">This address has no secret after “#”. Open the link as the server printed it.</p>}
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <TextBox label="Sign-in name" value={login} onChange={setLogin} autoComplete="username" maxLength={64} autoFocus required />
        <TextBox label="Name that others see" value={name} onChange={setName} autoComplete="name" maxLength={100} required />
        <NewPassword value={password} onChange={setPassword} />
        {error !== undefined && <Trouble error={error} />}
        <Button type="submit" look="primary">
          Make the account
        </Button>
      </form>
    </Gate>
  );
}
