// Asks whoever works here to sign in again when their session has ended, above the page, which stays as it is: nothing that was
// typed is lost. It can be left only by signing in, or by leaving the page.

import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useNavigate, useRouterState } from '@tanstack/react-router';

import { api, read } from '../api/client';
import { accountQuery } from '../api/queries';
import { forgetEnd, useSessionEnded } from '../api/session';
import { Steps } from '../screens/sign-in/Steps';
import { Button } from '../ui/Button';
import { Dialog } from '../ui/Dialog';
import { forgetPerson } from './leave';

export function SignInAgain() {
  return useSessionEnded() ? <Asking /> : null;
}

function Asking() {
  const { data: account } = useSuspenseQuery(accountQuery);
  const queries = useQueryClient();
  const navigate = useNavigate();
  const here = useRouterState({ select: (state) => state.location.href });
  const done = async () => {
    const { user } = await read(api.GET('/api/v1/account'));
    if (user.id !== account.user.id) {
      // Nothing that the other one read or typed may be left, in memory neither.
      forgetPerson();
      window.location.assign('/');
      return;
    }
    forgetEnd();
    // Whatever failed meanwhile, and whatever changed.
    void queries.invalidateQueries();
  };
  const leave = async () => {
    await navigate({ to: '/sign-in', search: { to: here } });
    queries.clear();
    forgetPerson();
  };
  return (
    <Dialog title="Your session has ended" open close={() => {}}>
      <p>Sign in again to go on where you were. What you typed is still here; send again what was refused.</p>
      <div className="stack">
        <Steps known={account.user.login} wanted={here} done={done} />
      </div>
      <div>
        <Button look="quiet" onPress={() => void leave()}>
          Leave this page
        </Button>
      </div>
    </Dialog>
  );
}
