// Who has to hear of incidents, and how they are reached.

import { useQuery, useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Api } from '../../api/client';
import { accountQuery, stakeholdersQuery } from '../../api/queries';
import { Button } from '../../ui/Button';
import { TextBox } from '../../ui/Field';
import { Grid, type Column } from '../../ui/Grid';
import { Empty, Found } from '../../ui/State';
import { count, words } from '../../ui/text';
import { listHeight } from './list';
import { StakeholderDialog } from './StakeholderDialog';

type Row = Api['StakeholderView'];

const COLUMNS: readonly Column<Row>[] = [
  { name: 'Name', width: 'minmax(8rem, 2fr)', show: (row) => row.stakeholder.name },
  { name: 'Organisation', width: 'minmax(8rem, 1.5fr)', show: (row) => row.stakeholder.organisation ?? '' },
  { name: 'Stands for', width: 'minmax(8rem, 2fr)', show: (row) => row.stakeholder.audiences.map(words).join(', ') },
  {
    name: 'Reached by',
    width: 'minmax(8rem, 2.5fr)',
    show: (row) => (row.stakeholder.contacts ?? []).map(({ channel, address }) => `${words(channel)} ${address}`).join(', '),
  },
];

export function Stakeholders() {
  const { data: account } = useSuspenseQuery(accountQuery);
  const queries = useQueryClient();
  const query = useQuery(stakeholdersQuery);
  const [open, setOpen] = useState<Row | 'new'>();
  const leads = account.rights.includes('incidents:lead');
  return (
    <section className="card" aria-labelledby="stakeholders">
      <header>
        <h2 id="stakeholders">Stakeholders</h2>
        {leads && (
          <Button icon="plus" onPress={() => setOpen('new')}>
            Enter somebody
          </Button>
        )}
      </header>
      <Found query={query}>{({ items }) => <List rows={items} open={setOpen} />}</Found>
      {open && (
        <StakeholderDialog
          key={open === 'new' ? 'new' : open.id}
          row={open === 'new' ? undefined : open}
          leads={leads}
          close={() => setOpen(undefined)}
          changed={() => queries.invalidateQueries(stakeholdersQuery)}
        />
      )}
    </section>
  );
}

function List({ rows, open }: { rows: readonly Row[]; open: (row: Row) => void }) {
  const [text, setText] = useState('');
  if (rows.length === 0) {
    return (
      <Empty title="The directory is empty">
        <p>Enter management, legal, authorities and customers before they are needed: in an incident nobody has time to look for numbers.</p>
      </Empty>
    );
  }
  const fitting = rows.filter((row) => JSON.stringify(row.stakeholder).toLowerCase().includes(text.toLowerCase()));
  return (
    <>
      <div className="body stack tight">
        <p role="status">{count(rows.length, 'entry', 'entries')}</p>
        <TextBox label="Search" type="search" value={text} onChange={setText} placeholder="A name, an audience, an address" />
      </div>
      <div className="list-part" style={listHeight(fitting.length)}>
        <Grid
          label="Stakeholders"
          rows={fitting}
          columns={COLUMNS}
          id={(row) => row.id}
          open={open}
          empty={
            <Empty title="Nobody fits">
              <p>Try fewer words.</p>
            </Empty>
          }
        />
      </div>
    </>
  );
}
