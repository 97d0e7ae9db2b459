// Measures: what containment would cost, what was done against the intruder by hand, and the watch afterwards.

import { useState } from 'react';

import type { Api } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { Menu } from '../../../ui/Menu';
import { ReferenceField, referenceOf, referenceText, type ReferenceDraft } from '../../../ui/Reference';
import { Empty } from '../../../ui/State';
import { count, words } from '../../../ui/text';
import { Left } from '../../../ui/When';
import { useMay } from '../may';
import { useRecordNow } from '../record';

type Measure = Api['Measures']['taken'][number];
type Asked = { what: 'weigh' | 'take' | 'watch' | 'seen' | 'unwatch' | 'recovered' } | { what: 'verify' | 'lift'; measure: Measure };

const TITLES: Record<Asked['what'], [title: string, act: string, reason: string]> = {
  weigh: ['Weigh what containment costs', 'Record it', 'What is decided'],
  take: ['A measure was taken', 'Record it', 'What was done'],
  verify: ['Verify the measure', 'It holds', 'How it was verified'],
  lift: ['Lift the measure', 'Lift it', 'Why'],
  watch: ['Watch more closely', 'Begin the watch', 'What is watched, and how'],
  seen: ['Something was seen again', 'Record it', 'What it means'],
  unwatch: ['End the watch', 'End it', 'What it showed'],
  recovered: ['Declare recovery', 'Declare it', 'What shows that everything is back to normal'],
};
const PURPOSES: readonly Measure['purpose'][] = ['hold', 'close_weakness', 'harden'];
const WATCH_DAYS = 14;
const DAY_MS = 86_400_000;

interface MeasuresProps {
  measures: Api['Measures'];
  recovery: Api['Recovery'];
  evidence: readonly Api['Evidence'][];
}

export function Measures({ measures, recovery, evidence }: MeasuresProps) {
  const [asked, setAsked] = useState<Asked>();
  const may = useMay();
  const watching = recovery.watches.some((watch) => !watch.ended);
  const offer = (what: 'weigh' | 'take' | 'watch' | 'seen' | 'unwatch' | 'recovered') => ({
    id: what,
    text: `${TITLES[what][0]}…`,
    run: () => setAsked({ what }),
  });
  return (
    <section className="card" aria-labelledby="measures">
      <header>
        <h2 id="measures">Measures and recovery</h2>
        {may.write && (
          <Menu
            label="Record"
            entries={[
              offer('weigh'),
              offer('take'),
              ...(watching ? [offer('seen'), offer('unwatch')] : [offer('watch')]),
              ...(may.lead && !recovery.declared ? [offer('recovered')] : []),
            ]}
          >
            Record
          </Menu>
        )}
      </header>
      <Listed measures={measures} recovery={recovery} ask={may.write ? (what, measure) => setAsked({ what, measure }) : undefined} />
      {asked && <MeasureForm asked={asked} evidence={evidence} close={() => setAsked(undefined)} />}
    </section>
  );
}

interface MeasureFormProps {
  asked: Asked;
  evidence: readonly Api['Evidence'][];
  close: () => void;
}

function MeasureForm({ asked, evidence, close }: MeasureFormProps) {
  const record = useRecordNow();
  const [text, setText] = useState('');
  const [impact, setImpact] = useState('');
  const [purpose, setPurpose] = useState<Measure['purpose']>('hold');
  const [shown, setShown] = useState<ReferenceDraft>({ kind: 'event', text: '' });
  const fact = text.trim() === '' ? undefined : factOf(asked, { text: text.trim(), impact: impact.trim(), purpose, reference: referenceOf(shown) });
  const [title, act, reason] = TITLES[asked.what];
  const run = async () => {
    if (fact) await record(fact);
  };
  return (
    <FormDialog title={title} close={close} act={act} ready={fact !== undefined} run={run}>
      {'measure' in asked && <p className="wrap">{asked.measure.text}</p>}
      {asked.what === 'weigh' && <TextBox label="What it would cut off, for whom, for how long" value={impact} onChange={setImpact} lines={2} required />}
      {asked.what === 'take' && (
        <Choice label="What for" value={purpose} onChange={setPurpose} options={PURPOSES.map((each) => [each, words(each)] as const)} />
      )}
      {asked.what === 'watch' && <p className="soft">It ends in {WATCH_DAYS} days, or when you end it.</p>}
      {asked.what === 'seen' && (
        <>
          <p className="soft">If recovery was declared, it counts no longer.</p>
          <ReferenceField label="What was seen" value={shown} onChange={setShown} evidence={evidence} />
        </>
      )}
      <TextBox label={reason} value={text} onChange={setText} lines={3} required />
    </FormDialog>
  );
}

interface Said {
  text: string;
  impact: string;
  purpose: Measure['purpose'];
  reference: Api['Reference'] | undefined;
}

/** Nothing while something that is needed was not said. */
function factOf(asked: Asked, { text, impact, purpose, reference }: Said): Api['WorkFact'] | undefined {
  switch (asked.what) {
    case 'weigh':
      return impact === '' ? undefined : { kind: 'impact.weighed', body: { impact, decision: text } };
    case 'take':
      return { kind: 'measure.taken', body: { purpose, text } };
    case 'verify':
      return { kind: 'measure.verified', body: { measure: asked.measure.id, how: text } };
    case 'lift':
      return { kind: 'measure.lifted', body: { measure: asked.measure.id, reason: text } };
    case 'watch':
      return { kind: 'watch.started', body: { until: new Date(Date.now() + WATCH_DAYS * DAY_MS).toISOString(), what: text } };
    case 'seen':
      return reference && { kind: 'watch.hit', body: { reference, text } };
    case 'unwatch':
      return { kind: 'watch.ended', body: { text } };
    case 'recovered':
      return { kind: 'recovery.declared', body: { text } };
  }
}

interface ListedProps {
  measures: Api['Measures'];
  recovery: Api['Recovery'];
  ask?: (what: 'verify' | 'lift', measure: Measure) => void;
}

function Listed({ measures, recovery, ask }: ListedProps) {
  if (measures.taken.length + measures.weighed.length + recovery.watches.length === 0 && !recovery.declared) {
    return (
      <Empty title="No measure by hand">
        <p>What playbooks change is under Response. Record here what was done without them.</p>
      </Empty>
    );
  }
  return (
    <ul className="incident-list">
      {measures.weighed.map((weighed) => (
        <li key={weighed.stamp.entry} className="incident-line">
          <span className="grow">
            <Badge>Weighed</Badge> {weighed.decision}
            <span className="soft small wrap"> {weighed.impact}</span>
          </span>
        </li>
      ))}
      {measures.taken.map((measure) => (
        <li key={measure.id} className="incident-line">
          <span className="grow">
            <Badge>{words(measure.purpose)}</Badge> {measure.text}
          </span>
          <Badge tone={measure.lifted ? 'plain' : measure.verified ? 'good' : 'warn'}>
            {measure.lifted ? 'Lifted' : measure.verified ? 'Verified' : 'Not verified'}
          </Badge>
          {ask && !measure.lifted && (
            <>
              {!measure.verified && <Button onPress={() => ask('verify', measure)}>Verify</Button>}
              <Button onPress={() => ask('lift', measure)}>Lift</Button>
            </>
          )}
        </li>
      ))}
      {recovery.watches.map((watch) => (
        <li key={watch.stamp.entry} className="incident-line">
          <span className="grow">
            <Badge icon="detection">Watch</Badge> {watch.what}
            <span className="soft small"> {watch.hits.length === 0 ? 'nothing seen' : `seen again ${count(watch.hits.length, 'time')}`}</span>
            {watch.hits.map((hit) => (
              <span key={hit.stamp.entry} className="small soft wrap block">
                {hit.text} ({referenceText(hit.reference)})
              </span>
            ))}
          </span>
          {watch.ended ? <Badge tone="good">Ended</Badge> : <Left until={watch.until} />}
        </li>
      ))}
      {recovery.declared && (
        <li className="incident-line">
          <Badge tone="good">Recovered</Badge>
        </li>
      )}
    </ul>
  );
}
