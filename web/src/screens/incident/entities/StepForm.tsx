// A step of an entity: done how, verified how, or not done after all.

import { useState } from 'react';

import type { Api } from '../../../api/client';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { useMay } from '../may';
import { ReferenceField, referenceOf, referenceText, type ReferenceDraft } from '../../../ui/Reference';
import { useRecord, type WorkFact } from '../../../ui/record';
import { Moment } from '../../../ui/When';
import { Who } from '../../../ui/Who';
import { keyOf, stepLook, STEPS, type EntityWork, type Step } from './scope';

export type Evidence = Api['Evidence'];
type Deed = 'done' | 'verified' | 'reopened';

const HELP: Record<Step, string> = {
  contain: 'How it was cut off, and what of it still works.',
  clean: 'What was removed, and how you know that this is all.',
  check_source: 'Which backup or image, and why it is from before the intrusion.',
  restore: 'From what, and with which changes against the same way in.',
};

interface StepFormProps {
  id: string;
  work: EntityWork;
  step: Step;
  evidence: readonly Evidence[];
  close: () => void;
}

export function StepForm({ id, work, step, evidence, close }: StepFormProps) {
  const record = useRecord(id, ({ entities }) => entities.find((each) => keyOf(each.entity) === keyOf(work.entity)));
  const may = useMay();
  const { state } = stepLook(work, step);
  const [deed, setDeed] = useState<Deed>(state === 'open' ? 'done' : state === 'done' ? 'verified' : 'reopened');
  const [how, setHow] = useState('');
  const [shown, setShown] = useState<ReferenceDraft>({ kind: 'elsewhere', text: '' });
  const deeds: (readonly [Deed, string])[] = [];
  if (state === 'done') deeds.push(['verified', 'It was verified']);
  if (state === 'done' || state === 'verified') deeds.push(['reopened', 'It is not done after all']);
  const reference = referenceOf(shown);
  const name = STEPS.find(([each]) => each === step)?.[1] ?? step;
  const writable = may.write && work.judged?.verdict === 'affected' && !work.retired;
  const run = async () => {
    if (writable) await record(factOf(deed, work, step, how.trim(), reference));
  };
  const label = deed === 'done' ? 'How it was done' : deed === 'verified' ? 'How it was verified' : 'Why it is not done';
  return (
    <FormDialog
      title={`${name}: ${work.entity.name}`}
      act={!writable ? 'Close' : deed === 'done' ? 'Record it as done' : deed === 'verified' ? 'Record it as verified' : 'Reopen'}
      ready={!writable || how.trim() !== ''}
      close={close}
      run={run}
    >
      <SoFar work={work} step={step} />
      {writable && deeds.length > 1 && <Choice label="What to record" value={deed} onChange={setDeed} options={deeds} />}
      {writable && (
        <TextBox label={label} help={deed === 'done' ? HELP[step] : undefined} value={how} onChange={setHow} lines={3} required />
      )}
      {writable && deed === 'verified' && (
        <ReferenceField label="What shows it (if there is something)" value={shown} onChange={setShown} evidence={evidence} />
      )}
    </FormDialog>
  );
}

function SoFar({ work, step }: { work: EntityWork; step: Step }) {
  const done = work.steps.find((each) => each.step === step);
  if (!done) return <p className="soft">Not done yet.</p>;
  return (
    <dl className="facts">
      <dt>Done</dt>
      <dd>
        <p className="wrap">{done.how}</p>
        <p className="small soft">
          <Moment at={done.done.at} /> by <Who id={done.done.actor} />, entry #{done.done.entry}
        </p>
      </dd>
      <dt>Verified</dt>
      <dd>
        {done.verified ? (
          <>
            <p className="wrap">{done.verified.how}</p>
            {done.verified.references.length > 0 && (
              <p className="small wrap">Shown by {done.verified.references.map(referenceText).join('; ')}</p>
            )}
            <p className="small soft">
              <Moment at={done.verified.stamp.at} /> by <Who id={done.verified.stamp.actor} />, entry #{done.verified.stamp.entry}
            </p>
          </>
        ) : (
          'Nobody verified it yet.'
        )}
      </dd>
    </dl>
  );
}

function factOf(deed: Deed, { entity }: EntityWork, step: Step, how: string, reference: Api['Reference'] | undefined): WorkFact {
  if (deed === 'done') return { kind: 'entity.step_done', body: { entity, step, how } };
  if (deed === 'reopened') return { kind: 'entity.step_reopened', body: { entity, step, reason: how } };
  return { kind: 'entity.step_verified', body: { entity, step, how, references: reference ? [reference] : [] } };
}

export function RetireForm({ id, work, close }: { id: string; work: EntityWork; close: () => void }) {
  const record = useRecord(id, ({ entities }) => entities.find((each) => keyOf(each.entity) === keyOf(work.entity)));
  const [how, setHow] = useState('');
  return (
    <FormDialog
      title={`Retire ${work.entity.name}`}
      act="Retire"
      danger
      ready={how.trim() !== ''}
      close={close}
      run={() => record({ kind: 'entity.retired', body: { entity: work.entity, how: how.trim() } })}
    >
      <p className="soft">For what is destroyed, disabled for good or replaced. No further step is asked of it.</p>
      <TextBox label="How" value={how} onChange={setHow} lines={3} required />
    </FormDialog>
  );
}
