// Where logs come from, whether they still come, and how to send more.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Api } from '../../../api/client';
import { accountQuery, sourcesQuery } from '../../../api/queries';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { TextBox } from '../../../ui/Field';
import { Grid, type Column } from '../../../ui/Grid';
import { Empty, Found } from '../../../ui/State';
import { count, span } from '../../../ui/text';
import { Ago } from '../../../ui/When';
import { useTeams } from '../people/queries';
import { listHeight } from '../list';
import { NewSource, SourceDialog } from './SourceDialog';
import { SendLogs } from './SendLogs';

type Source = Api['SourceView'];

export function Sources() {
  const { data: account } = useSuspenseQuery(accountQuery);
  const query = useQuery(sourcesQuery);
  const [open, setOpen] = useState<string>();
  const [adding, setAdding] = useState(false);
  return (
    <>
      <section className="card" aria-labelledby="sources">
        <header>
          <h2 id="sources">Sources</h2>
          {account.rights.includes('sources:manage') && (
            <Button icon="plus" onPress={() => setAdding(true)}>
              Set up a source
            </Button>
          )}
        </header>
        <Found query={query}>{(sources) => <List sources={sources} open={open} setOpen={setOpen} />}</Found>
      </section>
      <SendLogs />
      {adding && (
        <NewSource
          close={() => setAdding(false)}
          made={(name) => {
            setAdding(false);
            setOpen(name);
          }}
        />
      )}
    </>
  );
}

interface ListProps {
  sources: readonly Source[];
  open: string | undefined;
  setOpen: (name: string | undefined) => void;
}

function List({ sources, open, setOpen }: ListProps) {
  const [text, setText] = useState('');
  const teams = useTeams();
  const silent = sources.filter((source) => source.silent).length;
  const unwatched = sources.filter((source) => source.silent_after_seconds == null).length;
  const rows = sources.filter(({ name, description }) => `${name} ${description}`.toLowerCase().includes(text.toLowerCase()));
  const opened = sources.find(({ name }) => name === open);
  const columns: Column<Source>[] = [
    { name: 'Source', width: 'minmax(11rem, 3fr)', show: (row) => <span className="mono">{row.name}</span> },
    { name: 'State', width: '8rem', show: (row) => <State source={row} /> },
    { name: 'Records', width: '6rem', show: (row) => row.records.toLocaleString('en') },
    { name: 'Alerts', width: '5rem', show: (row) => row.alerts.toLocaleString('en') },
    { name: 'Rejected', width: '5.5rem', show: (row) => row.rejected.toLocaleString('en') },
    { name: 'Lag', width: '5rem', show: (row) => (row.lag_seconds == null ? '' : span(row.lag_seconds)) },
    { name: 'Last record', width: '7rem', show: (row) => row.last_received_at && <Ago at={row.last_received_at} /> },
    { name: 'Team', width: '7rem', show: (row) => (row.team ? (teams.get(row.team) ?? row.team) : 'all') },
  ];
  return (
    <>
      <div className="body stack tight">
        <p role="status">
          {count(sources.length, 'source')}
          {silent > 0 ? `, ${silent} of them silent: their machines may be down, or somebody stopped their logs.` : '. None is silent.'}
          {unwatched > 0 && ` ${unwatched} are not watched: say after how long without a record they count as silent.`}
        </p>
        <TextBox label="Search" type="search" value={text} onChange={setText} placeholder="Part of a name or a description" />
      </div>
      <div className="list-part" style={listHeight(rows.length)}>
        <Grid
          label="Sources"
          rows={rows}
          columns={columns}
          id={(row) => row.name}
          open={(row) => setOpen(row.name)}
          empty={
            <Empty title={sources.length === 0 ? 'No source yet' : 'No source fits'}>
              <p>{sources.length === 0 ? 'Send logs as shown below: a source is there with its first record.' : 'Try fewer words.'}</p>
            </Empty>
          }
        />
      </div>
      {opened && <SourceDialog key={opened.name} source={opened} close={() => setOpen(undefined)} />}
    </>
  );
}

export function State({ source }: { source: Source }) {
  if (source.silent) return <Badge tone="bad">Silent</Badge>;
  if (source.records === 0) return <Badge>No record yet</Badge>;
  return source.silent_after_seconds == null ? <Badge>Not watched</Badge> : <Badge tone="good">Sends</Badge>;
}
