// One piece of evidence: what is known about it, what happened to it, and what can be done with it.

import { useState } from 'react';

import { useQueryClient } from '@tanstack/react-query';

import { api, type Api, download } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { useMay } from '../may';
import { useRecord, type WorkFact } from '../../../ui/record';
import { words } from '../../../ui/text';
import { tell } from '../../../ui/Toast';
import { Value } from '../../../ui/Value';
import { Moment } from '../../../ui/When';
import { Who } from '../../../ui/Who';
import { fileName, type Piece } from './facts';

type Deed = 'download' | 'transfer' | 'hold' | 'lift' | 'release' | 'redact';

export function Custody({ id, piece }: { id: string; piece: Piece }) {
  return (
    <div className="custody">
      <div className="stack">
        <p className="wrap">{piece.about.description}</p>
        <About piece={piece} />
        <Deeds id={id} piece={piece} />
      </div>
      <div className="stack tight">
        <h3>Custody</h3>
        <ol className="chain">
          {piece.custody.map((step, at) => (
            <li
              key={`${step.stamp.entry} ${at}`}
              className={step.what === 'redacted' || step.what === 'released' ? 'alerted' : undefined}
            >
              <p className="row small">
                <span className="strong">{words(step.what)}</span>
                <Moment at={step.stamp.at} />
                <span className="soft">
                  by <Who id={step.stamp.actor} />, entry #{step.stamp.entry}
                </span>
              </p>
              {step.text && <p className="wrap">{step.text}</p>}
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

function About({ piece }: { piece: Piece }) {
  const { about } = piece;
  const drift = about.clock_drift_seconds;
  const facts: [string, string | null | undefined][] = [
    ['Where', about.place],
    ['Tool', about.tool],
    ['Clock', typeof drift === 'number' ? `${Math.abs(drift)} s ${drift < 0 ? 'behind' : 'ahead of'} UTC` : undefined],
    ['By what right', about.authority],
    ['What it changed', about.changes],
  ];
  return (
    <dl className="facts">
      <dt>SHA-256</dt>
      <dd>
        <Value text={piece.sha256} />
      </dd>
      <dt>Size</dt>
      <dd>{piece.size_bytes.toLocaleString('en')} bytes</dd>
      <dt>Collected</dt>
      <dd>
        <Moment at={about.collected_at} /> by {about.collected_by}
      </dd>
      {facts
        .filter(([, value]) => value)
        .map(([name, value]) => (
          <div key={name} className="pair">
            <dt>{name}</dt>
            <dd className="wrap">{value}</dd>
          </div>
        ))}
    </dl>
  );
}

function Deeds({ id, piece }: { id: string; piece: Piece }) {
  const may = useMay();
  const [deed, setDeed] = useState<Deed>();
  const here = !piece.redacted && !piece.released;
  const close = () => setDeed(undefined);
  const deeds: [Deed, string, boolean][] = [
    ['download', 'Download…', may.write && here],
    ['transfer', 'Hand over…', may.write && !piece.released],
    ['hold', 'Legal hold…', may.lead && !piece.held && !piece.released],
    ['lift', 'Lift the hold…', may.lead && piece.held],
    ['release', 'Release…', may.lead && !piece.held && !piece.released],
    ['redact', 'Redact…', may.lead && !piece.held && !piece.redacted],
  ];
  return (
    <>
      <div className="row">
        {deeds
          .filter(([, , possible]) => possible)
          .map(([name, text]) => (
            <Button key={name} look={name === 'redact' ? 'danger' : 'plain'} onPress={() => setDeed(name)}>
              {text}
            </Button>
          ))}
      </div>
      {piece.held && may.lead && <p className="small soft">While it is under legal hold it can be neither redacted nor released.</p>}
      {deed && <DeedForm id={id} piece={piece} deed={deed} close={close} />}
    </>
  );
}

const ASKED: Record<Deed, { title: string; reason: string; act: string; note: string }> = {
  download: {
    title: 'Download',
    reason: 'Purpose',
    act: 'Download',
    note: 'Who read it and why goes into its custody. It may be harmful: open it only where that is safe.',
  },
  transfer: {
    title: 'Hand over',
    reason: 'Purpose',
    act: 'Record it',
    note: 'Records that it was given to somebody. Quell sends nothing.',
  },
  hold: {
    title: 'Put under legal hold',
    reason: 'Reason',
    act: 'Hold',
    note: 'It can be neither redacted nor released until the hold is lifted.',
  },
  lift: { title: 'Lift the legal hold', reason: 'Reason', act: 'Lift the hold', note: 'After this it can be redacted and released.' },
  release: {
    title: 'Release',
    reason: 'Reason, and to whom',
    act: 'Release',
    note: 'Says that it left Quell. From then on it is neither given out nor verified here. This cannot be undone.',
  },
  redact: {
    title: 'Redact',
    reason: 'Reason',
    act: 'Remove the bytes for good',
    note: 'Removes the bytes for good. Hash and custody stay. This cannot be undone.',
  },
};

function DeedForm({ id, piece, deed, close }: { id: string; piece: Piece; deed: Deed; close: () => void }) {
  const record = useRecord(id, ({ evidence }) => standing(evidence.find((each) => each.id === piece.id)));
  const queries = useQueryClient();
  const [reason, setReason] = useState('');
  const [to, setTo] = useState('');
  const [how, setHow] = useState('');
  const { title, reason: label, act, note } = ASKED[deed];
  const ready = reason.trim() !== '' && (deed !== 'transfer' || (to.trim() !== '' && how.trim() !== ''));
  const run = async () => {
    const text = reason.trim();
    const path = { id, item: piece.id };
    if (deed === 'download') {
      await save(id, piece, text);
    } else if (deed === 'redact') {
      const { data } = await api.POST('/api/v1/incidents/{id}/evidence/{item}/redaction', { params: { path }, body: { reason: text } });
      if (data) tell(`Evidence #${piece.id}: ${data.found}`);
    } else {
      await record(factOf(deed, piece.id, text, to.trim(), how.trim()));
    }
    await queries.invalidateQueries({ queryKey: ['incident', id] });
  };
  return (
    <FormDialog
      title={`${title}: #${piece.id} ${piece.about.name}`}
      act={act}
      danger={deed === 'redact'}
      ready={ready}
      close={close}
      run={run}
    >
      <p className={deed === 'redact' || deed === 'release' ? 'notice warn' : 'soft'}>{note}</p>
      {deed === 'transfer' && (
        <>
          <TextBox label="To whom" value={to} onChange={setTo} maxLength={300} required />
          <TextBox label="How" value={how} onChange={setHow} maxLength={300} required help="By hand, on a sealed disk, by courier." />
        </>
      )}
      <TextBox label={label} value={reason} onChange={setReason} lines={3} required />
    </FormDialog>
  );
}

/** What a deed depends on; that somebody read or verified it meanwhile is no such thing. */
function standing(piece: Piece | undefined): unknown {
  return piece && [piece.held, piece.released, piece.redacted, piece.intact, piece.custody.filter(({ what }) => what === 'transferred').length];
}

function factOf(deed: 'transfer' | 'hold' | 'lift' | 'release', evidence: number, reason: string, to: string, how: string): WorkFact {
  switch (deed) {
    case 'transfer':
      return { kind: 'evidence.transferred', body: { evidence, to, how, purpose: reason } };
    case 'hold':
      return { kind: 'evidence.held', body: { evidence, reason } };
    case 'lift':
      return { kind: 'evidence.hold_lifted', body: { evidence, reason } };
    case 'release':
      return { kind: 'evidence.released', body: { evidence, reason } };
  }
}

/** Saves the bytes as a file: the browser never shows what may be harmful. */
function save(id: string, piece: Piece, purpose: string): Promise<void> {
  return download(`/api/v1/incidents/${encodeURIComponent(id)}/evidence/${piece.id}/content`, fileName(piece), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ purpose } satisfies Api['ReadingPurpose']),
  });
}

export function States({ states }: { states: { text: string; tone: 'plain' | 'good' | 'warn' | 'bad' | 'accent' }[] }) {
  return (
    <span className="row">
      {states.map(({ text, tone }) => (
        <Badge key={text} tone={tone}>
          {text}
        </Badge>
      ))}
    </span>
  );
}
