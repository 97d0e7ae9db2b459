// Is it an incident, how bad is it, and of what kind.

import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';

import type { Api } from '../../../api/client';
import { handbookQuery } from '../../../api/queries';
import { Severity } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Check, Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { useRecord } from '../../../ui/record';
import { words } from '../../../ui/text';
import { Moment } from '../../../ui/When';
import { useMay } from '../may';
import { useNames } from '../../../ui/Who';
import { useRecordNow } from '../record';

type Asked = 'declare' | 'severity' | 'class';

export function Triage({ id, triage }: { id: string; triage: Api['Triage'] }) {
  const [asked, setAsked] = useState<Asked>();
  const mayWrite = useMay().write;
  const name = useNames();
  const close = () => setAsked(undefined);
  const latest = triage.severities.at(-1);
  const line = (stamp: Api['Stamp']) => (
    <span className="soft small">
      {name(stamp.actor)}, <Moment at={stamp.at} />
    </span>
  );
  return (
    <section className="card" aria-labelledby="triage">
      <header>
        <h2 id="triage">Triage</h2>
      </header>
      <div className="body stack">
        <div className="stack tight">
          <h3>Declared</h3>
          {triage.declared ? (
            <p>
              {triage.declared.reason} {line(triage.declared.stamp)}
            </p>
          ) : (
            <p className="soft">Not yet: the hours of the communication plan and of usual tasks count from it.</p>
          )}
          {mayWrite && !triage.declared && <OpenButton look="primary" text="Declare it an incident" open={() => setAsked('declare')} />}
        </div>
        <div className="stack tight">
          <h3>Severity, as people judge it</h3>
          {latest ? (
            <>
              <div className="row">
                <Severity level={latest.result.level} />
                {latest.result.nciss && <span className="soft small">NCISS {latest.result.nciss.score.toFixed(1)}</span>}
                {line(latest.stamp)}
              </div>
              <p>{latest.reason}</p>
              <ul className="bullets soft small">
                {latest.result.why.map((why) => (
                  <li key={why}>{why}</li>
                ))}
              </ul>
            </>
          ) : (
            <p className="soft">Not judged yet; what is shown above is what the detections say.</p>
          )}
          {mayWrite && <OpenButton text={latest ? 'Judge it again' : 'Judge the severity'} open={() => setAsked('severity')} />}
        </div>
        <div className="stack tight">
          <h3>Class</h3>
          {triage.class ? (
            <p>
              {triage.class.class.rsit ? words(triage.class.class.rsit) : 'Without a type'}: {triage.class.reason} {line(triage.class.stamp)}
            </p>
          ) : (
            <p className="soft">Not classified yet.</p>
          )}
          {mayWrite && <OpenButton text={triage.class ? 'Classify it anew' : 'Classify it'} open={() => setAsked('class')} />}
        </div>
      </div>
      {asked === 'declare' && <Declare close={close} />}
      {asked === 'severity' && <JudgeSeverity id={id} before={latest?.inputs} close={close} />}
      {asked === 'class' && <Classify id={id} before={triage.class?.class} close={close} />}
    </section>
  );
}

function OpenButton({ text, open, look }: { text: string; open: () => void; look?: 'primary' }) {
  return (
    <div>
      <Button look={look} onPress={open}>
        {text}
      </Button>
    </div>
  );
}

function Declare({ close }: { close: () => void }) {
  const record = useRecordNow();
  const { data } = useQuery(handbookQuery);
  const [criteria, setCriteria] = useState<ReadonlySet<string>>(new Set());
  const [reason, setReason] = useState('');
  return (
    <FormDialog
      title="Declare it an incident"
      close={close}
      act="Declare it"
      ready={criteria.size > 0 && reason.trim() !== ''}
      run={() => record({ kind: 'incident.declared', body: { criteria: [...criteria], reason: reason.trim() } })}
    >
      <fieldset className="stack tight">
        <legend className="strong">Criteria that are met, at least one</legend>
        {(data?.criteria ?? []).map((criterion) => (
          <Check key={criterion.id} label={criterion.text} checked={criteria.has(criterion.id)} onChange={(on) => setCriteria(toggled(criteria, criterion.id, on))} />
        ))}
      </fieldset>
      <TextBox label="What meets the criteria" value={reason} onChange={setReason} lines={3} required />
    </FormDialog>
  );
}

const FUNCTIONAL: readonly (readonly [Api['FunctionalImpact'], string])[] = [
  ['unknown', 'Not known yet'],
  ['none', 'None: all services work for everyone'],
  ['low', 'Low: all critical services work, with less ease'],
  ['medium', 'Medium: a critical service fails for some'],
  ['high', 'High: a critical service fails for all'],
];
const RECOVERABILITY: readonly (readonly [Api['Recoverability'], string])[] = [
  ['unknown', 'Not known yet'],
  ['regular', 'Regular: the time is known, with what is there'],
  ['supplemented', 'Supplemented: the time is known, with more than is there'],
  ['extended', 'Extended: the time is not known; help from outside'],
  ['not_recoverable', 'Not recoverable'],
];
const INFORMATION: readonly Api['InformationImpact'][] = ['privacy_breach', 'proprietary_breach', 'integrity_loss', 'unknown'];

const NOTHING_KNOWN: Api['SeverityInputs'] = { functional: 'unknown', recoverability: 'unknown', information: [], escalation: {} };

interface JudgeSeverityProps {
  id: string;
  /** What was judged last: it is judged on from there. */
  before: Api['SeverityInputs'] | undefined;
  close: () => void;
}

function JudgeSeverity({ id, before = NOTHING_KNOWN, close }: JudgeSeverityProps) {
  const record = useRecord(id, ({ triage }) => triage.severities.at(-1));
  const [inputs, setInputs] = useState(before);
  const [reason, setReason] = useState('');
  const change = (part: Partial<Api['SeverityInputs']>) => setInputs({ ...inputs, ...part });
  const information = new Set(inputs.information ?? []);
  return (
    <FormDialog
      title="Judge the severity"
      close={close}
      act="Judge it"
      ready={reason.trim() !== ''}
      run={() => record({ kind: 'incident.severity_assessed', body: { inputs, reason: reason.trim() } })}
    >
      <Choice label="Harm to services" value={inputs.functional} onChange={(functional) => change({ functional })} options={FUNCTIONAL} />
      <fieldset className="stack tight">
        <legend className="strong">Harm to information</legend>
        {INFORMATION.map((each) => (
          <Check key={each} label={words(each)} checked={information.has(each)} onChange={(on) => change({ information: [...toggled(information, each, on)] })} />
        ))}
      </fieldset>
      <Choice label="Effort to recover" value={inputs.recoverability} onChange={(recoverability) => change({ recoverability })} options={RECOVERABILITY} />
      <Growth escalation={inputs.escalation ?? {}} change={(escalation) => change({ escalation })} />
      <TextBox label="What it rests on" value={reason} onChange={setReason} lines={3} required />
    </FormDialog>
  );
}

function Growth({ escalation, change }: { escalation: Api['Escalation']; change: (escalation: Api['Escalation']) => void }) {
  return (
    <fieldset className="stack tight">
      <legend className="strong">How it could grow</legend>
      <Check label="The intruder is still active, or may be" checked={escalation.active ?? false} onChange={(active) => change({ ...escalation, active })} />
      <Check label="Administrative rights were gained" checked={escalation.privileged ?? false} onChange={(privileged) => change({ ...escalation, privileged })} />
      <TextBox
        label="Critical systems and data within reach"
        type="number"
        value={String(escalation.critical_reachable ?? 0)}
        onChange={(value) => change({ ...escalation, critical_reachable: Math.max(0, Math.trunc(Number(value) || 0)) })}
      />
    </fieldset>
  );
}

interface ClassifyProps {
  id: string;
  before: Api['Classification'] | undefined;
  close: () => void;
}

/** Sets the type only: what else the class says, techniques and VERIS, stays as it is. */
function Classify({ id, before, close }: ClassifyProps) {
  const record = useRecord(id, ({ triage }) => triage.class);
  const { data } = useQuery(handbookQuery);
  const [rsit, setRsit] = useState(before?.rsit ?? '');
  const [reason, setReason] = useState('');
  const types = data?.rsit ?? [];
  const chosen = types.find((type) => type.id === rsit);
  return (
    <FormDialog
      title="Classify it"
      close={close}
      act="Classify it"
      ready={rsit !== '' && rsit !== before?.rsit && reason.trim() !== ''}
      run={() => record({ kind: 'incident.classified', body: { class: { ...before, rsit }, reason: reason.trim() } })}
    >
      <Choice
        label="Type of the Reference Security Incident Taxonomy"
        value={rsit}
        onChange={setRsit}
        options={[['', 'Choose'], ...types.map((type) => [type.id, `${type.class}: ${type.name}`] as const)]}
        help={chosen?.text}
      />
      <TextBox label="Why" value={reason} onChange={setReason} lines={3} required />
    </FormDialog>
  );
}

function toggled<T>(set: ReadonlySet<T>, item: T, on: boolean): Set<T> {
  const next = new Set(set);
  if (on) next.add(item);
  else next.delete(item);
  return next;
}
