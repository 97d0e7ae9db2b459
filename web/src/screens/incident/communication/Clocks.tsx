// What was decided about regimes, and everything that their times rest on: anchors, submissions, delays.

import { useState, type ReactNode } from 'react';

import type { Api } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { useMay } from '../may';
import { referenceText } from '../../../ui/Reference';
import { count, words } from '../../../ui/text';
import { Moment } from '../../../ui/When';
import { Who } from '../../../ui/Who';
import { AnchorForm, TollForm, type ClockWork } from './ClockForms';
import { Decide } from './Decide';
import { anchorText, type Regime } from './regimes';

interface ClocksProps {
  id: string;
  undecided: readonly string[];
  regimes: readonly Regime[];
  work: ClockWork;
}

export function Regimes({ id, undecided, regimes, work }: ClocksProps) {
  const may = useMay();
  const [deciding, setDeciding] = useState<string>();
  const { decisions } = work.clocks;
  const nameOf = (regime: string) => regimes.find((each) => each.id === regime)?.name ?? regime;
  return (
    <section className="card" aria-labelledby="regimes">
      <header>
        <h2 id="regimes">Regimes</h2>
        {may.lead && (
          <Button icon="plus" onPress={() => setDeciding('')}>
            Decide on another…
          </Button>
        )}
      </header>
      <div className="body stack">
        {undecided.map((regime) => (
          <div key={regime} className="notice warn">
            <span className="grow">Decide whether {nameOf(regime)} applies. Until then nothing is counted.</span>
            {may.lead && <Button onPress={() => setDeciding(regime)}>Decide…</Button>}
          </div>
        ))}
        {undecided.length === 0 && decisions.length === 0 && (
          <p className="soft">Nothing was decided. Say for each law or contract that may ask for a notification whether it applies.</p>
        )}
        <ul className="stack">
          {decisions.map((decision) => (
            <li key={decision.stamp.entry} className="stack tight">
              <div className="row">
                <span className="strong grow">{nameOf(decision.regime)}</span>
                <Badge tone={decision.applies ? 'warn' : 'plain'}>{decision.applies ? 'Applies' : 'Does not apply'}</Badge>
                {may.lead && (
                  <Button aria-label={`Decide again… ${nameOf(decision.regime)}`} onPress={() => setDeciding(decision.regime)}>
                    Decide again…
                  </Button>
                )}
              </div>
              <p className="wrap">{decision.reason}</p>
              <Answers decision={decision} regime={regimes.find((each) => each.id === decision.regime)} />
              <By stamp={decision.stamp} />
            </li>
          ))}
        </ul>
      </div>
      {deciding !== undefined && (
        <Decide id={id} start={deciding} regimes={regimes} decisions={decisions} close={() => setDeciding(undefined)} />
      )}
    </section>
  );
}

function Answers({ decision, regime }: { decision: Api['Decision']; regime: Regime | undefined }) {
  const answers = Object.entries(decision.answers);
  if (answers.length === 0 && !decision.class) return null;
  return (
    <details className="small">
      <summary>{answers.length > 0 ? `${count(answers.length, 'question')} answered` : 'Its class'}</summary>
      <ul className="bullets">
        {answers.map(([question, yes]) => (
          <li key={question}>
            {regime?.questions.find((each) => each.id === question)?.text ?? question} <span className="strong">{yes ? 'Yes' : 'No'}</span>
          </li>
        ))}
        {decision.class && <li>Class {decision.class}</li>}
        {decision.impact != null && <li>Impact rating {decision.impact}</li>}
      </ul>
    </details>
  );
}

function By({ stamp }: { stamp: Api['Stamp'] }) {
  return (
    <p className="small soft">
      <Moment at={stamp.at} /> by <Who id={stamp.actor} />, entry #{stamp.entry}
    </p>
  );
}

export function Record({ id, regimes, work }: Omit<ClocksProps, 'undecided'>) {
  const may = useMay();
  const [form, setForm] = useState<'anchor' | 'toll'>();
  const { anchors, submissions, tollings, decisions } = work.clocks;
  const tolled = regimes.filter((each) => each.tolling && decisions.some((decision) => decision.regime === each.id && decision.applies));
  const nameOf = (regime: string | null | undefined) =>
    regime ? (regimes.find((each) => each.id === regime)?.name ?? regime) : 'all regimes';
  const stageOf = ({ regime, stage }: Api['Submission']) =>
    regimes.find((each) => each.id === regime)?.stages.find((each) => each.id === stage)?.name ?? stage;
  return (
    <section className="card" aria-labelledby="clock-record">
      <header>
        <h2 id="clock-record">What the times rest on</h2>
        {may.lead && tolled.length > 0 && <Button onPress={() => setForm('toll')}>A delay was allowed…</Button>}
        {may.write && (
          <Button icon="plus" onPress={() => setForm('anchor')}>
            Set when it began…
          </Button>
        )}
      </header>
      <div className="body stack">
        <Part title="Since when" none="No time was set to run. The declaration does not set one by itself.">
          {anchors.map((anchor) => (
            <li key={anchor.stamp.entry}>
              <p>
                <span className="strong">{words(anchorText(anchor.anchor))}</span> <Moment at={anchor.at} />{' '}
                <span className="soft">for {nameOf(anchor.regime)}</span>
              </p>
              <p className="wrap">{anchor.reason}</p>
              {anchor.reference && <p className="small wrap">Shown by {referenceText(anchor.reference)}</p>}
              <By stamp={anchor.stamp} />
            </li>
          ))}
        </Part>
        <Part title="Sent" none="Nothing was recorded as sent.">
          {submissions.map((submission) => (
            <li key={submission.stamp.entry}>
              <p>
                <span className="strong">{stageOf(submission)}</span> <Moment at={submission.at} />{' '}
                <span className="soft">under {nameOf(submission.regime)}</span>
              </p>
              <p className="wrap">{referenceText(submission.reference)}</p>
              <By stamp={submission.stamp} />
            </li>
          ))}
        </Part>
        {tollings.length > 0 && (
          <Part title="Delays" none="">
            {tollings.map((tolling) => (
              <li key={tolling.stamp.entry}>
                <p>
                  <span className="strong">{nameOf(tolling.regime)}</span> <Moment at={tolling.from} /> until <Moment at={tolling.until} />
                </p>
                <p className="wrap">
                  Allowed by {tolling.authority}. {tolling.reason}
                </p>
                <By stamp={tolling.stamp} />
              </li>
            ))}
          </Part>
        )}
      </div>
      {form === 'anchor' && (
        <AnchorForm id={id} start={{ regime: '', anchor: '' }} regimes={regimes} work={work} close={() => setForm(undefined)} />
      )}
      {form === 'toll' && <TollForm id={id} regimes={tolled} close={() => setForm(undefined)} />}
    </section>
  );
}

function Part({ title, none, children }: { title: string; none: string; children: ReactNode[] }) {
  return (
    <div className="stack tight">
      <h3>{title}</h3>
      {children.length === 0 ? <p className="soft">{none}</p> : <ul className="stack">{children}</ul>}
    </div>
  );
}
