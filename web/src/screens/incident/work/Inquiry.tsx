// What is thought and what is asked: hypotheses with what speaks for and against them, and questions.

import { useState } from 'react';

import type { Api } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Ask';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { ReferenceField, referenceOf, referenceText, type ReferenceDraft } from '../../../ui/Reference';
import { Empty } from '../../../ui/State';
import { words } from '../../../ui/text';
import { useMay } from '../may';
import { useNames } from '../../../ui/Who';
import { useRecordNow } from '../record';

const ABOUT: readonly (readonly [Api['About'], string])[] = [
  ['root_cause', 'Root cause'],
  ['scope', 'Scope'],
  ['intruder', 'Intruder'],
  ['other', 'Something else'],
];

type Asked = { what: 'state' | 'ask' } | { what: 'accepted' | 'rejected'; hypothesis: Api['Hypothesis'] } | { what: 'answer' | 'drop'; question: Api['Question'] };

const TITLES: Record<Asked['what'], [title: string, act: string, reason: string]> = {
  state: ['State a hypothesis', 'State it', 'What may be so'],
  ask: ['Ask a question', 'Ask it', 'What has to be found out'],
  accepted: ['Accept the hypothesis', 'Accept it', 'What settles it'],
  rejected: ['Reject the hypothesis', 'Reject it', 'What settles it'],
  answer: ['Answer the question', 'Answer it', 'The answer'],
  drop: ['Drop the question', 'Drop it', 'Why'],
};

export function Inquiry({ inquiry, evidence }: { inquiry: Api['Inquiry']; evidence: Api['Evidence'][] }) {
  const [asked, setAsked] = useState<Asked>();
  const [weighed, setWeighed] = useState<Api['Hypothesis']>();
  const [about, setAbout] = useState<Api['About']>('root_cause');
  const mayWrite = useMay().write;
  const record = useRecordNow();
  const [title, act, reason] = TITLES[asked?.what ?? 'state'];
  const run = (text: string) => record(factOf(asked, about, text));
  return (
    <section className="card" aria-labelledby="inquiry">
      <header>
        <h2 id="inquiry">Inquiry</h2>
        {mayWrite && (
          <>
            <Button onPress={() => setAsked({ what: 'ask' })}>Ask a question</Button>
            <Button onPress={() => setAsked({ what: 'state' })}>State a hypothesis</Button>
          </>
        )}
      </header>
      {inquiry.hypotheses.length + inquiry.questions.length === 0 && (
        <Empty title="No hypothesis, no question">
          <p>State what you think the root cause is, and what would prove you wrong.</p>
        </Empty>
      )}
      <ul className="incident-list">
        {inquiry.hypotheses.map((hypothesis) => (
          <li key={hypothesis.id} className="incident-line">
            <Hypothesis hypothesis={hypothesis} settle={mayWrite ? (what) => setAsked({ what, hypothesis }) : undefined} weigh={() => setWeighed(hypothesis)} />
          </li>
        ))}
        {inquiry.questions.map((question) => (
          <li key={question.id} className="incident-line">
            <Question question={question} end={mayWrite ? (what) => setAsked({ what, question }) : undefined} />
          </li>
        ))}
      </ul>
      <Ask title={title} open={asked !== undefined} close={() => setAsked(undefined)} act={act} reason={reason} run={run}>
        {asked?.what === 'state' && <Choice label="About" value={about} onChange={setAbout} options={ABOUT} />}
        {asked && 'hypothesis' in asked && <p>{asked.hypothesis.text}</p>}
        {asked && 'question' in asked && <p>{asked.question.text}</p>}
      </Ask>
      {weighed && <Weigh hypothesis={weighed} evidence={evidence} close={() => setWeighed(undefined)} />}
    </section>
  );
}

function factOf(asked: Asked | undefined, about: Api['About'], text: string): Api['WorkFact'] {
  switch (asked?.what) {
    case 'accepted':
    case 'rejected':
      return { kind: 'hypothesis.settled', body: { hypothesis: asked.hypothesis.id, outcome: asked.what, reason: text } };
    case 'answer':
      return { kind: 'question.answered', body: { question: asked.question.id, answer: text } };
    case 'drop':
      return { kind: 'question.dropped', body: { question: asked.question.id, reason: text } };
    case 'ask':
      return { kind: 'question.asked', body: { text } };
    default:
      return { kind: 'hypothesis.stated', body: { about, text } };
  }
}

interface HypothesisProps {
  hypothesis: Api['Hypothesis'];
  settle?: (what: 'accepted' | 'rejected') => void;
  weigh: () => void;
}

function Hypothesis({ hypothesis, settle, weigh }: HypothesisProps) {
  const { settled, grounds } = hypothesis;
  const side = (which: Api['Side']) => grounds.filter((ground) => ground.side === which).length;
  return (
    <>
      <span className="grow">
        <Badge>{words(hypothesis.about)}</Badge> {hypothesis.text}
        <span className="row small soft">
          <span>{side('for')} for</span>
          <span>{side('against')} against</span>
          {settled && <span className="wrap">{settled.reason}</span>}
        </span>
        {grounds.map((ground) => (
          <span key={ground.stamp.entry} className="small soft wrap block">
            {words(ground.side)}: {ground.note} ({referenceText(ground.reference)})
          </span>
        ))}
      </span>
      {settled && <Badge tone={settled.outcome === 'accepted' ? 'good' : 'plain'}>{words(settled.outcome)}</Badge>}
      {!settled && settle && (
        <>
          <Button onPress={weigh}>Weigh</Button>
          <Button onPress={() => settle('accepted')} isDisabled={side('for') === 0}>
            Accept
          </Button>
          <Button onPress={() => settle('rejected')}>Reject</Button>
        </>
      )}
    </>
  );
}

interface WeighProps {
  hypothesis: Api['Hypothesis'];
  evidence: Api['Evidence'][];
  close: () => void;
}

/** Says what speaks for or against a hypothesis, and what shows it: without that, it cannot be accepted. */
function Weigh({ hypothesis, evidence, close }: WeighProps) {
  const record = useRecordNow();
  const [side, setSide] = useState<Api['Side']>('for');
  const [note, setNote] = useState('');
  const [draft, setDraft] = useState<ReferenceDraft>({ kind: 'event', text: '' });
  const reference = referenceOf(draft);
  const run = async () => {
    if (reference) await record({ kind: 'hypothesis.weighed', body: { hypothesis: hypothesis.id, side, note: note.trim(), reference } });
  };
  return (
    <FormDialog title="Weigh the hypothesis" close={close} act="Record it" ready={reference !== undefined && note.trim() !== ''} run={run}>
      <p>{hypothesis.text}</p>
      <Choice
        label="It speaks"
        value={side}
        onChange={setSide}
        options={[
          ['for', 'for it'],
          ['against', 'against it'],
        ]}
      />
      <TextBox label="What speaks" value={note} onChange={setNote} lines={2} required />
      <ReferenceField label="What shows it" value={draft} onChange={setDraft} evidence={evidence} />
    </FormDialog>
  );
}

function Question({ question, end }: { question: Api['Question']; end?: (what: 'answer' | 'drop') => void }) {
  const name = useNames();
  return (
    <>
      <span className="grow">
        <Badge icon="help">Question</Badge> {question.text}
        <span className="row small soft">
          {question.to && <span>for {name(question.to)}</span>}
          {question.end && <span className="wrap">{question.end.text}</span>}
        </span>
      </span>
      {question.end && <Badge tone={question.end.answered ? 'good' : 'plain'}>{question.end.answered ? 'Answered' : 'Dropped'}</Badge>}
      {!question.end && end && (
        <>
          <Button onPress={() => end('answer')}>Answer</Button>
          <Button onPress={() => end('drop')}>Drop</Button>
        </>
      )}
    </>
  );
}
