// Everything that was ever recorded about an incident, as it stands in the ledger. It changes nothing.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useCallback, useMemo, useState } from 'react';

import { api, type Api, read } from '../../../api/client';
import { accountQuery } from '../../../api/queries';
import { useAddress, type Given } from '../../../ui/address';
import { Button } from '../../../ui/Button';
import { Feed } from '../../../ui/Feed';
import { Choice } from '../../../ui/Field';
import { Filters } from '../../../ui/Filters';
import { Empty, Found, Trouble } from '../../../ui/State';
import { count } from '../../../ui/text';
import { tell } from '../../../ui/Toast';
import { Value } from '../../../ui/Value';
import { useNames } from '../../../ui/Who';
import { entriesQuery, factsOf, kindWords, saidBy, type Entry, type Said } from './entries';
import { EntryRow, Facts } from './EntryRow';
import './ledger.css';

const route = getRouteApi('/shell/incidents/$id');

/** Height of an entry with a few facts. */
const ENTRY_PX = 120;

interface Known {
  entry: Entry;
  said: Said;
  by: string;
  text: string;
}

export default function Ledger() {
  const { id } = route.useParams();
  const { as_of } = route.useSearch();
  const { data: account } = useSuspenseQuery(accountQuery);
  const query = useQuery(entriesQuery(id, as_of));
  const mayVerify = account.rights.includes('ledger:read');
  return (
    <section className="card ledger" aria-labelledby="ledger-title">
      <header>
        <h2 id="ledger-title">Ledger of this incident</h2>
        {mayVerify && as_of === undefined && <Verify />}
      </header>
      <Found query={query} what="Reading the ledger">
        {({ all }) => <Entries all={all} id={id} as_of={as_of} mayRead={mayVerify} />}
      </Found>
    </section>
  );
}

function Entries({ all, id, as_of, mayRead }: { all: Entry[]; id: string; as_of: string | undefined; mayRead: boolean }) {
  const [given, change] = useAddress();
  const name = useNames();
  const [opened, setOpened] = useState<ReadonlySet<number>>(new Set());
  const known = useKnown(all, name);
  const shown = useMemo(() => known.filter(filterOf(given)), [known, given]);
  const toggle = useCallback((seq: number) => {
    setOpened((before) => {
      const next = new Set(before);
      if (!next.delete(seq)) next.add(seq);
      return next;
    });
  }, []);
  const clear = () => change({ q: undefined, kind: undefined, actor: undefined });
  const wanted = given.entry;
  const isShown = shown.some(({ entry }) => String(entry.seq) === wanted);
  const exists = all.some((entry) => String(entry.seq) === wanted);
  return (
    <>
      <div className="body stack tight">
        <Narrow known={known} given={given} change={change} />
        <p className="small soft" role="status">
          {shown.length.toLocaleString('en')} of {count(all.length, 'entry', 'entries')}
        </p>
        {wanted !== undefined && !isShown && exists && (
          <div className="notice warn">
            <span className="grow">Entry #{wanted} is hidden by the filters.</span>
            <Button onPress={clear}>Show everything</Button>
          </div>
        )}
        {wanted !== undefined && !exists && <Elsewhere seq={wanted} mayRead={mayRead} />}
      </div>
      {shown.length === 0 ? (
        <Empty title="No entry fits">
          <p>Change the words, the kind or the person.</p>
          <Button onPress={clear}>Show everything</Button>
        </Empty>
      ) : (
        <Feed
          label="Entries, the first recorded first"
          rows={shown}
          id={({ entry }) => String(entry.seq)}
          guess={ENTRY_PX}
          current={wanted}
          show={({ entry, said, by }, titleId) => (
            <EntryRow
              entry={entry}
              said={said}
              by={by}
              titleId={titleId}
              incident={id}
              isNow={as_of === undefined}
              isOpen={opened.has(entry.seq)}
              toggle={toggle}
            />
          )}
        />
      )}
    </>
  );
}

/** Entries with what they say, and the words that a search finds them by. */
function useKnown(all: readonly Entry[], name: (actor: string) => string): Known[] {
  return useMemo(
    () =>
      all.map((entry) => {
        const said = saidBy(entry);
        const by = said.by ? `${said.by} (elsewhere)` : name(entry.actor);
        const facts = factsOf(entry.body).map((fact) => `${fact.name} ${fact.values.join(' ')}`);
        return { entry, said, by, text: [`#${entry.seq}`, said.kind, kindWords(said.kind), by, entry.hash, ...facts].join('\n').toLowerCase() };
      }),
    [all, name],
  );
}

function filterOf({ q = '', kind, actor }: Given): (known: Known) => boolean {
  const parts = q.toLowerCase().split(/\s+/).filter((word) => word !== '');
  return (known) =>
    (!kind || known.said.kind === kind) && (!actor || known.by === actor) && parts.every((part) => known.text.includes(part));
}

function Narrow({ known, given, change }: { known: readonly Known[]; given: Given; change: (values: Given, replace?: boolean) => void }) {
  const kinds = useMemo(() => countsOf(known, ({ said }) => said.kind), [known]);
  const people = useMemo(() => countsOf(known, ({ by }) => by), [known]);
  const choices = (counts: Map<string, number>, text: (value: string) => string) => [
    ['', 'Any'] as const,
    ...[...counts]
      .map(([value, number]) => [value, `${text(value)} (${number.toLocaleString('en')})`] as const)
      .sort((a, b) => a[1].localeCompare(b[1])),
  ];
  return (
    <div className="row ledger-filters">
      <div className="grow">
        <Filters
          text={given.q}
          given={given}
          change={(name, value) => change({ [name]: value }, true)}
          fixed={[]}
          free={[]}
          placeholder="Words of the entries, a host, an account, a hash…"
        />
      </div>
      <Choice label="Kind" value={given.kind ?? ''} onChange={(kind) => change({ kind: kind || undefined })} options={choices(kinds, kindWords)} />
      <Choice label="By" value={given.actor ?? ''} onChange={(actor) => change({ actor: actor || undefined })} options={choices(people, String)} />
    </div>
  );
}

function countsOf(known: readonly Known[], of: (known: Known) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const each of known) counts.set(of(each), (counts.get(of(each)) ?? 0) + 1);
  return counts;
}

/** An entry that stands in another stream: of the timeline, of a run, of another incident. */
function Elsewhere({ seq, mayRead }: { seq: string; mayRead: boolean }) {
  const number = /^[1-9]\d{0,14}$/.test(seq) ? Number(seq) : undefined;
  const name = useNames();
  const query = useQuery({
    queryKey: ['ledger', 'entry', number],
    queryFn: ({ signal }) => read(api.GET('/api/v1/ledger', { params: { query: { after: (number ?? 1) - 1, limit: 1 } }, signal })),
    enabled: mayRead && number !== undefined,
    staleTime: Infinity,
  });
  const entry = query.data?.find((each) => each.seq === number);
  const said = entry && saidBy(entry);
  return (
    <div className="notice stack tight ledger-elsewhere">
      <p>
        Entry #{seq} is not in the stream of this incident
        {entry && said ? `. It is in ${entry.stream}: ${kindWords(said.kind)}, by ${name(entry.actor)}.` : ', or not as it was at that time.'}
      </p>
      {said && <Facts facts={factsOf(said.body)} />}
    </div>
  );
}

function Verify() {
  const [busy, setBusy] = useState(false);
  const [found, setFound] = useState<Api['VerificationView']>();
  const [error, setError] = useState<unknown>();
  const verify = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const outcome = await read(api.POST('/api/v1/ledger/verification'));
      setFound(outcome);
      tell(outcome.whole ? 'The ledger is whole.' : 'The ledger is not whole.');
    } catch (refused) {
      setFound(undefined);
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  return (
    <>
      <Button icon="check" isDisabled={busy} onPress={() => void verify()}>
        {busy ? 'Verifying…' : 'Verify the whole ledger'}
      </Button>
      {error !== undefined && <Trouble error={error} again={() => void verify()} />}
      {found && <Outcome found={found} />}
    </>
  );
}

function Outcome({ found }: { found: Api['VerificationView'] }) {
  return (
    <div className={`notice ${found.whole ? 'good' : 'bad'} ledger-outcome`} role="status">
      <span className="strong">{found.whole ? 'The whole ledger is as it was written.' : 'The ledger is not as it was written.'}</span>
      <span>
        Read: {count(found.entries, 'entry', 'entries')}, {count(found.checkpoints, 'signed checkpoint')}, {count(found.stories, 'story', 'stories')}.
      </span>
      {found.head && (
        <span className="row">
          Hash of the last entry: <Value text={found.head} />
        </span>
      )}
      {found.problems.length > 0 && (
        <ul className="bullets">
          {found.problems.map((problem, index) => (
            <li key={index}>{problem}</li>
          ))}
        </ul>
      )}
    </div>
  );
}
