// Who may know of an incident. Restricted, it exists for its members only: in lists, searches and the stream it is not there.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api } from '../../api/client';
import { incidentQuery } from '../../api/queries';
import { Dialog } from '../../ui/Dialog';
import { Check } from '../../ui/Field';
import { FormDialog } from '../../ui/FormDialog';
import { Loading, Trouble } from '../../ui/State';
import { usePeople } from './record';

interface RestrictProps {
  id: string;
  close: () => void;
}

/** The list that is written replaces the one that is there: the form begins with what is there now, not with what was read before. */
export function Restrict({ id, close }: RestrictProps) {
  const now = useQuery({ ...incidentQuery(id), staleTime: 0 });
  if (now.isFetchedAfterMount && now.data && !now.isError) return <Members id={id} before={now.data.members ?? []} close={close} />;
  return (
    <Dialog title="Restrict the incident" open close={close}>
      {now.isError ? <Trouble error={now.error} again={() => void now.refetch()} /> : <Loading what="Reading its members" />}
    </Dialog>
  );
}

function Members({ id, before, close }: RestrictProps & { before: readonly string[] }) {
  const people = usePeople();
  const queries = useQueryClient();
  const [members, setMembers] = useState<ReadonlySet<string>>(new Set(before));
  const run = async () => {
    await api.PUT('/api/v1/incidents/{id}/restriction', { params: { path: { id } }, body: { members: [...members] } });
    await queries.invalidateQueries({ queryKey: ['incident', id] });
  };
  const toggle = (user: string, on: boolean) => {
    const next = new Set(members);
    if (on) next.add(user);
    else next.delete(user);
    setMembers(next);
  };
  return (
    <FormDialog title="Restrict the incident" close={close} act="Restrict it" run={run}>
      <p>Only its members and you will know that it exists.</p>
      <fieldset className="stack tight">
        <legend className="strong">Members</legend>
        {people.map((person) => (
          <Check key={person.id} label={person.display_name} checked={members.has(person.id)} onChange={(on) => toggle(person.id, on)} />
        ))}
      </fieldset>
    </FormDialog>
  );
}

/** Lifts the restriction: everybody who may read incidents sees it again. */
export function Unrestrict({ id, close }: RestrictProps) {
  const queries = useQueryClient();
  const run = async () => {
    await api.DELETE('/api/v1/incidents/{id}/restriction', { params: { path: { id } } });
    await queries.invalidateQueries({ queryKey: ['incident', id] });
  };
  return (
    <FormDialog title="Lift the restriction" close={close} act="Lift it" danger run={run}>
      <p>Everybody who may read incidents will see all of it, also what was written while it was restricted.</p>
    </FormDialog>
  );
}
