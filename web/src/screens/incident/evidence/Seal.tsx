// Seals a file as evidence: what is known about it, its bytes, and whether what was sealed is what is here.

import { useQueryClient, useSuspenseQuery } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';

import type { Api } from '../../../api/client';
import { accountQuery } from '../../../api/queries';
import { Button } from '../../../ui/Button';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { thisMinute, TimeBox } from '../../../ui/TimeBox';
import { tell } from '../../../ui/Toast';
import { sizeText, VOLATILITIES } from './facts';
import { hashOf, upload } from './upload';

export interface SealStart {
  volatility: Api['Volatility'];
  entity?: Api['EntityName'];
  description?: string;
}

interface SealProps {
  id: string;
  start: SealStart;
  entities: readonly Api['EntityName'][];
  close: () => void;
}

/** Progress is said this often from beginning to end: each percent would say nothing else. */
const QUARTERS = 4;

const OPTIONAL = [
  ['place', 'Where it was collected', ''],
  ['tool', 'With which tool', 'And its version.'],
  ['clock_drift_seconds', 'Clock of its origin, seconds ahead of UTC', 'Less than nothing if it is behind.'],
  ['authority', 'By what right', 'The order, the plan or the law that allows it.'],
  ['changes', 'What collecting it changed', 'And why that could not be avoided.'],
] as const;

export function Seal({ id, start, entities, close }: SealProps) {
  const { data: account } = useSuspenseQuery(accountQuery);
  const queries = useQueryClient();
  const [file, setFile] = useState<File>();
  const [about, setAbout] = useState<Record<string, string>>({
    description: start.description ?? '',
    volatility: start.volatility,
    entity: start.entity ? keyOf(start.entity) : '',
    collected_at: thisMinute(),
    collected_by: account.user.display_name,
  });
  const [running, setRunning] = useState<{ part: number; stop: () => void }>();
  const stopping = useRef<() => void>(undefined);
  // Closed, it sends nothing on that nobody sees any more.
  useEffect(() => () => stopping.current?.(), []);
  const set = (name: string) => (value: string) => setAbout((before) => ({ ...before, [name]: value }));
  const choose = (chosen: File | undefined) => {
    setFile(chosen);
    if (chosen) setAbout((before) => ({ ...before, name: chosen.name }));
  };
  const ready = file !== undefined && ['name', 'description', 'collected_at', 'collected_by'].every((name) => about[name]?.trim());
  const run = async () => {
    if (!file) return;
    const hash = hashOf(file);
    const of = entities.find((entity) => keyOf(entity) === about.entity);
    const path = `/api/v1/incidents/${encodeURIComponent(id)}/evidence?${query(about, of)}`;
    const { sealed, stop } = upload(path, file, (part) => setRunning({ part, stop }));
    stopping.current = stop;
    try {
      const answer = await sealed;
      const here = await hash.catch(() => undefined);
      // That stays in sight until somebody closes it.
      if (here !== undefined && here !== answer.sha256) throw new Error(differs(answer));
      tell(outcome(answer, here !== undefined));
    } finally {
      stopping.current = undefined;
      void queries.invalidateQueries({ queryKey: ['incident', id] });
      setRunning(undefined);
    }
  };
  return (
    <FormDialog title="Seal evidence" act="Seal" wide ready={ready} close={close} run={run}>
      <FileField choose={choose} file={file} />
      <div className="evidence-form">
        <TextBox label="Name" value={about.name ?? ''} onChange={set('name')} maxLength={300} required />
        <Choice
          label="What it is, by volatility"
          value={about.volatility ?? 'memory'}
          onChange={set('volatility')}
          options={VOLATILITIES}
        />
        <Choice
          label="Taken from"
          value={about.entity ?? ''}
          onChange={set('entity')}
          options={[['', 'No single entity'], ...entities.map((entity) => [keyOf(entity), `${entity.kind} ${entity.name}`] as const)]}
          help="Hosts, accounts and other entities in scope."
        />
        <TextBox label="Collected by" value={about.collected_by ?? ''} onChange={set('collected_by')} maxLength={300} required />
        <TimeBox label="Collected at" value={about.collected_at ?? ''} onChange={set('collected_at')} required />
      </div>
      <TextBox label="Description" value={about.description ?? ''} onChange={set('description')} lines={2} required />
      <More about={about} set={set} />
      {running && <Running part={running.part} stop={running.stop} />}
    </FormDialog>
  );
}

function More({ about, set }: { about: Record<string, string>; set: (name: string) => (value: string) => void }) {
  return (
    <details className="stack">
      <summary>More that a court would ask</summary>
      <div className="evidence-form">
        {OPTIONAL.map(([name, label, help]) => (
          <TextBox
            key={name}
            label={label}
            help={help || undefined}
            value={about[name] ?? ''}
            onChange={set(name)}
            type={name === 'clock_drift_seconds' ? 'number' : 'text'}
          />
        ))}
      </div>
    </details>
  );
}

function FileField({ file, choose }: { file: File | undefined; choose: (file: File | undefined) => void }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>File</label>
      <input id={id} type="file" className="evidence-file" required onChange={(event) => choose(event.target.files?.[0])} />
      <span className="help">
        {file ? `${sizeText(file.size)}. ` : ''}At most 1 TiB. The bytes are kept under their SHA-256 and never changed.
      </span>
    </div>
  );
}

function Running({ part, stop }: { part: number; stop: () => void }) {
  const id = useId();
  return (
    <div className="row">
      <label htmlFor={id}>Sent</label>
      <progress id={id} className="grow" value={part} />
      <span aria-hidden="true">{Math.floor(part * 100)} %</span>
      <span className="hidden" role="status">
        {Math.floor(part * QUARTERS) * (100 / QUARTERS)} % sent
      </span>
      <Button onPress={stop}>Stop</Button>
    </div>
  );
}

function keyOf(entity: Api['EntityName']): string {
  return `${entity.kind} ${entity.name}`;
}

function query(about: Record<string, string>, of: Api['EntityName'] | undefined): string {
  const { entity: _, ...rest } = about;
  const given = Object.entries(of ? { ...rest, entity_kind: of.kind, entity: of.name } : rest);
  const trimmed = given.map(([name, value]): [string, string] => [name, value.trim()]);
  return new URLSearchParams(trimmed.filter(([, value]) => value !== '')).toString();
}

function outcome({ id, sha256 }: Api['Sealed'], isCompared: boolean): string {
  if (isCompared) return `Sealed as evidence #${id}. Its hash is that of the file here.`;
  return `Sealed as evidence #${id}. Compare its hash with the one where you collected it: ${sha256}`;
}

function differs({ id, sha256 }: Api['Sealed']): string {
  return `It was sealed as evidence #${id}, but its hash is not that of the file here: it changed on the way or while it was read. Seal it again. Sealed: ${sha256}`;
}
