// Looking for events by text, field, time and rule, and from one event on to the next. The address is the search: what stands there is
// what is looked for.

import { useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi, useNavigate } from '@tanstack/react-router';

import type { Api } from '../../api/client';
import { accountQuery } from '../../api/queries';
import { Button, LinkButton } from '../../ui/Button';
import { Grid, type Column } from '../../ui/Grid';
import { Said } from '../../ui/Said';
import { Empty, Loading, Trouble } from '../../ui/State';
import { useSettings } from '../../ui/settings';
import { count, moment } from '../../ui/text';
import { Views } from '../../ui/Views';
import { EventPanel } from './EventPanel';
import { gistOf } from './gist';
import { Query } from './Query';
import { conditionsOf, fieldOf, type HuntSearch } from './search';
import { useHunt } from './useHunt';
import './hunt.css';

const route = getRouteApi('/shell/hunt');
type Event = Api['EventView'];

const TIME: Column<Event> = { name: 'Time', width: '12rem', show: (row) => <Time row={row} /> };
const SOURCE: Column<Event> = { name: 'Source', width: 'minmax(0, 1.3fr)', show: (row) => <span className="mono">{row.source}</span> };
const ACTION: Column<Event> = { name: 'Action', width: 'minmax(0, 1.5fr)', show: (row) => shortAction(row) };
const GIST: Column<Event> = { name: 'Record', width: 'minmax(0, 4fr)', show: (row) => <span className="mono">{gistOf(row)}</span> };

export default function Hunt() {
  const search = route.useSearch();
  const navigate = useNavigate();
  const hunt = useHunt(search);
  const { rows, query } = hunt;
  const go = (to: HuntSearch, replace = false) => void navigate({ to: '/hunt', search: to, replace, resetScroll: false });
  const narrow = (condition: string) => go({ ...search, field: fieldOf([...new Set([...conditionsOf(search), condition])]) });
  const openId = search.event;
  return (
    <div className="page fill">
      <title>Hunt · Quell</title>
      <header>
        <h1 className="grow">Hunt</h1>
        <Views screen="hunt" />
        <SaveAsRule search={search} />
        <Said text={said(hunt)} />
      </header>
      <Query search={search} go={go} />
      {query.isError && <Trouble error={query.error} again={() => void query.refetch()} />}
      <div className={openId ? 'beside open' : 'beside'}>
        <div className="card fill" aria-busy={hunt.isBusy}>
          <Grid
            label="Events"
            rows={rows}
            columns={openId ? [TIME, ACTION, GIST] : [TIME, SOURCE, ACTION, GIST]}
            id={(row) => row.id}
            open={(row) => go({ ...search, event: row.id }, Boolean(openId))}
            current={openId}
            more={hunt.more}
            empty={<NoRows hunt={hunt} search={search} go={go} />}
          />
          {hunt.isPaused && (
            <div className="row hunt-more">
              <span className="grow">Older events were not looked at yet.</span>
              <Button onPress={hunt.goOn}>Search on</Button>
            </div>
          )}
        </div>
        {openId && (
          <EventPanel
            id={openId}
            known={rows.find(({ id }) => id === openId)}
            close={() => go({ ...search, event: undefined }, true)}
            narrow={narrow}
          />
        )}
      </div>
    </div>
  );
}

/** Only where a rule would have something of the search: it has no time. The source tells which kind of events is meant. */
function SaveAsRule({ search: { q, field, source } }: { search: HuntSearch }) {
  const { data: account } = useSuspenseQuery(accountQuery);
  if (!account.rights.includes('alerts:read') || !(q || field || source)) return null;
  return (
    <LinkButton to="/detections/new" search={{ q, field, source }} icon="detection">
      Save as rule
    </LinkButton>
  );
}

function said({ query, rows, isBusy, isWhole, isPaused }: ReturnType<typeof useHunt>): string {
  if (query.isError) return '';
  const found = count(rows.length, 'event');
  if (query.isPlaceholderData || query.isPending) return 'Searching…';
  if (isWhole) return found;
  if (isBusy) return `${found} so far, searching on…`;
  return isPaused ? `${found} so far` : `${found} loaded, there are more`;
}

/** Channels of Windows all begin and end alike; what tells them apart has to fit. The panel has the whole name. */
function shortAction({ action }: Event) {
  if (!action) return <span className="soft">unknown</span>;
  return action.replace(/^Microsoft-Windows-/, '').replace('/Operational', '');
}

function Time({ row }: { row: Event }) {
  const { zone } = useSettings();
  return (
    <time dateTime={row.time ?? row.received_at} className="mono">
      {row.time ? moment(row.time, zone) : `arrived ${moment(row.received_at, zone)}`}
    </time>
  );
}

function NoRows({ hunt, search, go }: { hunt: ReturnType<typeof useHunt>; search: HuntSearch; go: (search: HuntSearch) => void }) {
  if (hunt.query.isError) return null;
  if (hunt.isWhole) return <Nothing search={search} go={go} />;
  if (!hunt.isPaused) return <Loading what="Searching" />;
  return (
    <Empty title="Nothing was found so far">
      <p>Search on in older events, or name a source and a time: then the server has less to look at.</p>
    </Empty>
  );
}

/** How to widen a search that found nothing. */
function Nothing({ search, go }: { search: HuntSearch; go: (search: HuntSearch) => void }) {
  const conditions = conditionsOf(search);
  const { event } = search;
  if (!search.q && conditions.length === 0 && !search.source && !search.rule && !search.since && !search.until) {
    return (
      <Empty title="No events are stored">
        <p>They appear here as soon as a source sends records. Set up a source in the settings.</p>
      </Empty>
    );
  }
  return (
    <Empty title="No event fits">
      <p>Everything was looked at. Take something away to find more:</p>
      <div className="row">
        {(search.since || search.until) && <Button onPress={() => go({ ...search, since: undefined, until: undefined })}>At any time</Button>}
        {search.source && <Button onPress={() => go({ ...search, source: undefined })}>From any source</Button>}
        {search.rule && <Button onPress={() => go({ ...search, rule: undefined })}>Without the rule</Button>}
        {conditions.length > 0 && <Button onPress={() => go({ ...search, field: undefined })}>Without conditions on fields</Button>}
        {search.q && <Button onPress={() => go({ ...search, q: undefined })}>Without the words</Button>}
        <Button onPress={() => go({ event })}>All events</Button>
      </div>
      {search.q && <p>Words have to be whole: “whoam” does not find “whoami”. Try fewer of them.</p>}
      {conditions.length > 0 && <p>A field has to have the whole value. Parts of a value are found as words.</p>}
    </Empty>
  );
}
