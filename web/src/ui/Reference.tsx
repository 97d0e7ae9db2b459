// What shows that something is so: evidence, an entry, an event, an alert, or something outside of Quell.

import type { Api } from '../api/client';
import { Choice, TextBox } from './Field';

type Reference = Api['Reference'];
export type ReferenceKind = 'elsewhere' | 'evidence' | 'entry' | 'event' | 'alert';
export interface ReferenceDraft {
  kind: ReferenceKind;
  text: string;
}

const KINDS: readonly (readonly [ReferenceKind, string, string])[] = [
  ['elsewhere', 'Something outside of Quell', 'A ticket, a receipt, a document: where to find it.'],
  ['evidence', 'Sealed evidence', 'Its number in this incident.'],
  ['entry', 'An entry of the ledger', 'Its number.'],
  ['event', 'A stored event', 'Its id, as alerts name it.'],
  ['alert', 'An alert', 'Its id.'],
];

interface ReferenceFieldProps {
  label: string;
  value: ReferenceDraft;
  onChange: (value: ReferenceDraft) => void;
  evidence: readonly Api['Evidence'][];
  help?: string;
}

export function ReferenceField({ label, value, onChange, evidence, help }: ReferenceFieldProps) {
  const kind = KINDS.find(([name]) => name === value.kind);
  const pieces = value.kind === 'evidence' && evidence.length > 0;
  return (
    <>
      <Choice
        label={label}
        value={value.kind}
        onChange={(chosen) => onChange({ kind: chosen, text: chosen === 'evidence' ? String(evidence[0]?.id ?? '') : '' })}
        options={KINDS.map(([name, text]) => [name, text] as const)}
      />
      {pieces ? (
        <Choice
          label="Which"
          value={value.text}
          onChange={(text) => onChange({ ...value, text })}
          options={evidence.map((piece) => [String(piece.id), `#${piece.id} ${piece.about.name}`] as const)}
          help={help}
        />
      ) : (
        <TextBox
          label="Which"
          value={value.text}
          onChange={(text) => onChange({ ...value, text })}
          help={help ?? kind?.[2]}
          maxLength={300}
        />
      )}
    </>
  );
}

/** The reference, if enough was said for one. */
export function referenceOf({ kind, text }: ReferenceDraft): Reference | undefined {
  const said = text.trim();
  if (said === '') return undefined;
  if (kind === 'elsewhere') return { elsewhere: said };
  if (kind === 'event') return { event: said };
  if (kind === 'alert') return { alert: said };
  const number = Number(said.replace(/^#/, ''));
  if (!Number.isSafeInteger(number)) return undefined;
  return kind === 'evidence' ? { evidence: number } : { entry: number };
}

export function referenceText(reference: Reference): string {
  if ('elsewhere' in reference) return reference.elsewhere;
  if ('evidence' in reference) return `evidence #${reference.evidence}`;
  if ('entry' in reference) return `entry #${reference.entry}`;
  if ('event' in reference) return `event ${reference.event}`;
  return `alert ${reference.alert}`;
}
