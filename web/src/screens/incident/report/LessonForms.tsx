// Forms about lessons.

import { useQuery, useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Api } from '../../../api/client';
import { accountQuery, usersQuery } from '../../../api/queries';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { ReferenceField, referenceOf, type ReferenceDraft } from '../../../ui/Reference';
import { useRecord } from '../../../ui/record';
import { TimeBox } from '../../../ui/TimeBox';
import type { Lesson } from './Lessons';

const TARGETS: readonly (readonly [Api['Target'], string])[] = [
  ['rule', 'A rule'],
  ['playbook', 'A playbook'],
  ['plan', 'The plan'],
  ['control', 'A control'],
  ['training', 'Training'],
];
const DAY_MS = 86_400_000;
/** A due date that is proposed: soon enough to be remembered. */
const DUE_DAYS = 30;

interface FormProps {
  id: string;
  lesson: Lesson;
  close: () => void;
}

export function AddForm({ id, close }: { id: string; close: () => void }) {
  const record = useRecord(id);
  const [text, setText] = useState('');
  const [target, setTarget] = useState<Api['Target']>('control');
  const [name, setName] = useState('');
  const run = () => record({ kind: 'lesson.found', body: { text: text.trim(), target, name: name.trim() || null } });
  return (
    <FormDialog title="Add a lesson" act="Add" ready={text.trim() !== ''} close={close} run={run}>
      <TextBox label="What was learnt, and what has to change" value={text} onChange={setText} lines={3} required />
      <Choice label="What it changes" value={target} onChange={setTarget} options={TARGETS} />
      <TextBox
        label="Its name, if it has one"
        value={name}
        onChange={setName}
        maxLength={300}
        help="Of the rule, the playbook, the control."
      />
    </FormDialog>
  );
}

export function OwnForm({ id, lesson, close }: FormProps) {
  const record = useRecord(id);
  const { data: account } = useSuspenseQuery(accountQuery);
  const users = useQuery({ ...usersQuery, enabled: account.rights.includes('users:read') });
  const people = users.data?.items.filter((user) => user.enabled) ?? [account.user];
  const before = lesson.owned;
  const [owner, setOwner] = useState(people.find((user) => user.id === before?.owner)?.id ?? account.user.id);
  const [due, setDue] = useState(() => before?.due_at ?? usualDue());
  const [proof, setProof] = useState(before?.proof ?? '');
  const run = () => record({ kind: 'lesson.owned', body: { lesson: lesson.id, owner, due_at: due, proof: proof.trim() } });
  return (
    <FormDialog title={`Owner of lesson #${lesson.id}`} act="Record it" ready={due !== '' && proof.trim() !== ''} close={close} run={run}>
      <p className="wrap">{lesson.text}</p>
      <Choice label="Owner" value={owner} onChange={setOwner} options={people.map((user) => [user.id, user.display_name] as const)} />
      <TimeBox label="Due" value={due} onChange={setDue} required />
      <TextBox
        label="What will prove it"
        value={proof}
        onChange={setProof}
        lines={2}
        required
        help="A test that fails today and passes then."
      />
    </FormDialog>
  );
}

export function CloseForm({ id, lesson, evidence, close }: FormProps & { evidence: readonly Api['Evidence'][] }) {
  const record = useRecord(id);
  const [shown, setShown] = useState<ReferenceDraft>({ kind: 'elsewhere', text: '' });
  const [how, setHow] = useState('');
  const reference = referenceOf(shown);
  const run = async () => {
    if (reference) await record({ kind: 'lesson.closed', body: { lesson: lesson.id, reference, how: how.trim() } });
  };
  return (
    <FormDialog
      title={`Close lesson #${lesson.id}`}
      act="Close it"
      ready={reference !== undefined && how.trim() !== ''}
      close={close}
      run={run}
    >
      <p className="wrap">To be proven by: {lesson.owned?.proof}</p>
      <ReferenceField label="What proves it" value={shown} onChange={setShown} evidence={evidence} />
      <TextBox label="How it proves it" value={how} onChange={setHow} lines={3} required />
    </FormDialog>
  );
}

export function DropForm({ id, lesson, close }: FormProps) {
  const record = useRecord(id);
  const [reason, setReason] = useState('');
  const run = () => record({ kind: 'lesson.dropped', body: { lesson: lesson.id, reason: reason.trim() } });
  return (
    <FormDialog title={`Drop lesson #${lesson.id}`} act="Drop it" danger ready={reason.trim() !== ''} close={close} run={run}>
      <p className="wrap">{lesson.text}</p>
      <TextBox label="Why nothing will change" value={reason} onChange={setReason} lines={3} required />
    </FormDialog>
  );
}

export function ShareForm({ id, lesson, close }: FormProps) {
  const record = useRecord(id);
  const [to, setTo] = useState('');
  const run = () => record({ kind: 'lesson.shared', body: { lesson: lesson.id, with: to.trim() } });
  return (
    <FormDialog title={`Lesson #${lesson.id} was told`} act="Record it" ready={to.trim() !== ''} close={close} run={run}>
      <TextBox label="To whom" value={to} onChange={setTo} maxLength={300} required />
    </FormDialog>
  );
}

/** The beginning of a day, some days ahead. */
function usualDue(): string {
  return new Date((Math.ceil(Date.now() / DAY_MS) + DUE_DAYS) * DAY_MS).toISOString();
}
