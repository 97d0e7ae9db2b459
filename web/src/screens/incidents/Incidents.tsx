// All incidents: filter, sort, open, change many at once, report one.

import { keepPreviousData, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';

import { api, type Api, read } from '../../api/client';
import { accountQuery } from '../../api/queries';
import { Severity, Status } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Filters } from '../../ui/Filters';
import { Grid, type Column } from '../../ui/Grid';
import { LEVELS } from '../../ui/levels';
import { usePages } from '../../ui/pages';
import { Said } from '../../ui/Said';
import { Empty, Loading, Trouble } from '../../ui/State';
import { countOf } from '../../ui/text';
import { Ago } from '../../ui/When';
import { Views } from '../../ui/Views';
import { Bulk } from './Bulk';
import { Report } from './Report';

const route = getRouteApi('/shell/incidents');
type Row = Api['IncidentView'];

const PAGE = 100;
const STATUSES = ['new', 'open', 'resolved', 'false_positive', 'merged', 'withdrawn'] as const;

const COLUMNS: readonly Column<Row>[] = [
  { name: 'Severity', width: '8rem', show: (row) => <Severity level={row.severity} /> },
  { name: 'Incident', width: 'minmax(0, 4fr)', show: (row) => row.title },
  { name: 'Status', width: '7rem', show: (row) => <Status status={row.status} /> },
  { name: 'Hosts', width: 'minmax(0, 1.5fr)', show: (row) => <span className="mono">{row.hosts.join(', ')}</span> },
  { name: 'Alerts', width: '4rem', show: (row) => row.alerts.toLocaleString('en') },
  { name: 'Began', width: '7rem', show: (row) => row.first_seen && <Ago at={row.first_seen} /> },
  { name: 'Changed', width: '7rem', show: (row) => <Ago at={row.updated_at} /> },
];

export default function Incidents() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const filter = search as Record<string, string | undefined>;
  const change = (name: string, value: string | undefined) =>
    void navigate({ to: '/incidents', search: { ...search, [name]: value }, replace: name === 'q' });
  const query = filter as never;
  const { data: account } = useSuspenseQuery(accountQuery);
  const mayWrite = account.rights.includes('incidents:write');
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const filters = JSON.stringify(filter);
  useEffect(() => setSelected(new Set()), [filters]);
  const { rows, more, query: pages } = usePages(['incidents', 'list', filter], (cursor, signal) =>
    read(api.GET('/api/v1/incidents', { params: { query: { ...(query as object), limit: PAGE, cursor } }, signal })),
  );
  const counts = useQuery({
    queryKey: ['incidents', 'counts', filter],
    queryFn: ({ signal }) => read(api.GET('/api/v1/incidents/counts', { params: { query }, signal })),
    placeholderData: keepPreviousData,
  });
  return (
    <div className="page fill">
      <title>Incidents · Quell</title>
      <header>
        <h1 className="grow">Incidents</h1>
        <Views screen="incidents" />
        <Said text={counts.data ? countOf(counts.data, 'incident') : ''} />
        {mayWrite && <Report />}
      </header>
      <Filters
        text={search.q}
        change={change}
        given={filter}
        fixed={[
          { name: 'status', label: 'Status', options: STATUSES, counts: counts.data?.by_status },
          { name: 'severity', label: 'Severity', options: LEVELS, counts: counts.data?.by_severity },
          { name: 'sort', label: 'Order', options: ['newest', 'severity'], usual: 'newest' },
        ]}
        free={['assignee', 'technique', 'host', 'since']}
      />
      {pages.isError && <Trouble error={pages.error} again={() => void pages.refetch()} />}
      <div className="card fill">
        {mayWrite && <Bulk incidents={rows.filter(({ id }) => selected.has(id))} clear={() => setSelected(new Set())} />}
        <Grid
          label="Incidents"
          rows={rows}
          columns={COLUMNS}
          id={(row) => row.id}
          selected={mayWrite ? selected : undefined}
          select={mayWrite ? setSelected : undefined}
          open={(row) => void navigate({ to: '/incidents/$id', params: { id: row.id } })}
          total={counts.data?.total}
          more={more}
          empty={
            pages.isSuccess ? (
              <Empty title="No incident fits">
                <p>Change the filters, or look at the alerts that belong to none.</p>
                <Button onPress={() => void navigate({ to: '/incidents', search: {} })}>Show all</Button>
              </Empty>
            ) : (
              pages.isPending && <Loading />
            )
          }
        />
      </div>
    </div>
  );
}
