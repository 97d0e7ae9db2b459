// A password, set with the secret of a link: by somebody who was invited, or whose password was reset.

import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { api } from '../../api/client';
import { Button } from '../../ui/Button';
import { NewPassword } from '../../ui/NewPassword';
import { Trouble } from '../../ui/State';
import { Gate } from './Gate';

export default function Invitation() {
  const navigate = useNavigate();
  const [secret] = useState(() => window.location.hash.slice(1));
  const [password, setPassword] = useState('');
  const [error, setError] = useState<unknown>();
  const go = async () => {
    setError(undefined);
    try {
      await api.POST('/api/v1/invitations/accept', { body: { secret, password } });
      await navigate({ to: '/sign-in', replace: true });
    } catch (refused) {
      setError(refused);
    }
  };
  return (
    <Gate title="Set your password">
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void go();
        }}
      >
        <NewPassword value={password} onChange={setPassword} autoFocus />
        {error !== undefined && <Trouble error={error} />}
        <Button type="submit" look="primary">
          Set it
        </Button>
      </form>
    </Gate>
  );
}
