// Measures: what containment would cost, what was done against the intruder by hand, and the watch afterwards.

import { useState } from 'react';

import type { Api } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Dialog';
import { Choice, TextBox } from '../../../ui/Field';
import { Menu } from '../../../ui/Menu';
import { Empty } from '../../../ui/State';
import { words } from '../../../ui/text';
import { Left } from '../../../ui/When';
import { useMay } from '../../../ui/may';
import { useRecordNow } from '../record';

type Measure = Api['Measures']['taken'][number];
type Asked = { what: 'weigh' | 'take' | 'watch' | 'unwatch' | 'recovered' } | { what: 'verify' | 'lift'; measure: Measure };

const TITLES: Record<Asked['what'], [title: string, act: string, reason: string]> = {
  weigh: ['Weigh what containment costs', 'Record it', 'What is decided'],
  take: ['A measure was taken', 'Record it', 'What was done'],
  verify: ['Verify the measure', 'It holds', 'How it was verified'],
  lift: ['Lift the measure', 'Lift it', 'Why'],
  watch: ['Watch more closely', 'Begin the watch', 'What is watched, and how'],
  unwatch: ['End the watch', 'End it', 'What it showed'],
  recovered: ['Declare recovery', 'Declare it', 'What shows that everything is back to normal'],
};
const PURPOSES: readonly Measure['purpose'][] = ['hold', 'close_weakness', 'harden'];
const WATCH_DAYS = 14;
const DAY_MS = 86_400_000;

export function Measures({ measures, recovery }: { measures: Api['Measures']; recovery: Api['Recovery'] }) {
  const [asked, setAsked] = useState<Asked>();
  const [impact, setImpact] = useState('');
  const [purpose, setPurpose] = useState<Measure['purpose']>('hold');
  const mayWrite = useMay().write;
  const record = useRecordNow();
  const watching = recovery.watches.some((watch) => !watch.ended);
  const [title, act, reason] = TITLES[asked?.what ?? 'take'];
  return (
    <section className="card" aria-labelledby="measures">
      <header>
        <h2 id="measures">Measures and recovery</h2>
        {mayWrite && (
          <Menu
            label="Record"
            entries={[
              { id: 'weigh', text: 'Weigh what containment costs…', run: () => setAsked({ what: 'weigh' }) },
              { id: 'take', text: 'A measure was taken…', run: () => setAsked({ what: 'take' }) },
              ...(watching
                ? [{ id: 'unwatch', text: 'End the watch…', run: () => setAsked({ what: 'unwatch' }) }]
                : [{ id: 'watch', text: 'Watch more closely…', run: () => setAsked({ what: 'watch' }) }]),
              ...(recovery.declared ? [] : [{ id: 'recovered', text: 'Declare recovery…', run: () => setAsked({ what: 'recovered' }) }]),
            ]}
          >
            Record
          </Menu>
        )}
      </header>
      <Listed measures={measures} recovery={recovery} ask={mayWrite ? (what, measure) => setAsked({ what, measure }) : undefined} />
      <Ask
        title={title}
        open={asked !== undefined}
        close={() => setAsked(undefined)}
        act={act}
        reason={reason}
        run={(text) => record(factOf(asked, text, impact, purpose))}
      >
        {asked?.what === 'weigh' && <TextBox label="What it would cut off, for whom, for how long" value={impact} onChange={setImpact} lines={2} required />}
        {asked?.what === 'take' && (
          <Choice label="What for" value={purpose} onChange={setPurpose} options={PURPOSES.map((each) => [each, words(each)] as const)} />
        )}
        {asked && 'measure' in asked && <p>{asked.measure.text}</p>}
        {asked?.what === 'watch' && <p className="soft">It ends in {WATCH_DAYS} days, or when you end it.</p>}
      </Ask>
    </section>
  );
}

function factOf(asked: Asked | undefined, text: string, impact: string, purpose: Measure['purpose']): Api['WorkFact'] {
  switch (asked?.what) {
    case 'weigh':
      return { kind: 'impact.weighed', body: { impact, decision: text } };
    case 'verify':
      return { kind: 'measure.verified', body: { measure: asked.measure.id, how: text } };
    case 'lift':
      return { kind: 'measure.lifted', body: { measure: asked.measure.id, reason: text } };
    case 'watch':
      return { kind: 'watch.started', body: { until: new Date(Date.now() + WATCH_DAYS * DAY_MS).toISOString(), what: text } };
    case 'unwatch':
      return { kind: 'watch.ended', body: { text } };
    case 'recovered':
      return { kind: 'recovery.declared', body: { text } };
    default:
      return { kind: 'measure.taken', body: { purpose, text } };
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
            <span className="soft small"> {watch.hits.length === 0 ? 'nothing seen' : `seen ${watch.hits.length} times`}</span>
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
