// The post-mortem: what happened, what helped and what hindered. Held again, the later one counts; all stay in the ledger.

import { useState } from 'react';

import type { Api } from '../../../api/client';
import { Button } from '../../../ui/Button';
import { TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { Markdown } from '../../../ui/Markdown';
import { useMay } from '../may';
import { linesOf, useRecord } from '../../../ui/record';
import { thisMinute, TimeBox } from '../../../ui/TimeBox';
import { Moment } from '../../../ui/When';
import { Who } from '../../../ui/Who';

type Held = Api['Held'];
type Body = Api['PostMortem'];

const TEXTS = [
  ['summary', 'What happened', 'In a few sentences, for somebody who was not there.'],
  ['detection', 'How it was found', 'What told of it, when, and what could have told earlier.'],
  ['handling', 'How it was handled', 'What was decided, and how long it took.'],
  ['outcome', 'How it ended', 'What was lost, what it cost, what is as before.'],
] as const;

const LISTS = [
  ['contributing', 'What contributed'],
  ['went_well', 'What went well'],
  ['went_badly', 'What went badly'],
  ['lucky', 'Where we were lucky'],
] as const;

export function PostMortem({ id, held }: { id: string; held: Held | undefined }) {
  const may = useMay();
  const [writing, setWriting] = useState(false);
  return (
    <section className="card" aria-labelledby="post-mortem">
      <header>
        <h2 id="post-mortem">Post-mortem</h2>
        {may.write && <Button onPress={() => setWriting(true)}>{held ? 'Hold it again…' : 'Hold it…'}</Button>}
      </header>
      <div className="body">
        {held ? (
          <Read held={held} />
        ) : (
          <p className="soft">It was not held yet. Ask what let it happen and what would have stopped it, not whose fault it was.</p>
        )}
      </div>
      {writing && <Write id={id} before={held?.post_mortem} close={() => setWriting(false)} />}
    </section>
  );
}

function Read({ held: { post_mortem: body, stamp } }: { held: Held }) {
  return (
    <div className="stack">
      <p className="small soft">
        Held <Moment at={body.held_at} /> with {body.participants.join(', ')}. Recorded by <Who id={stamp.actor} />, entry #{stamp.entry}
      </p>
      {TEXTS.map(([name, title]) => (
        <div key={name} className="stack tight">
          <h3>{title}</h3>
          <Markdown text={body[name]} level={4} />
        </div>
      ))}
      {LISTS.map(([name, title]) => {
        const points = body[name] ?? [];
        return (
          points.length > 0 && (
            <div key={name} className="stack tight">
              <h3>{title}</h3>
              <ul className="bullets">
                {points.map((point) => (
                  <li key={point} className="wrap">
                    {point}
                  </li>
                ))}
              </ul>
            </div>
          )
        );
      })}
    </div>
  );
}

function Write({ id, before, close }: { id: string; before: Body | undefined; close: () => void }) {
  const record = useRecord(id, ({ review }) => review.post_mortem);
  const [heldAt, setHeldAt] = useState(thisMinute);
  const [texts, setTexts] = useState<Record<string, string>>(() => textsOf(before));
  const text = (name: string) => texts[name]?.trim() ?? '';
  const set = (name: string) => (value: string) => setTexts((all) => ({ ...all, [name]: value }));
  const ready = heldAt !== '' && text('participants') !== '' && TEXTS.every(([name]) => text(name) !== '');
  const run = () =>
    record({
      kind: 'post_mortem.held',
      body: {
        post_mortem: {
          held_at: heldAt,
          participants: linesOf(text('participants')),
          summary: text('summary'),
          detection: text('detection'),
          handling: text('handling'),
          outcome: text('outcome'),
          contributing: linesOf(text('contributing')),
          went_well: linesOf(text('went_well')),
          went_badly: linesOf(text('went_badly')),
          lucky: linesOf(text('lucky')),
        },
      },
    });
  return (
    <FormDialog title="Post-mortem" act="Record it" wide ready={ready} close={close} run={run}>
      <div className="report-choice">
        <TimeBox label="Held at" value={heldAt} onChange={setHeldAt} required />
        <TextBox
          label="Who took part"
          value={texts.participants ?? ''}
          onChange={set('participants')}
          lines={3}
          required
          help="One per line."
        />
      </div>
      {TEXTS.map(([name, title, help]) => (
        <TextBox key={name} label={title} help={help} value={texts[name] ?? ''} onChange={set(name)} lines={4} required />
      ))}
      <div className="report-choice">
        {LISTS.map(([name, title]) => (
          <TextBox key={name} label={title} help="One per line." value={texts[name] ?? ''} onChange={set(name)} lines={4} />
        ))}
      </div>
    </FormDialog>
  );
}

function textsOf(before: Body | undefined): Record<string, string> {
  if (!before) return {};
  const lists = [['participants', before.participants] as const, ...LISTS.map(([name]) => [name, before[name] ?? []] as const)];
  return {
    ...Object.fromEntries(TEXTS.map(([name]) => [name, before[name]])),
    ...Object.fromEntries(lists.map(([name, lines]) => [name, lines.join('\n')])),
  };
}
