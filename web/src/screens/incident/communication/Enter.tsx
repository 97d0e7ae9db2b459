// Enters somebody into the directory of stakeholders.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api } from '../../../api/client';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { words } from '../../../ui/text';

const CHANNELS = ['mail', 'phone', 'webhook', 'meeting', 'portal', 'other'] as const satisfies readonly Api['Channel'][];

export function Enter({ audience, close }: { audience: string; close: () => void }) {
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [organisation, setOrganisation] = useState('');
  const [channel, setChannel] = useState<Api['Channel']>('mail');
  const [address, setAddress] = useState('');
  const run = async () => {
    const contacts = address.trim() ? [{ channel, address: address.trim(), when: null }] : [];
    await api.POST('/api/v1/stakeholders', {
      body: { name: name.trim(), audiences: [audience], organisation: organisation.trim() || null, contacts, note: null },
    });
    await queries.invalidateQueries({ queryKey: ['stakeholders'] });
    await queries.invalidateQueries({ queryKey: ['incident'] });
  };
  return (
    <FormDialog title={`Directory: ${words(audience)}`} act="Enter" ready={name.trim() !== ''} close={close} run={run}>
      <p className="soft">They stand for this audience in every incident.</p>
      <TextBox label="Name" value={name} onChange={setName} maxLength={300} required />
      <TextBox label="Organisation" value={organisation} onChange={setOrganisation} maxLength={300} />
      <Choice label="Reached by" value={channel} onChange={setChannel} options={CHANNELS.map((each) => [each, words(each)] as const)} />
      <TextBox label="Address or number" value={address} onChange={setAddress} maxLength={300} />
    </FormDialog>
  );
}
