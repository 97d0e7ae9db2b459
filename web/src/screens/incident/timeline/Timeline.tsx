// The timeline of an incident as people curate it. It is read whole, and drawn only where it is in view. Looked at as it was
// earlier, nothing of it can be changed.

import { useQueries, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useDeferredValue, useMemo, useState } from 'react';

import { api } from '../../../api/client';
import { useAddress, type Given } from '../../../ui/address';
import { Button } from '../../../ui/Button';
import { csvOf } from '../../../ui/csv';
import { Ask } from '../../../ui/Ask';
import { Feed } from '../../../ui/Feed';
import { saveFile } from '../../../ui/file';
import { Filters } from '../../../ui/Filters';
import { Icon } from '../../../ui/Icon';
import { postWork } from '../../../ui/record';
import { Said } from '../../../ui/Said';
import { Empty, Loading, Trouble } from '../../../ui/State';
import { count } from '../../../ui/text';
import { tell, tellTrouble } from '../../../ui/Toast';
import { useNames } from '../../../ui/Who';
import { entriesQuery, LED } from '../ledger/entries';
import { useMay } from '../may';
import { ItemForm } from './ItemForm';
import { arrange, bodyOf, KINDS, matches, tableOf, useTimeline, type Item, type Known, type Placed } from './items';
import { Row, type Act } from './Row';
import { Strip } from './Strip';
import './timeline.css';

const route = getRouteApi('/shell/incidents/$id');

const CSV = 'text/csv;charset=utf-8';
/** Height of an item without more text. */
const ROW_PX = 82;

interface Asked {
  act: Act | 'add';
  item?: Item;
}

export default function Timeline() {
  const { id } = route.useParams();
  const { as_of } = route.useSearch();
  const may = useMay();
  const [given, change] = useAddress();
  const { query, known, isWhole } = useTimeline(id, as_of);
  const [asked, setAsked] = useState<Asked>();
  const { matching, placed } = useShown(known, given.kind, given.q, given.since, given.until);
  const originOf = useOrigins(known, may);
  const name = useNames();
  const [opened, open] = useState<Item>();
  const act = useCallback((act: Act, item: Item) => setAsked({ act, item }), []);
  const hidden = given.item !== undefined && !placed.some(({ item }) => String(item.id) === given.item);
  const clear = () => change({ kind: undefined, q: undefined, since: undefined, until: undefined });
  return (
    <section className="card timeline" aria-labelledby="timeline-title">
      <header>
        <h2 id="timeline-title">Timeline</h2>
        <Said
          className="soft small"
          text={isWhole ? `${placed.length.toLocaleString('en')} of ${count(known.length, 'item')}` : `${count(known.length, 'item')} so far…`}
        />
        <Button isDisabled={placed.length === 0} onPress={() => saveFile(`${id}-timeline.csv`, csvOf(tableOf(placed, name)), CSV)}>
          Export as CSV
        </Button>
        {may.write && (
          <Button look="primary" icon="plus" onPress={() => setAsked({ act: 'add' })}>
            Add
          </Button>
        )}
      </header>
      {query.isError && <Trouble error={query.error} again={() => void (known.length > 0 ? query.fetchNextPage() : query.refetch())} />}
      {known.length > 0 && (
        <div className="body stack">
          <Narrow known={known} matching={matching} given={given} change={change} />
          {hidden && isWhole && <Hidden item={given.item ?? ''} known={known} clear={clear} />}
        </div>
      )}
      {placed.length > 0 && (
        <Feed
          label="Timeline, the earliest first"
          rows={placed}
          id={({ item }) => String(item.id)}
          guess={ROW_PX}
          current={given.item}
          busy={!isWhole}
          show={(row, titleId) => (
            <Row
              placed={row}
              titleId={titleId}
              by={name(row.item.actor)}
              incident={id}
              as_of={as_of}
              origin={originOf(row.item)}
              isOpen={row.item.id === opened?.id}
              open={open}
              act={act}
            />
          )}
        />
      )}
      {placed.length === 0 && !query.isError && <Nothing loaded={isWhole} any={known.length > 0} write={may.write} clear={clear} />}
      <Asking asked={asked} close={() => setAsked(undefined)} incident={id} known={known} />
    </section>
  );
}

interface NarrowProps {
  known: readonly Known[];
  matching: readonly Known[];
  given: Given;
  change: (values: Given, replace?: boolean) => void;
}

/** All that narrows the list. */
function Narrow({ known, matching, given, change }: NarrowProps) {
  return (
    <>
      <Strip all={known} known={matching} since={given.since} until={given.until} change={(since, until) => change({ since, until }, true)}>
        <Filters
          text={given.q}
          given={given}
          change={(field, value) => change({ [field]: value }, true)}
          fixed={[]}
          free={[]}
          placeholder="Words of the items, a name, #12…"
        />
      </Strip>
      <Kinds known={known} chosen={given.kind} choose={(kind) => change({ kind })} />
    </>
  );
}

/** What the filters leave; the list may come a moment after the keys that narrow it. */
function useShown(known: readonly Known[], kind = '', text = '', since = '', until = '') {
  const matching = useMemo(() => {
    const kinds = new Set(kind.split(',').filter((each) => each !== ''));
    const words = text.toLowerCase().split(/\s+/).filter((word) => word !== '');
    return known.filter((each) => matches(each, kinds, words));
  }, [known, kind, text]);
  const within = useDeferredValue(matching);
  const placed = useMemo((): Placed[] => {
    const from = since === '' ? -Infinity : Date.parse(since);
    const to = until === '' ? Infinity : Date.parse(until);
    return arrange(within.filter(({ ms }) => !(ms < from) && !(ms > to)));
  }, [within, since, until]);
  return { matching, placed };
}

/** Tells what people wrote from what the work says: only the latter's entries are in the stream of the incident. */
function useOrigins(known: readonly Known[], { write, lead }: { write: boolean; lead: boolean }) {
  const incidents = useMemo(() => [...new Set(known.map(({ item }) => item.incident))], [known]);
  const answers = useQueries({ queries: incidents.map((incident) => ({ ...entriesQuery(incident), enabled: write })) });
  const entries = new Map(incidents.map((incident, index) => [incident, answers[index]?.data]));
  return (item: Item) => {
    const all = entries.get(item.incident);
    if (!write || !all) return undefined;
    const kind = all.kinds.get(item.entry);
    if (kind === undefined) return 'written' as const;
    return LED.has(kind) && !lead ? ('fixed' as const) : ('work' as const);
  };
}

function Kinds({ known, chosen = '', choose }: { known: readonly Known[]; chosen?: string; choose: (kinds: string | undefined) => void }) {
  const on = new Set(chosen.split(',').filter((kind) => kind !== ''));
  const toggle = (kind: string) => {
    const next = new Set(on);
    if (!next.delete(kind)) next.add(kind);
    choose(next.size === 0 || next.size === KINDS.length ? undefined : [...next].join(','));
  };
  const counts = useMemo(() => {
    const all: Record<string, number> = {};
    for (const { item } of known) all[item.kind] = (all[item.kind] ?? 0) + 1;
    return all;
  }, [known]);
  return (
    <div className="row" role="group" aria-label="Only these kinds">
      {KINDS.map(({ kind, icon, word }) => (
        <button key={kind} type="button" className={`button kind-${kind}`} aria-pressed={on.has(kind)} onClick={() => toggle(kind)}>
          <span className="kind-swatch" />
          <Icon name={icon} />
          {word}s ({(counts[kind] ?? 0).toLocaleString('en')})
        </button>
      ))}
      {on.size > 0 && <Button onPress={() => choose(undefined)}>All kinds</Button>}
    </div>
  );
}

function Hidden({ item, known, clear }: { item: string; known: readonly Known[]; clear: () => void }) {
  if (!known.some((each) => String(each.item.id) === item)) return <div className="notice warn">There is no item #{item} on this timeline. It may have been removed.</div>;
  return (
    <div className="notice warn">
      <span className="grow">Item #{item} is hidden by the filters.</span>
      <Button onPress={clear}>Show everything</Button>
    </div>
  );
}

function Nothing({ loaded, any, write, clear }: { loaded: boolean; any: boolean; write: boolean; clear: () => void }) {
  if (any) {
    return (
      <Empty title="No item fits">
        <p>Change the words, the kinds or the times.</p>
        <Button onPress={clear}>Show everything</Button>
      </Empty>
    );
  }
  if (!loaded) return <Loading what="Reading the timeline" />;
  return (
    <Empty title="Nothing is on the timeline yet">
      <p>
        What the work decides comes here by itself.
        {write && ' Add what happened, or paste several lines with times at once.'}
      </p>
    </Empty>
  );
}

interface AskingProps {
  asked: Asked | undefined;
  close: () => void;
  incident: string;
  known: readonly Known[];
}

function Asking({ asked, close, incident, known }: AskingProps) {
  const queries = useQueryClient();
  const refresh = () => queries.invalidateQueries({ queryKey: ['incident', incident] });
  const item = asked?.item;
  const putBack = async (gone: Item) => {
    await api.POST('/api/v1/incidents/{id}/timeline', { params: { path: { id: incident } }, body: { items: [bodyOf(gone)] } });
    await refresh();
  };
  const remove = async (gone: Item, reason: string) => {
    await api.POST('/api/v1/incidents/{id}/timeline/{item}/removal', { params: { path: { id: incident, item: gone.id } }, body: { reason } });
    await refresh();
    tell(`#${gone.id} was removed.`, { label: 'Put it back', run: () => void putBack(gone).catch(tellTrouble) });
  };
  const undo = async (said: Item, reason: string) => {
    await postWork(incident, [{ kind: 'entry.undone', body: { entry: said.entry, reason } }]);
    await refresh();
  };
  if (asked && (asked.act === 'add' || asked.act === 'edit' || asked.act === 'part')) {
    const edited = asked.act === 'edit' ? item : undefined;
    const latest = edited && known.find((each) => each.item.id === edited.id)?.item;
    return <ItemForm incident={incident} item={edited} parent={asked.act === 'part' ? item?.id : undefined} latest={latest} close={close} />;
  }
  const undoing = asked?.act === 'undo';
  return (
    <Ask
      title={item ? `${undoing ? 'Undo' : 'Remove'} #${item.id}: ${item.title}` : ''}
      open={item !== undefined}
      close={close}
      act={undoing ? 'Undo' : 'Remove'}
      danger
      reason="Why"
      run={async (reason) => item && (undoing ? undo(item, reason) : remove(item, reason))}
    >
      <p className="small soft">
        {undoing
          ? 'The work that it comes from will not count any more. The entry stays in the ledger. An undoing cannot be undone: do the work anew.'
          : 'It stays in the ledger. Put back, it gets another number, and its parts stand for themselves.'}
      </p>
    </Ask>
  );
}
