// Who does what.

import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Api } from '../../../api/client';
import { accountQuery } from '../../../api/queries';
import { IconButton, Button } from '../../../ui/Button';
import { Choice } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { Empty } from '../../../ui/State';
import { words } from '../../../ui/text';
import { useMay } from '../may';
import { useNames } from '../../../ui/Who';
import { useRecordNow, usePeople } from '../record';
import { useSending } from '../sending';

const ROLES: readonly Api['ResponseRole'][] = [
  'commander',
  'deputy',
  'scribe',
  'liaison',
  'lead',
  'analyst',
  'subject_expert',
  'legal',
  'communications',
  'management',
  'system_owner',
];
const ALONE: ReadonlySet<Api['ResponseRole']> = new Set<Api['ResponseRole']>(['commander', 'deputy', 'scribe']);

export function Roles({ roles }: { roles: Api['Roles'] }) {
  const [open, setOpen] = useState(false);
  const mayWrite = useMay().write;
  const record = useRecordNow();
  const send = useSending();
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
                  onPress={() => send(() => record({ kind: 'role.left', body: { role, user } }))}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      {open && <GiveRole close={() => setOpen(false)} />}
    </section>
  );
}

function GiveRole({ close }: { close: () => void }) {
  const record = useRecordNow();
  const people = usePeople();
  const [role, setRole] = useState<Api['ResponseRole']>('commander');
  const { data: account } = useSuspenseQuery(accountQuery);
  const [to, setTo] = useState(account.user.id);
  return (
    <FormDialog title="Give a role" close={close} act="Give it" run={() => record({ kind: 'role.given', body: { role, to } })}>
      <Choice
        label="Role"
        value={role}
        onChange={setRole}
        options={ROLES.map((each) => [each, words(each)] as const)}
        help={ALONE.has(role) ? 'One person has it: who has it now is replaced.' : undefined}
      />
      <Choice label="To" value={to} onChange={setTo} options={people.map((each) => [each.id, each.display_name] as const)} />
    </FormDialog>
  );
}
