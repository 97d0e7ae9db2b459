// Who does what.

import { useState } from 'react';

import type { Api } from '../../../api/client';
import { IconButton, Button } from '../../../ui/Button';
import { Dialog } from '../../../ui/Dialog';
import { Choice } from '../../../ui/Field';
import { Empty } from '../../../ui/State';
import { tellTrouble } from '../../../ui/Toast';
import { words } from '../../../ui/text';
import { useMay } from '../../../ui/may';
import { useNames } from '../../../ui/Who';
import { useRecordNow, usePeople } from '../record';

const ROLES: readonly Api['ResponseRole'][] = ['commander', 'deputy', 'scribe', 'liaison', 'lead', 'analyst', 'subject_expert', 'legal', 'communications'];

export function Roles({ roles }: { roles: Api['Roles'] }) {
  const [open, setOpen] = useState(false);
  const mayWrite = useMay().write;
  const record = useRecordNow();
  const name = useNames();
  return (
    <section className="card" aria-labelledby="roles">
      <header>
        <h2 id="roles">Roles</h2>
        {mayWrite && (
          <Button icon="plus" onPress={() => setOpen(true)}>
            Give a role
          </Button>
        )}
      </header>
      {roles.length === 0 ? (
        <Empty title="Nobody has a role yet">
          <p>Name a commander, who decides, and a scribe, who writes.</p>
        </Empty>
      ) : (
        <ul className="incident-list">
          {roles.map(({ role, user }) => (
            <li key={`${role} ${user}`} className="incident-line">
              <span className="strong">{words(role)}</span>
              <span className="grow">{name(user)}</span>
              {mayWrite && (
                <IconButton
                  icon="close"
                  label={`${name(user)} is ${words(role).toLowerCase()} no more`}
                  onPress={() => void record({ kind: 'role.left', body: { role, user } }).catch(tellTrouble)}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <GiveRole open={open} close={() => setOpen(false)} />
    </section>
  );
}

function GiveRole({ open, close }: { open: boolean; close: () => void }) {
  const record = useRecordNow();
  const people = usePeople();
  const [role, setRole] = useState<Api['ResponseRole']>('commander');
  const [to, setTo] = useState('');
  const user = to || people[0]?.id || '';
  const give = async () => {
    await record({ kind: 'role.given', body: { role, to: user } });
    close();
  };
  return (
    <Dialog title="Give a role" open={open} close={close}>
      <Choice label="Role" value={role} onChange={setRole} options={ROLES.map((each) => [each, words(each)] as const)} />
      <Choice label="To" value={user} onChange={setTo} options={people.map((each) => [each.id, each.display_name] as const)} />
      <div className="row">
        <Button look="primary" onPress={() => void give().catch(tellTrouble)}>
          Give it
        </Button>
        <Button onPress={close}>Cancel</Button>
      </div>
    </Dialog>
  );
}
