// Forms about clocks: since when a time runs, that a notification was sent, and that somebody allowed a delay.

import { useState } from 'react';

import type { Api } from '../../../api/client';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { ReferenceField, referenceOf, type ReferenceDraft } from '../../../ui/Reference';
import { useRecord } from '../../../ui/record';
import { words } from '../../../ui/text';
import { thisMinute, TimeBox } from '../../../ui/TimeBox';
import { anchorsOf, anchorText, type Deadline, type Regime } from './regimes';

export interface ClockWork {
  clocks: Api['Clocks'];
  evidence: readonly Api['Evidence'][];
}

const NOWHERE: ReferenceDraft = { kind: 'elsewhere', text: '' };

interface AnchorFormProps {
  id: string;
  start: { regime: string; anchor: string };
  regimes: readonly Regime[];
  work: ClockWork;
  close: () => void;
}

export function AnchorForm({ id, start, regimes, work, close }: AnchorFormProps) {
  const record = useRecord(id, ({ clocks }) => clocks);
  const applying = regimes.filter((regime) => work.clocks.decisions.some((each) => each.regime === regime.id && each.applies));
  const [regime, setRegime] = useState(start.regime);
  const anchors = anchorsOf(regime ? regimes.filter((each) => each.id === regime) : applying.length > 0 ? applying : regimes);
  const [picked, setAnchor] = useState(start.anchor);
  const anchor = anchors.includes(picked) ? picked : (anchors[0] ?? '');
  const [at, setAt] = useState(thisMinute);
  const [reason, setReason] = useState('');
  const [shown, setShown] = useState(NOWHERE);
  const run = () =>
    record({
      kind: 'clock.anchor_set',
      body: { anchor, at, reason: reason.trim(), regime: regime || null, reference: referenceOf(shown) ?? null },
    });
  return (
    <FormDialog
      title="Since when a time runs"
      act="Set it"
      ready={anchor !== '' && at !== '' && reason.trim() !== ''}
      close={close}
      run={run}
    >
      <Choice
        label="For"
        value={regime}
        onChange={setRegime}
        options={[['', 'All regimes that count from it'], ...applying.map((each) => [each.id, each.name] as const)]}
      />
      <Choice
        label="What happened"
        value={anchor}
        onChange={setAnchor}
        options={anchors.map((each) => [each, words(anchorText(each))] as const)}
      />
      <TimeBox label="When" value={at} onChange={setAt} required help="Not when it was noted here, but when it was so." />
      <TextBox label="Reason" value={reason} onChange={setReason} lines={3} required help="Why this is the time, and not an earlier one." />
      <ReferenceField label="What shows it (if there is something)" value={shown} onChange={setShown} evidence={work.evidence} />
    </FormDialog>
  );
}

export function SubmitForm({ id, deadline, work, close }: { id: string; deadline: Deadline; work: ClockWork; close: () => void }) {
  const record = useRecord(id, ({ clocks }) => clocks);
  const [at, setAt] = useState(thisMinute);
  const [shown, setShown] = useState(NOWHERE);
  const reference = referenceOf(shown);
  const run = async () => {
    if (reference) await record({ kind: 'clock.submitted', body: { regime: deadline.regime, stage: deadline.stage, at, reference } });
  };
  return (
    <FormDialog
      title={`Sent: ${deadline.name}`}
      act="Record it as sent"
      ready={at !== '' && reference !== undefined}
      close={close}
      run={run}
    >
      <p className="soft">To {deadline.to}. Quell sends nothing to authorities: this records that it arrived there, and what shows it.</p>
      <details>
        <summary>What has to be in it</summary>
        <ul className="bullets small">
          {deadline.fields.map((field) => (
            <li key={field}>{words(field)}</li>
          ))}
        </ul>
      </details>
      <TimeBox label="When it arrived there" value={at} onChange={setAt} required />
      <ReferenceField
        label="What shows it"
        value={shown}
        onChange={setShown}
        evidence={work.evidence}
        help="The receipt, its number, the portal."
      />
    </FormDialog>
  );
}

export function TollForm({ id, regimes, close }: { id: string; regimes: readonly Regime[]; close: () => void }) {
  const record = useRecord(id, ({ clocks }) => clocks);
  const [regime, setRegime] = useState(regimes[0]?.id ?? '');
  const [from, setFrom] = useState(thisMinute);
  const [until, setUntil] = useState('');
  const [authority, setAuthority] = useState('');
  const [reason, setReason] = useState('');
  const ready = [regime, from, until, authority.trim(), reason.trim()].every((each) => each !== '');
  const run = () => record({ kind: 'clock.tolled', body: { regime, from, until, authority: authority.trim(), reason: reason.trim() } });
  return (
    <FormDialog title="A delay was allowed" act="Stop the time" ready={ready} close={close} run={run}>
      <p className="soft">Quell does not check how long a delay may be.</p>
      <Choice label="Regime" value={regime} onChange={setRegime} options={regimes.map((each) => [each.id, each.name] as const)} />
      <TextBox label="Who allowed it" value={authority} onChange={setAuthority} maxLength={300} required />
      <TimeBox label="From" value={from} onChange={setFrom} required />
      <TimeBox label="Until" value={until} onChange={setUntil} required />
      <TextBox label="Reason" value={reason} onChange={setReason} lines={3} required />
    </FormDialog>
  );
}
