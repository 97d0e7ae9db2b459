// Where somebody signs in who is not, on the way to where they wanted to be.

import { useQueryClient } from '@tanstack/react-query';
import { getRouteApi, useRouter } from '@tanstack/react-router';

import { isOurs, rememberWay } from '../../shell/wayBack';
import { Gate } from './Gate';
import { Steps } from './Steps';

const route = getRouteApi('/sign-in');

export default function SignIn() {
  const { to } = route.useSearch();
  const router = useRouter();
  const queries = useQueryClient();
  const done = () => {
    queries.clear();
    rememberWay(undefined);
    router.history.push(to && isOurs(to) ? to : '/');
  };
  return (
    <Gate title="Sign in to Quell">
      <Steps wanted={to} done={done} />
    </Gate>
  );
}
