// One entry of the directory: for whom somebody stands, and every way to reach them.

import { useQuery } from '@tanstack/react-query';
import { useRef, useState } from 'react';

import { api, type Api } from '../../api/client';
import { handbookQuery } from '../../api/queries';
import { Button, IconButton } from '../../ui/Button';
import { Ask } from '../../ui/Ask';
import { Dialog } from '../../ui/Dialog';
import { Check, Choice, TextBox } from '../../ui/Field';
import { focusNeighbour } from '../../ui/neighbour';
import { Trouble } from '../../ui/State';
import { words } from '../../ui/text';

type Contact = Api['Contact'];

const CHANNELS: readonly (readonly [Contact['channel'], string])[] = [
  ['mail', 'Mail'],
  ['phone', 'Phone'],
  ['webhook', 'Webhook'],
  ['portal', 'Portal'],
  ['meeting', 'Meeting'],
  ['other', 'Other'],
];

interface DialogProps {
  row: Api['StakeholderView'] | undefined;
  leads: boolean;
  close: () => void;
  changed: () => Promise<unknown>;
}

export function StakeholderDialog({ row, leads, close, changed }: DialogProps) {
  const [draft, setDraft] = useState<Api['Stakeholder']>(row?.stakeholder ?? { name: '', audiences: [], contacts: [] });
  const [error, setError] = useState<unknown>();
  const [removing, setRemoving] = useState(false);
  const save = async () => {
    setError(undefined);
    const contacts = (draft.contacts ?? []).filter(({ address }) => address.trim() !== '');
    const stakeholder = { ...draft, contacts, organisation: draft.organisation || null, note: draft.note || null };
    try {
      if (row) {
        await api.PATCH('/api/v1/stakeholders/{id}', { params: { path: { id: row.id } }, body: { stakeholder, version: row.version } });
      } else await api.POST('/api/v1/stakeholders', { body: stakeholder });
      await changed();
      close();
    } catch (refused) {
      setError(refused);
    }
  };
  const remove = async () => {
    if (row) await api.DELETE('/api/v1/stakeholders/{id}', { params: { path: { id: row.id } } });
    await changed();
    close();
  };
  if (!leads) return <Shown stakeholder={draft} close={close} />;
  return (
    <Dialog title={row ? row.stakeholder.name : 'Enter somebody'} open close={close} wide>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          void save();
        }}
      >
        <TextBox label="Name of a person, a post or a body" value={draft.name} onChange={(name) => setDraft({ ...draft, name })} autoFocus required />
        <TextBox label="Organisation" value={draft.organisation ?? ''} onChange={(organisation) => setDraft({ ...draft, organisation })} />
        <Audiences chosen={draft.audiences} change={(audiences) => setDraft({ ...draft, audiences })} />
        <Contacts contacts={draft.contacts ?? []} change={(contacts) => setDraft({ ...draft, contacts })} />
        <TextBox label="What else one has to know" value={draft.note ?? ''} onChange={(note) => setDraft({ ...draft, note })} lines={3} />
        {error !== undefined && <Trouble error={error} />}
        <div className="row">
          <Button type="submit" look="primary" isDisabled={draft.name.trim() === ''}>
            Save
          </Button>
          <Button onPress={close}>Cancel</Button>
          {row && (
            <Button look="danger" onPress={() => setRemoving(true)}>
              Remove…
            </Button>
          )}
        </div>
      </form>
      <Ask title={`Remove ${draft.name}`} open={removing} close={() => setRemoving(false)} act="Remove" danger run={remove}>
        <p>They are no longer in the directory. What was said to them in incidents stays in the ledger.</p>
      </Ask>
    </Dialog>
  );
}

function Shown({ stakeholder, close }: { stakeholder: Api['Stakeholder']; close: () => void }) {
  return (
    <Dialog title={stakeholder.name} open close={close}>
      <dl className="facts">
        <dt>Organisation</dt>
        <dd>{stakeholder.organisation ?? 'not said'}</dd>
        <dt>Stands for</dt>
        <dd>{stakeholder.audiences.map(words).join(', ')}</dd>
        {(stakeholder.contacts ?? []).map(({ channel, address, when }) => (
          <div key={channel + address} style={{ display: 'contents' }}>
            <dt>{words(channel)}</dt>
            <dd>
              {address} {when && <span className="soft">({when})</span>}
            </dd>
          </div>
        ))}
        {stakeholder.note && (
          <>
            <dt>Note</dt>
            <dd>{stakeholder.note}</dd>
          </>
        )}
      </dl>
      <div>
        <Button onPress={close}>Close</Button>
      </div>
    </Dialog>
  );
}

/** Audiences of the communication plan to tick, and room for others. */
function Audiences({ chosen, change }: { chosen: readonly string[]; change: (audiences: string[]) => void }) {
  const { data } = useQuery(handbookQuery);
  const [other, setOther] = useState('');
  const planned = data?.communication.severities.flatMap(({ audiences }) => audiences.map(({ audience }) => audience)) ?? [];
  const add = () => {
    const named = other.trim();
    if (named && !chosen.includes(named)) change([...chosen, named]);
    setOther('');
  };
  return (
    <fieldset className="choices">
      <legend>Stands for</legend>
      {[...new Set([...planned, ...chosen])].map((audience) => (
        <Check
          key={audience}
          label={words(audience)}
          checked={chosen.includes(audience)}
          onChange={(on) => change(on ? [...chosen, audience] : chosen.filter((each) => each !== audience))}
        />
      ))}
      <div className="row filters whole">
        <TextBox label="Another audience" value={other} onChange={setOther} />
        <Button onPress={add} isDisabled={other.trim() === ''}>
          Add
        </Button>
      </div>
    </fieldset>
  );
}

function Contacts({ contacts, change }: { contacts: readonly Contact[]; change: (contacts: Contact[]) => void }) {
  const put = (index: number, part: Partial<Contact>) => change(contacts.map((each, at) => (at === index ? { ...each, ...part } : each)));
  const part = useRef<HTMLDivElement>(null);
  const remove = (index: number) => {
    change(contacts.filter((_, at) => at !== index));
    focusNeighbour(part.current, '.contact > button', index, () => part.current?.querySelector<HTMLElement>('div:last-child > button') ?? null);
  };
  return (
    <div className="stack tight" ref={part}>
      <h3>Ways to reach them, the best first</h3>
      {contacts.map((contact, index) => (
        <div key={index} className="contact" role="group" aria-label={`Way ${index + 1}`}>
          <Choice label="By" value={contact.channel} onChange={(channel) => put(index, { channel })} options={CHANNELS} />
          <TextBox label="Address or number" value={contact.address} onChange={(address) => put(index, { address })} />
          <TextBox label="When" value={contact.when ?? ''} onChange={(when) => put(index, { when: when || null })} placeholder="at night" />
          <IconButton icon="close" label={`Remove way ${index + 1}`} onPress={() => remove(index)} />
        </div>
      ))}
      <div>
        <Button icon="plus" onPress={() => change([...contacts, { channel: contacts.length === 0 ? 'mail' : 'phone', address: '' }])}>
          Add a way
        </Button>
      </div>
    </div>
  );
}
