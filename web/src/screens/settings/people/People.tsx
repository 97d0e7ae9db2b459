// Who works here, what they may do, and which team they are in.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Api } from '../../../api/client';
import { accountQuery, usersQuery } from '../../../api/queries';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Dialog } from '../../../ui/Dialog';
import { TextBox } from '../../../ui/Field';
import { Grid, type Column } from '../../../ui/Grid';
import { Empty, Found } from '../../../ui/State';
import { count, words } from '../../../ui/text';
import { listHeight } from '../list';
import { Once } from '../Once';
import { useTeams } from './queries';
import { Teams } from './Teams';
import { NewUser, UserDialog } from './UserDialog';

type User = Api['User'];

/** A link with which somebody sets their password. */
export interface Invitation {
  user: User;
  secret: string;
}

export function People() {
  const { data: account } = useSuspenseQuery(accountQuery);
  const query = useQuery(usersQuery);
  const [adding, setAdding] = useState(false);
  const [invited, setInvited] = useState<Invitation>();
  const manages = account.rights.includes('users:manage');
  return (
    <>
      <section className="card" aria-labelledby="users">
        <header>
          <h2 id="users">Users</h2>
          {manages && (
            <Button icon="plus" onPress={() => setAdding(true)}>
              Invite somebody
            </Button>
          )}
        </header>
        <Found query={query}>{({ items }) => <List users={items} manages={manages} invited={setInvited} />}</Found>
      </section>
      <Teams manages={manages} />
      {adding && (
        <NewUser
          close={() => setAdding(false)}
          made={(invitation) => {
            setAdding(false);
            setInvited(invitation);
          }}
        />
      )}
      {invited && <InvitationDialog invited={invited} close={() => setInvited(undefined)} />}
    </>
  );
}

interface ListProps {
  users: readonly User[];
  manages: boolean;
  invited: (invitation: Invitation) => void;
}

function List({ users, manages, invited }: ListProps) {
  const [text, setText] = useState('');
  const [open, setOpen] = useState<string>();
  const teams = useTeams();
  const rows = users.filter(({ login, display_name, role }) => `${login} ${display_name} ${role}`.toLowerCase().includes(text.toLowerCase()));
  const opened = users.find(({ id }) => id === open);
  const columns: Column<User>[] = [
    { name: 'Name', width: 'minmax(8rem, 2fr)', show: (row) => row.display_name },
    { name: 'Signs in as', width: 'minmax(6rem, 1.5fr)', show: (row) => <span className="mono">{row.login}</span> },
    { name: 'Role', width: '8rem', show: (row) => words(row.role) },
    { name: 'Teams', width: 'minmax(6rem, 2fr)', show: (row) => row.teams.map((id) => teams.get(id) ?? id).join(', ') },
    { name: 'State', width: '7rem', show: (row) => <Badge tone={row.enabled ? 'good' : 'plain'}>{row.enabled ? 'Enabled' : 'Disabled'}</Badge> },
  ];
  return (
    <>
      <div className="body stack tight">
        <p role="status">{count(users.length, 'user')}</p>
        <TextBox label="Search" type="search" value={text} onChange={setText} placeholder="Part of a name or a role" />
      </div>
      <div className="list-part" style={listHeight(rows.length)}>
        <Grid
          label="Users"
          rows={rows}
          columns={columns}
          id={(row) => row.id}
          open={(row) => setOpen(row.id)}
          empty={
            <Empty title="Nobody fits">
              <p>Try fewer words.</p>
            </Empty>
          }
        />
      </div>
      {opened && (
        <UserDialog
          key={opened.id}
          user={opened}
          manages={manages}
          close={() => setOpen(undefined)}
          reset={(invitation) => {
            setOpen(undefined);
            invited(invitation);
          }}
        />
      )}
    </>
  );
}

/** The link is a key to the account until it is used: it is shown once, and given on by whoever made it. */
function InvitationDialog({ invited, close }: { invited: Invitation; close: () => void }) {
  return (
    <Dialog title={`Link for ${invited.user.display_name}`} open close={close}>
      <p>
        With this link they set their password, within 72 hours. It is shown this once. Give it to them by a way that others do not read; if
        it is lost, reset the user for another one.
      </p>
      <Once label="Link" text={`${window.location.origin}/invitation#${invited.secret}`} />
      <div>
        <Button look="primary" onPress={close}>
          I gave it to them
        </Button>
      </div>
    </Dialog>
  );
}
