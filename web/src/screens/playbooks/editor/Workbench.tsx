// Text and drawing of a playbook side by side, in step with each other: a step that is chosen in one is shown in the other.

import { useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useRef, useState } from 'react';

import type { TextHandle } from '../../../ui/code/Code';
import { TextCard } from '../../../ui/code/TextCard';
import { useText } from '../../../ui/code/text';
import { Loading, Trouble } from '../../../ui/State';
import { Canvas } from '../Canvas';
import { layOut } from '../layout';
import { Anew } from './Anew';
import { dropDraft, keepDraft } from './drafts';
import { TEXT_MAX, useExamined, type Drawn } from './examine';
import { Findings, said } from './Findings';
import { Finish } from './Finish';
import { Rehearsal, type Reached } from './Rehearsal';
import { outlineOf, placeOfStep, stepAt } from './where';

interface WorkbenchProps {
  /** Of the playbook that it is made from; none for a new one. */
  name: string | undefined;
  /** The text that it is made from. */
  origin: string;
  draft: string | undefined;
}

export function Workbench({ name, origin, draft }: WorkbenchProps) {
  const { view, step, show } = useShown();
  const { begun, text, isKept, change, restart } = useText(draft ?? origin, (now) => (now === origin ? dropDraft(name) : keepDraft(name, now)));
  const [played, setPlayed] = useState<{ text: string; reached: Reached }>();
  const handle = useRef<TextHandle>(null);
  const examined = useExamined(text);
  const { drawn, marks, isCurrent } = examined;
  const root = useMemo(() => outlineOf(text), [text]);
  const chooseView = (plain: boolean) => {
    restart(text);
    show({ view: plain ? 'plain' : undefined });
  };
  const select = (id: string | undefined) => {
    show({ step: id });
    const place = placeOfStep(root, id && drawn?.written.get(id));
    if (place) handle.current?.goTo(place.line, false);
  };
  const moved = (line: number) => {
    const written = stepAt(root, line);
    const id = written && [...(drawn?.written ?? [])].find(([, each]) => each === written)?.[0];
    if (id && id !== step) show({ step: id });
  };
  return (
    <>
      <Finish name={name} text={text} examined={examined} />
      <div className="workbench">
        <TextCard
          ref={handle}
          label="Text of the playbook"
          begun={begun}
          change={change}
          moved={moved}
          marks={isCurrent ? marks : undefined}
          isPlain={view === 'plain'}
          choosePlain={chooseView}
          foot={isKept ? 'What you write is kept in this browser only.' : 'This browser keeps nothing: download the text before you leave.'}
        >
          <Anew name={name} begin={restart} isChanged={text !== origin} origin={origin} />
        </TextCard>
        <Drawing drawn={drawn} step={step} select={select} reached={played?.text === text ? played.reached : undefined} examined={examined} />
      </div>
      <p className="hidden" role="status">
        {isCurrent && said(marks)}
      </p>
      {text.length > TEXT_MAX && <p className="notice bad">The text is longer than {TEXT_MAX.toLocaleString('en')} characters: it cannot be checked.</p>}
      {examined.query.isError && <Trouble error={examined.query.error} again={() => void examined.query.refetch()} />}
      <div className="columns">
        <Findings examined={examined} goTo={(line) => handle.current?.goTo(line, true)} />
        <Rehearsal text={text} drawn={drawn} played={setPlayed} select={select} />
      </div>
    </>
  );
}

interface DrawingProps {
  drawn: Drawn | undefined;
  step: string | undefined;
  select: (id: string | undefined) => void;
  reached: Reached | undefined;
  examined: ReturnType<typeof useExamined>;
}

function Drawing({ drawn, step, select, reached, examined }: DrawingProps) {
  const drawing = useMemo(() => drawn && layOut(drawn.playbook.steps, drawn.playbook.start, drawn.playbook.exception), [drawn]);
  if (!drawn || !drawing) {
    return (
      <section className="card" aria-labelledby="no-drawing">
        <header>
          <h2 id="no-drawing">Workflow</h2>
        </header>
        {examined.query.isPending ? <Loading what="Reading the text" /> : <p className="empty">It is drawn as soon as the text can be read.</p>}
      </section>
    );
  }
  return (
    <div className="stack tight">
      <Canvas
        playbook={drawn.playbook}
        drawing={drawing}
        configured={(action) => ({ here: !drawn.byHand.has(action) })}
        selected={step && drawn.playbook.steps.has(step) ? step : undefined}
        select={select}
        reached={reached}
      />
      {!examined.isReadable && <p className="notice warn">The text cannot be read. This is the drawing from before.</p>}
    </div>
  );
}

/** What of the screen stands in the address; moving the cursor leaves no steps for Back. */
function useShown() {
  const { view, step } = useSearch({ strict: false });
  const navigate = useNavigate();
  const show = (values: { view?: string; step?: string }) =>
    void navigate({ to: '.', search: (before: object) => ({ ...before, ...values }) as never, replace: true, resetScroll: false });
  return { view, step, show };
}
