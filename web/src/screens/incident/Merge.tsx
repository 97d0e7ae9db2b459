// Making an incident a part of another one.

import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';

import { api, type Api, read } from '../../api/client';
import { Choice, TextBox } from '../../ui/Field';
import { FormDialog } from '../../ui/FormDialog';

const OFFERED_MAX = 20;

export function Merge({ detail, close }: { detail: Api['IncidentDetail']; close: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [text, setText] = useState('');
  const [into, setInto] = useState('');
  const [reason, setReason] = useState('');
  const id = detail.incident.id;
  const found = useQuery({
    queryKey: ['incidents', 'merge', text],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents', { params: { query: { q: text || undefined, limit: OFFERED_MAX } }, signal })),
    placeholderData: keepPreviousData,
  });
  const offered = (found.data?.items ?? []).filter((each) => each.id !== id && each.status !== 'merged');
  const run = async () => {
    await api.POST('/api/v1/incidents/{id}/merge', { params: { path: { id } }, body: { into, reason } });
    await queries.invalidateQueries({ queryKey: ['incidents'] });
    await queries.invalidateQueries({ queryKey: ['incident'] });
    await navigate({ to: '/incidents/$id', params: { id: into } });
  };
  return (
    <FormDialog title="Merge into another incident" close={close} act="Merge it" ready={into !== '' && reason.trim() !== ''} run={run}>
      <p>Its alerts, its work and its evidence become part of the other one.</p>
      <TextBox label="Find the other one" type="search" value={text} onChange={setText} placeholder="Words of its title, a host, its id" />
      <Choice label="Into" value={into} onChange={setInto} options={[['', 'Choose'], ...offered.map((each) => [each.id, `${each.title} (${each.id})`] as const)]} />
      <TextBox label="Why" value={reason} onChange={setReason} lines={2} required />
    </FormDialog>
  );
}
