// Lessons: each has an owner, a date and what will prove it before it can be closed.

import { useState } from 'react';

import type { Api } from '../../../api/client';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { useMay } from '../may';
import { referenceText } from '../../../ui/Reference';
import { useSlice } from '../../../ui/Slice';
import { words } from '../../../ui/text';
import { Left, Moment } from '../../../ui/When';
import { Who } from '../../../ui/Who';
import { AddForm, CloseForm, DropForm, OwnForm, ShareForm } from './LessonForms';

export type Lesson = Api['Lesson'];
type Deed = 'own' | 'close' | 'drop' | 'share';

interface LessonsProps {
  id: string;
  lessons: readonly Lesson[];
  evidence: readonly Api['Evidence'][];
}

export function Lessons({ id, lessons, evidence }: LessonsProps) {
  const may = useMay();
  const [adding, setAdding] = useState(false);
  const [asked, setAsked] = useState<{ deed: Deed; lesson: Lesson }>();
  const { shown, more } = useSlice(lessons);
  const close = () => setAsked(undefined);
  return (
    <section className="card" aria-labelledby="lessons">
      <header>
        <h2 id="lessons">Lessons</h2>
        {may.write && (
          <Button icon="plus" onPress={() => setAdding(true)}>
            Add a lesson…
          </Button>
        )}
      </header>
      <div className="body stack">
        {lessons.length === 0 && <p className="soft">None yet. A lesson is a change that somebody makes by a date, and proves.</p>}
        <ol className="stack lessons">
          {shown.map((lesson) => (
            <Item key={lesson.id} lesson={lesson} ask={(deed) => setAsked({ deed, lesson })} />
          ))}
        </ol>
        {more}
      </div>
      {adding && <AddForm close={() => setAdding(false)} />}
      {asked?.deed === 'own' && <OwnForm id={id} lesson={asked.lesson} close={close} />}
      {asked?.deed === 'close' && <CloseForm id={id} lesson={asked.lesson} evidence={evidence} close={close} />}
      {asked?.deed === 'drop' && <DropForm id={id} lesson={asked.lesson} close={close} />}
      {asked?.deed === 'share' && <ShareForm id={id} lesson={asked.lesson} close={close} />}
    </section>
  );
}

function Item({ lesson, ask }: { lesson: Lesson; ask: (deed: Deed) => void }) {
  const may = useMay();
  const { end, owned } = lesson;
  const deeds: [Deed, string, boolean][] = [
    ['own', owned ? 'Owner, date…' : 'Give it an owner…', !end],
    ['close', 'Close…', !end && owned != null],
    ['drop', 'Drop…', !end],
    ['share', 'Told to…', true],
  ];
  return (
    <li className="stack tight">
      <div className="row">
        <Badge>{words(lesson.target)}</Badge>
        <LessonState lesson={lesson} />
        <span className="small soft">#{lesson.id}</span>
      </div>
      <p className="wrap">{lesson.text}</p>
      {lesson.name && <p className="small soft wrap">Changes {lesson.name}</p>}
      {owned && (
        <p className="small wrap">
          <Who id={owned.owner} /> owns it, due <Moment at={owned.due_at} />
          {!end && (
            <>
              , <Left until={owned.due_at} />
            </>
          )}
          . Proven by: {owned.proof}
        </p>
      )}
      {end && (
        <div className="small">
          <p className="wrap">{end.text}</p>
          {end.reference && <p className="wrap">Shown by {referenceText(end.reference)}</p>}
          <p className="soft">
            <Moment at={end.stamp.at} /> by <Who id={end.stamp.actor} />
          </p>
        </div>
      )}
      {lesson.shared.length > 0 && <p className="small soft wrap">Told to {lesson.shared.join('; ')}</p>}
      {may.write && (
        <div className="row">
          {deeds
            .filter(([, , possible]) => possible)
            .map(([deed, text]) => (
              <Button key={deed} aria-label={`${text} lesson #${lesson.id}`} onPress={() => ask(deed)}>
                {text}
              </Button>
            ))}
        </div>
      )}
    </li>
  );
}

function LessonState({ lesson: { end, owned } }: { lesson: Lesson }) {
  // Only what was closed has something that shows it.
  if (end?.reference) return <Badge tone="good">Closed</Badge>;
  if (end) return <Badge>Dropped</Badge>;
  if (!owned) return <Badge tone="warn">Nobody owns it</Badge>;
  if (Date.parse(owned.due_at) < Date.now()) return <Badge tone="bad">Overdue</Badge>;
  return <Badge tone="accent">Owned</Badge>;
}
