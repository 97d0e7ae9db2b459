// Whether a regime applies: its questions answered, and why.

import { useId, useState } from 'react';

import type { Api } from '../../../api/client';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { useRecord } from '../../../ui/record';
import { classesOf, offBecause, reliance, type Regime } from './regimes';

interface DecideProps {
  id: string;
  /** Which regime is decided on; nothing to choose one. */
  start: string;
  regimes: readonly Regime[];
  decisions: readonly Api['Decision'][];
  close: () => void;
}

export function Decide({ id, start, regimes, decisions, close }: DecideProps) {
  const record = useRecord(id, ({ clocks }) => clocks.decisions.filter((each) => each.regime === regime?.id));
  const [chosen, setChosen] = useState(start);
  const regime = regimes.find((each) => each.id === chosen) ?? regimes[0];
  const before = decisions.findLast((each) => each.regime === regime?.id);
  const [answers, setAnswers] = useState<Record<string, boolean>>(before?.answers ?? {});
  const [applies, setApplies] = useState<'' | 'yes' | 'no'>('');
  const [klass, setClass] = useState(before?.class ?? '');
  const [impact, setImpact] = useState(before?.impact ? String(before.impact) : '');
  const [reason, setReason] = useState('');
  if (!regime) return null;
  const classes = classesOf(regime);
  const ready = applies !== '' && reason.trim() !== '' && (classes.length === 0 || applies === 'no' || klass !== '');
  const run = () =>
    record({
      kind: 'clock.decided',
      body: {
        regime: regime.id,
        applies: applies === 'yes',
        answers: Object.fromEntries(regime.questions.flatMap(({ id: each }) => (each in answers ? [[each, answers[each] === true]] : []))),
        class: classes.length > 0 && klass ? klass : null,
        impact: regime.default_impact && impact ? Number(impact) : null,
        reason: reason.trim(),
      },
    });
  const change = (next: string) => {
    const said = decisions.findLast((each) => each.regime === next);
    setChosen(next);
    setAnswers(said?.answers ?? {});
    setClass(said?.class ?? '');
    setImpact(said?.impact ? String(said.impact) : '');
  };
  return (
    <FormDialog title={`Does it apply: ${regime.name}`} act="Decide" wide ready={ready} close={close} run={run}>
      {start === '' && (
        <Choice
          label="Regime"
          value={regime.id}
          onChange={change}
          options={regimes.map((each) => [each.id, `${each.name} (${each.jurisdiction})`] as const)}
        />
      )}
      <Source regime={regime} />
      {regime.questions.map(({ id: question, text }) => (
        <YesNo
          key={`${regime.id} ${question}`}
          text={text}
          value={answers[question]}
          onChange={(value) => setAnswers(({ [question]: _, ...rest }) => (value === undefined ? rest : { ...rest, [question]: value }))}
        />
      ))}
      <Rating regime={regime} klass={klass} setClass={setClass} impact={impact} setImpact={setImpact} />
      <Choice
        label="Does it apply to this incident?"
        value={applies}
        onChange={setApplies}
        options={[
          ['', 'Choose one'],
          ['yes', 'Yes, it applies'],
          ['no', 'No, it does not apply'],
        ]}
      />
      <TextBox label="Reason" value={reason} onChange={setReason} lines={3} required help="Also for a no: an authority may ask for it." />
    </FormDialog>
  );
}

interface RatingProps {
  regime: Regime;
  klass: string;
  setClass: (klass: string) => void;
  impact: string;
  setImpact: (impact: string) => void;
}

/** For regimes whose terms depend on a class or an impact rating. */
function Rating({ regime, klass, setClass, impact, setImpact }: RatingProps) {
  const classes = classesOf(regime);
  return (
    <>
      {classes.length > 0 && (
        <Choice
          label="Class"
          value={klass}
          onChange={setClass}
          options={[['', 'Choose one'], ...classes.map((each) => [each, each] as const)]}
        />
      )}
      {regime.default_impact != null && (
        <Choice
          label="Impact rating"
          value={impact}
          onChange={setImpact}
          options={[['', `Not given: counts as ${regime.default_impact}`], ...['1', '2', '3', '4', '5'].map((each) => [each, each] as const)]}
        />
      )}
    </>
  );
}

function Source({ regime }: { regime: Regime }) {
  const off = offBecause(regime);
  return (
    <div className="stack tight">
      {off && <p className="notice warn">{off}</p>}
      <p>{regime.trigger}</p>
      <p className="small soft">
        {regime.law}. {reliance(regime)}
      </p>
      {regime.note && (
        <details>
          <summary>What is known to be open</summary>
          <p className="small">{regime.note}</p>
        </details>
      )}
    </div>
  );
}

interface YesNoProps {
  text: string;
  value: boolean | undefined;
  onChange: (value: boolean | undefined) => void;
}

/** Not answered is an answer of its own: it never puts a deadline out. */
function YesNo({ text, value, onChange }: YesNoProps) {
  const name = useId();
  const options = [
    ['Yes', true],
    ['No', false],
    ['Not known', undefined],
  ] as const;
  return (
    <fieldset className="yes-no">
      <legend>{text}</legend>
      <span className="row">
        {options.map(([label, each]) => (
          <label key={label} className="check">
            <input type="radio" name={name} checked={value === each} onChange={() => onChange(each)} />
            {label}
          </label>
        ))}
      </span>
    </fieldset>
  );
}
