// Who may know of an incident. Restricted, it exists for its members only: in lists, searches and the stream it is not there.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api } from '../../api/client';
import { Check } from '../../ui/Field';
import { FormDialog } from '../../ui/FormDialog';
import { usePeople } from './record';

export function Restrict({ detail, close }: { detail: Api['IncidentDetail']; close: () => void }) {
  const people = usePeople();
  const queries = useQueryClient();
  const [members, setMembers] = useState<ReadonlySet<string>>(new Set(detail.members ?? []));
  const id = detail.incident.id;
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
      <p>Only its members and you will know that it exists. Each reading of it is recorded.</p>
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
export function Unrestrict({ detail, close }: { detail: Api['IncidentDetail']; close: () => void }) {
  const queries = useQueryClient();
  const id = detail.incident.id;
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
