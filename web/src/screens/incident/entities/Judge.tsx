// What nobody judged yet: one by one, or several with one reason.

import { useId, useState } from 'react';

import type { Api } from '../../../api/client';
import { Button } from '../../../ui/Button';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { useMay } from '../may';
import { useRecord, type WorkFact } from '../../../ui/record';
import { useSlice } from '../../../ui/Slice';
import { Empty } from '../../../ui/State';
import { count, words } from '../../../ui/text';
import { Value } from '../../../ui/Value';
import { keyOf, KINDS, type Candidate, type Entity } from './scope';

/** A request takes at most 100 pieces of work, and what is not in scope takes two. */
const JUDGED_AT_ONCE = 50;
/** So many names stand in the question; the rest is counted. */
const NAMED = 50;

type Verdict = 'affected' | 'ruled_out';
interface Judging {
  all: readonly Candidate[];
  verdict: Verdict;
}

interface ToJudgeProps {
  id: string;
  title: string;
  open: readonly Candidate[];
  /** Whether entities can be added by hand here. */
  adds?: boolean;
}

export function ToJudge({ id, title, open, adds = false }: ToJudgeProps) {
  const heading = useId();
  const may = useMay();
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [judging, setJudging] = useState<Judging>();
  const [adding, setAdding] = useState(false);
  const { shown, more } = useSlice(open);
  const picked = open.filter(({ entity }) => chosen.has(keyOf(entity)));
  const pick = (key: string) => {
    const next = new Set(chosen);
    if (!next.delete(key)) next.add(key);
    setChosen(next);
  };
  const unpick = (done: readonly Candidate[]) => {
    const gone = new Set(done.map(({ entity }) => keyOf(entity)));
    setChosen((before) => new Set([...before].filter((key) => !gone.has(key))));
  };
  return (
    <section className="card" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          {title}
          {open.length > 0 && ` (${open.length.toLocaleString('en')})`}
        </h2>
        {may.write && picked.length > 0 && (
          <>
            <span className="soft">{count(picked.length, 'entity', 'entities')} chosen</span>
            <Button onPress={() => setJudging({ all: picked, verdict: 'affected' })}>Affected…</Button>
            <Button onPress={() => setJudging({ all: picked, verdict: 'ruled_out' })}>Rule out…</Button>
          </>
        )}
        {may.write && adds && (
          <Button icon="plus" onPress={() => setAdding(true)}>
            Add by hand…
          </Button>
        )}
      </header>
      {open.length === 0 ? (
        <Empty title="Nothing waits for a judgement">
          <p>What Quell finds later appears here. Add by hand what it cannot see.</p>
        </Empty>
      ) : (
        <Rows
          shown={shown}
          chosen={chosen}
          pick={may.write ? pick : undefined}
          judge={(each, verdict) => setJudging({ all: [each], verdict })}
        />
      )}
      {more && <div className="body">{more}</div>}
      {judging && <JudgeForm id={id} judging={judging} recorded={unpick} close={() => setJudging(undefined)} />}
      {adding && <AddForm id={id} close={() => setAdding(false)} />}
    </section>
  );
}

interface RowsProps {
  shown: readonly Candidate[];
  chosen: ReadonlySet<string>;
  /** Nothing where the reader may not judge. */
  pick?: (key: string) => void;
  judge: (each: Candidate, verdict: Verdict) => void;
}

function Rows({ shown, chosen, pick, judge }: RowsProps) {
  return (
    <div className="entities-scroll">
      <table className="entities">
        <thead>
          <tr>
            <th scope="col">Entity</th>
            <th scope="col">Why it is here</th>
            {pick && <th scope="col">Is it affected?</th>}
          </tr>
        </thead>
        <tbody>
          {shown.map((each) => {
            const key = keyOf(each.entity);
            return (
              <Row
                key={key}
                each={each}
                chosen={chosen.has(key)}
                pick={pick && (() => pick(key))}
                judge={(verdict) => judge(each, verdict)}
              />
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

interface RowProps {
  each: Candidate;
  chosen: boolean;
  /** Nothing where the reader may not judge. */
  pick?: () => void;
  judge: (verdict: Verdict) => void;
}

function Row({ each, chosen, pick, judge }: RowProps) {
  const { kind, name } = each.entity;
  return (
    <tr>
      <th scope="row">
        <span className="entity-name">
          {pick && (
            <label className="check">
              <input type="checkbox" checked={chosen} onChange={pick} />
              <span className="hidden">Choose {name}</span>
            </label>
          )}
          <span>
            <span className="soft small">{words(kind)}</span> <Value text={name} />
          </span>
        </span>
      </th>
      <td className="small">{words(each.from)}</td>
      {pick && (
        <td>
          <span className="entity-verdicts">
            <Button aria-label={`Affected… ${name}`} onPress={() => judge('affected')}>
              Affected…
            </Button>
            <Button aria-label={`Rule out… ${name}`} onPress={() => judge('ruled_out')}>
              Rule out…
            </Button>
          </span>
        </td>
      )}
    </tr>
  );
}

interface JudgeFormProps {
  id: string;
  judging: Judging;
  /** Told what is on record, portion by portion: what is left after a refusal is still to be judged. */
  recorded?: (done: readonly Candidate[]) => void;
  close: () => void;
}

export function JudgeForm({ id, judging: { all: asked, verdict }, recorded, close }: JudgeFormProps) {
  const record = useRecord(id, saidAbout);
  const [reason, setReason] = useState('');
  const [all, setLeft] = useState(asked);
  const first = all[0]?.entity.name ?? '';
  const what = all.length === 1 ? first : count(all.length, 'entity', 'entities');
  const run = async () => {
    for (let start = 0; start < all.length; start += JUDGED_AT_ONCE) {
      const portion = all.slice(start, start + JUDGED_AT_ONCE);
      await record(...portion.flatMap(({ entity, scoped }) => factsOf(entity, scoped, verdict, reason.trim())));
      recorded?.(portion);
      const left = all.slice(start + JUDGED_AT_ONCE);
      if (left.length > 0) setLeft(left);
    }
  };
  return (
    <FormDialog
      title={`${what} ${verdict === 'affected' ? (all.length === 1 ? 'is affected' : 'are affected') : 'ruled out'}`}
      act={verdict === 'affected' ? 'Judge affected' : 'Rule out'}
      ready={reason.trim() !== ''}
      close={close}
      run={run}
    >
      {all.length > 1 && (
        <ul className="bullets small wrap">
          {all.slice(0, NAMED).map(({ entity }) => (
            <li key={keyOf(entity)}>
              {words(entity.kind)} {entity.name}
            </li>
          ))}
          {all.length > NAMED && <li>and {count(all.length - NAMED, 'more', 'more')}</li>}
        </ul>
      )}
      <TextBox
        label="Reason"
        help={verdict === 'affected' ? 'What shows that the intruder was there.' : 'Where you looked, and what was not there.'}
        value={reason}
        onChange={setReason}
        lines={3}
        required
      />
    </FormDialog>
  );
}

function factsOf(entity: Entity, scoped: boolean, verdict: Verdict, reason: string): WorkFact[] {
  const judged: WorkFact = { kind: 'entity.judged', body: { entity, verdict, reason } };
  return scoped ? [judged] : [{ kind: 'entity.added', body: { entity, reason } }, judged];
}

/** What was said so far about the entities of these facts. */
function saidAbout({ entities }: Api['Work'], facts: readonly WorkFact[]): unknown {
  const names = new Set(facts.flatMap(({ body }) => ('entity' in body ? [keyOf(body.entity)] : [])));
  return entities.filter(({ entity }) => names.has(keyOf(entity)));
}

function AddForm({ id, close }: { id: string; close: () => void }) {
  const record = useRecord(id, saidAbout);
  const [kind, setKind] = useState<Entity['kind']>('host');
  const [name, setName] = useState('');
  const [verdict, setVerdict] = useState<'' | Verdict>('');
  const [reason, setReason] = useState('');
  const run = () => {
    const entity = { kind, name: name.trim() };
    const added: WorkFact = { kind: 'entity.added', body: { entity, reason: reason.trim() } };
    return record(...(verdict ? factsOf(entity, false, verdict, reason.trim()) : [added]));
  };
  return (
    <FormDialog title="Add an entity" act="Add" ready={name.trim() !== '' && reason.trim() !== ''} close={close} run={run}>
      <Choice label="Kind" value={kind} onChange={setKind} options={KINDS.map((each) => [each, words(each)] as const)} />
      <TextBox
        label="Name"
        value={name}
        onChange={setName}
        maxLength={300}
        required
        help="As records have it: names are compared letter by letter."
      />
      <Choice
        label="Is it affected?"
        value={verdict}
        onChange={setVerdict}
        options={[
          ['', 'Not known yet'],
          ['affected', 'Affected'],
          ['ruled_out', 'Ruled out'],
        ]}
      />
      <TextBox label="Reason" value={reason} onChange={setReason} lines={3} required />
    </FormDialog>
  );
}
