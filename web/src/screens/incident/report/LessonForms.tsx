// Forms about lessons.

import { useSuspenseQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Api } from '../../../api/client';
import { accountQuery } from '../../../api/queries';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { ReferenceField, referenceOf, type ReferenceDraft } from '../../../ui/Reference';
import { useRecord } from '../../../ui/record';
import { TimeBox } from '../../../ui/TimeBox';
import { useNames } from '../../../ui/Who';
import { usePeople, useRecordNow } from '../record';
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

export function AddForm({ close }: { close: () => void }) {
  const record = useRecordNow();
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
  const record = useRecord(id, ({ review }) => review.lessons.find((each) => each.id === lesson.id));
  const { data: account } = useSuspenseQuery(accountQuery);
  const people = usePeople();
  const name = useNames();
  const before = lesson.owned?.owner;
  const [owner, setOwner] = useState(before ?? account.user.id);
  // Whoever owns it stays its owner until somebody else is chosen, also where they cannot be chosen any more.
  const gone = before !== undefined && !people.some((user) => user.id === before);
  const options = people.map((user) => [user.id, user.display_name] as const);
  const [due, setDue] = useState(() => lesson.owned?.due_at ?? usualDue());
  const [proof, setProof] = useState(lesson.owned?.proof ?? '');
  const run = () => record({ kind: 'lesson.owned', body: { lesson: lesson.id, owner, due_at: due, proof: proof.trim() } });
  return (
    <FormDialog title={`Owner of lesson #${lesson.id}`} act="Record it" ready={due !== '' && proof.trim() !== ''} close={close} run={run}>
      <p className="wrap">{lesson.text}</p>
      <Choice
        label="Owner"
        value={owner}
        onChange={setOwner}
        options={gone ? [[before, `${name(before)} (as now)`], ...options] : options}
      />
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
  const record = useRecord(id, ({ review }) => review.lessons.find((each) => each.id === lesson.id));
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
  const record = useRecord(id, ({ review }) => review.lessons.find((each) => each.id === lesson.id));
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
  const record = useRecord(id, ({ review }) => review.lessons.find((each) => each.id === lesson.id));
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
