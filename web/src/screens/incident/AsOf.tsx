// Looking at an incident as it was known at an earlier time (invariant: nothing recorded is ever overwritten).

import { useNavigate } from '@tanstack/react-router';

import { Button } from '../../ui/Button';
import { Moment } from '../../ui/When';

export function AsOf({ id, at }: { id: string; at: string | undefined }) {
  const navigate = useNavigate();
  if (!at) return null;
  return (
    <div className="notice warn" role="status">
      <span className="grow">
        You see what was known at <Moment at={at} />. Nothing can be changed here.
      </span>
      <Button onPress={() => void navigate({ to: '.', params: { id }, search: (search) => ({ ...search, as_of: undefined }) })}>
        Back to now
      </Button>
    </div>
  );
}
