// Text and drawing of a playbook side by side, in step with each other: a step that is chosen in one is shown in the other.

import { useNavigate, useSearch } from '@tanstack/react-router';
import { useId, useMemo, useRef, useState } from 'react';

import { Loading, Trouble } from '../../../ui/State';
import { Canvas } from '../Canvas';
import { layOut } from '../layout';
import { Anew } from './Anew';
import { Code, type TextHandle } from './Code';
import { dropDraft, keepDraft } from './drafts';
import { TEXT_MAX, useExamined, type Drawn } from './examine';
import { Findings, said } from './Findings';
import { Finish } from './Finish';
import { Plain } from './Plain';
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
  const { begun, text, isKept, change, restart } = useDraft(name, origin, draft);
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
  const Field = view === 'plain' ? Plain : Code;
  const helpId = useId();
  return (
    <>
      <Finish name={name} text={text} examined={examined} />
      <div className="workbench">
        <section className="card text-card" aria-labelledby="draft-text">
          <header>
            <h2 id="draft-text">Text</h2>
            <label className="check">
              <input type="checkbox" checked={view === 'plain'} onChange={(event) => chooseView(event.target.checked)} />
              Plain text field
            </label>
            <Anew name={name} begin={restart} isChanged={text !== origin} origin={origin} />
          </header>
          <Field
            key={`${view} ${begun.times}`}
            ref={handle}
            text={begun.text}
            change={change}
            moved={moved}
            marks={isCurrent ? marks : undefined}
            helpId={helpId}
          />
          <p className="text-foot soft small" id={helpId}>
            {view === 'plain' ? 'Tab leaves the field.' : 'Tab indents. To leave the text by keyboard, press Escape, then Tab.'}{' '}
            {isKept ? 'What you write is kept in this browser only.' : 'This browser keeps nothing: download the text before you leave.'}
          </p>
        </section>
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

/** The text, kept by the browser as it changes; `restart` puts another one into the field. */
function useDraft(name: string | undefined, origin: string, draft: string | undefined) {
  const [begun, setBegun] = useState({ text: draft ?? origin, times: 0 });
  const [text, setText] = useState(begun.text);
  const [isKept, setKept] = useState(true);
  const change = (now: string) => {
    setText(now);
    if (now === origin) dropDraft(name);
    else setKept(keepDraft(name, now));
  };
  const restart = (anew: string) => {
    change(anew);
    setBegun({ text: anew, times: begun.times + 1 });
  };
  return { begun, text, isKept, change, restart };
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
