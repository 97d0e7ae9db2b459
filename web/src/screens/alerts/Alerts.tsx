// The triage queue: filter, read beside the list, decide about one alert or many. The list keeps its place whatever is open.

import { keepPreviousData, useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { useEffect, useMemo, useRef, useState, type RefObject } from 'react';

import { api, read } from '../../api/client';
import { accountQuery, alertQuery } from '../../api/queries';
import { Severity, Status } from '../../ui/Badge';
import { Button } from '../../ui/Button';
import { Grid, type Column } from '../../ui/Grid';
import { usePages } from '../../ui/pages';
import { Said } from '../../ui/Said';
import { Empty, Loading, Trouble } from '../../ui/State';
import { countOf } from '../../ui/text';
import { tell, tellTrouble } from '../../ui/Toast';
import { Ago } from '../../ui/When';
import { Views } from '../../ui/Views';
import { actsFor } from './acts';
import { AlertFilters } from './AlertFilters';
import { AlertPanel } from './AlertPanel';
import { Asking } from './Asking';
import { saveAlerts } from './file';
import { countsQuery, filterOf, type Alert, type AlertSearch } from './list';
import { SelectionBar } from './SelectionBar';
import { useActKeys } from './useActKeys';
import { useTriage } from './useTriage';
import './alerts.css';

const route = getRouteApi('/shell/alerts');

const PAGE = 200;
/** As many as are read to select all. */
const SELECTED_MAX = 10_000;
const READ_AT_ONCE = 500;
const FOCUS_AFTER_MS = 60;

export default function Alerts() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const { alert: openId, ...filter } = search;
  const list = useAlertList(filter);
  const { rows } = list;
  const counts = useQuery({ ...countsQuery(filter), placeholderData: keepPreviousData });
  const go = (to: AlertSearch, replace = false) => void navigate({ to: '/alerts', search: to, replace, resetScroll: false });
  const selection = useSelection(rows, filter);
  const triage = useTriage(selection.clear);
  const opened = useQuery({ ...alertQuery(openId ?? ''), enabled: Boolean(openId) });
  const known = rows.find(({ id }) => id === openId);
  const { data: account } = useSuspenseQuery(accountQuery);
  const acts = actsFor(account.rights);
  const place = useRef<HTMLDivElement>(null);
  useKeptFocus(place);
  useActKeys(acts, { selected: selection.alerts, rows, open: openId ? (opened.data ?? known) : undefined }, triage.start);
  return (
    <div className="page fill">
      <title>Alerts · Quell</title>
      <header>
        <h1 className="grow">Alerts</h1>
        <Views screen="alerts" />
        <Said text={counts.data ? countOf(counts.data, 'alert') : ''} />
        {rows.length > 0 && (
          <Button onPress={() => saveAlerts(selection.alerts.length > 0 ? selection.alerts : rows)}>
            Export as CSV ({(selection.alerts.length || rows.length).toLocaleString('en')} {selection.alerts.length > 0 ? 'selected' : 'loaded'})
          </Button>
        )}
      </header>
      <AlertFilters
        search={search}
        rows={rows}
        counts={counts.data}
        change={(name, value) => go({ ...search, [name]: value }, name === 'q')}
      />
      {filter.group && <GroupNote first={rows[0]} all={() => go({ ...search, group: undefined })} />}
      {list.query.isError && <Trouble error={list.query.error} again={() => void list.query.refetch()} />}
      <div className={openId ? 'beside open' : 'beside'} ref={place}>
        <div className="card fill">
          <SelectionBar
            alerts={selection.alerts}
            isNarrow={Boolean(openId)}
            isPart={!counts.data || counts.data.at_least || selection.alerts.length < counts.data.total}
            selectAll={selection.selectAll}
            start={triage.start}
            clear={selection.clear}
          />
          <Grid
            label="Alerts"
            rows={rows}
            columns={openId ? list.narrow : list.wide}
            id={(row) => row.id}
            open={(row) => go({ ...search, alert: row.id }, Boolean(openId))}
            current={openId}
            selected={acts.length > 0 ? selection.ids : undefined}
            select={acts.length > 0 ? selection.select : undefined}
            total={counts.data?.total}
            more={list.more}
            empty={list.query.isSuccess ? <None filter={filter} go={go} /> : list.query.isPending && <Loading />}
          />
        </div>
        {openId && (
          <AlertPanel id={openId} known={known} close={() => go({ ...search, alert: undefined }, true)} start={triage.start} />
        )}
      </div>
      <Asking triage={triage} done={selection.clear} />
    </div>
  );
}

function GroupNote({ first, all }: { first: Alert | undefined; all: () => void }) {
  return (
    <div className="notice">
      <span className="grow wrap">
        {first ? (
          <>
            Only alerts of “<bdi>{first.title}</bdi>” about <bdi className="mono">{first.subject}</bdi>.
          </>
        ) : (
          'Only alerts of one rule about one thing.'
        )}{' '}
        An incident takes all of them or none.
      </span>
      <Button icon="close" onPress={all}>
        Show all groups
      </Button>
    </div>
  );
}

function None({ filter, go }: { filter: AlertSearch; go: (to: AlertSearch) => void }) {
  const isNarrowed = Object.values(filter).some((value) => value !== undefined);
  if (!isNarrowed) {
    return (
      <Empty title="No alerts yet">
        <p>They appear here as soon as records arrive on which a rule matches. See in the settings whether the sources send.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No alert fits">
      <p>Take away a filter. Words are found whole; of words with three letters and more, the beginning is enough.</p>
      <Button onPress={() => go({})}>Show all</Button>
    </Empty>
  );
}

function useAlertList(filter: AlertSearch) {
  const navigate = useNavigate();
  const { rows, more, query } = usePages(['alerts', 'list', filter], (cursor, signal) =>
    read(api.GET('/api/v1/alerts', { params: { query: { ...filterOf(filter), limit: PAGE, cursor } }, signal })),
  );
  const { hasNextPage } = query;
  const columns = useMemo(() => {
    const alike = new Map<string, number>();
    for (const { group } of rows) alike.set(group, (alike.get(group) ?? 0) + 1);
    const narrow = (group: string) => void navigate({ to: '/alerts', search: (search) => ({ ...search, group }), resetScroll: false });
    return columnsOf(alike, hasNextPage, filter.group ? undefined : narrow);
  }, [rows, hasNextPage, filter.group, navigate]);
  return { rows, more, query, ...columns };
}

/** All columns, and those that fit beside an open alert. */
function columnsOf(alike: ReadonlyMap<string, number>, isPart: boolean, narrow: ((group: string) => void) | undefined) {
  const severity: Column<Alert> = { name: 'Severity', width: '7.5rem', show: (row) => <Severity level={row.severity} /> };
  const title: Column<Alert> = { name: 'Alert', width: 'minmax(0, 3fr)', show: (row) => row.title };
  const subject: Column<Alert> = { name: 'About', width: 'minmax(0, 2.5fr)', show: (row) => <span className="mono">{row.subject}</span> };
  const status: Column<Alert> = { name: 'Status', width: '7.5rem', show: (row) => <Status status={row.status} /> };
  const source: Column<Alert> = { name: 'Source', width: 'minmax(0, 1.5fr)', show: (row) => <span className="mono">{row.source}</span> };
  const at: Column<Alert> = { name: 'Event', width: '6rem', show: (row) => <Ago at={row.time ?? row.raised_at} /> };
  const group: Column<Alert> = {
    name: 'Like this',
    width: '6.5rem',
    show: (row) => <LikeThis row={row} number={alike.get(row.group) ?? 1} isPart={isPart} narrow={narrow} />,
  };
  return { wide: [severity, title, subject, status, source, at, group], narrow: [severity, title, subject, status] };
}

interface LikeThisProps {
  row: Alert;
  number: number;
  isPart: boolean;
  narrow: ((group: string) => void) | undefined;
}

/** How many of those that are loaded are of the same group. The panel offers the same to the keyboard, and counts all. */
function LikeThis({ row, number, isPart, narrow }: LikeThisProps) {
  if (!narrow || number < 2) return null;
  return (
    <button
      type="button"
      className="like-this"
      tabIndex={-1}
      onClick={(event) => {
        event.stopPropagation();
        narrow(row.group);
      }}
    >
      {number.toLocaleString('en')}
      {isPart && '+'} like this
    </button>
  );
}

/** What is selected, with what is known of it. It is forgotten when the filters change. */
function useSelection(rows: readonly Alert[], filter: AlertSearch) {
  const [ids, setIds] = useState<ReadonlySet<string>>(new Set());
  const [others, setOthers] = useState<readonly Alert[]>([]);
  const [isReading, setReading] = useState(false);
  const reading = useRef<AbortController>(undefined);
  const filters = JSON.stringify(filter);
  // Whatever somebody selects meanwhile, and every change of the filters, ends the reading of all.
  const stop = () => {
    reading.current?.abort();
    setReading(false);
  };
  const select = (chosen: ReadonlySet<string>) => {
    stop();
    setIds(chosen);
  };
  const clear = () => {
    select(new Set());
    setOthers([]);
  };
  useEffect(clear, [filters]);
  useEffect(() => () => reading.current?.abort(), []);
  const byId = new Map(ids.size === 0 ? [] : [...others, ...rows].map((alert) => [alert.id, alert] as const));
  const alerts = [...ids].flatMap((id) => byId.get(id) ?? []);
  const readAll = async (signal: AbortSignal) => {
    const found: Alert[] = [];
    const query = { ...filterOf(filter), limit: READ_AT_ONCE };
    for (let cursor: string | undefined, first = true; first || (cursor && found.length < SELECTED_MAX); first = false) {
      const page = await read(api.GET('/api/v1/alerts', { params: { query: { ...query, cursor } }, signal }));
      found.push(...page.items);
      cursor = page.next ?? undefined;
      if (cursor && found.length >= SELECTED_MAX) tell(`The first ${SELECTED_MAX.toLocaleString('en')} are selected`);
    }
    if (signal.aborted) return;
    setOthers(found);
    setIds(new Set(found.map(({ id }) => id)));
  };
  const selectAll = () => {
    const now = new AbortController();
    reading.current = now;
    setReading(true);
    void readAll(now.signal)
      .catch((error: unknown) => !now.signal.aborted && tellTrouble(error))
      .finally(() => reading.current === now && setReading(false));
  };
  return { ids, alerts, select, clear, selectAll: isReading ? undefined : selectAll };
}

/** A row that was decided about may leave the list; the focus goes to the one that took its place. */
function useKeptFocus(place: RefObject<HTMLElement | null>): void {
  const inList = useRef(false);
  useEffect(() => {
    const note = ({ target }: FocusEvent) => {
      // What lies above the page only borrows the focus.
      if (!(target instanceof Element) || target.closest('[role="dialog"], [role="menu"], .toasts')) return;
      inList.current = target.closest('.grid-row') !== null;
    };
    document.addEventListener('focusin', note);
    return () => document.removeEventListener('focusin', note);
  }, []);
  useEffect(() => {
    // Dialogs give the focus back by themselves, if that to which they give it is still there.
    const timer = setTimeout(() => {
      if (!inList.current || document.activeElement !== document.body) return;
      place.current?.querySelector<HTMLElement>('.grid-row[tabindex="0"]')?.focus({ preventScroll: true });
    }, FOCUS_AFTER_MS);
    return () => clearTimeout(timer);
  });
}
