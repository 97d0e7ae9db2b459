// The text with colours, line numbers and marks. It stands in a shadow tree, so that its styles are constructed and not written into
// the page, which the policy of the page forbids. Tab never traps: Escape, then Tab leaves.

import { indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { keymap } from '@codemirror/view';
import { basicSetup, EditorView } from 'codemirror';
import { useEffect, useImperativeHandle, useRef, type Ref } from 'react';

import type { Mark } from './examine';
import { LOOK } from './theme';

/** What a canvas or a list of findings asks of the text. */
export interface TextHandle {
  goTo: (line: number, focus: boolean) => void;
}

export interface TextProps {
  ref: Ref<TextHandle>;
  /** What it begins with; from then on it keeps its own text. */
  text: string;
  change: (text: string) => void;
  /** The line with the cursor, while somebody is in the text. */
  moved: (line: number) => void;
  /** What is wrong with the text as it is now; none while that is not known. */
  marks: readonly Mark[] | undefined;
  helpId: string;
}

export const TEXT_LABEL = 'Text of the playbook';

export function Code({ ref, text, change, moved, marks, helpId }: TextProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ change, moved });
  latest.current = { change, moved };
  const first = useRef(text);
  useEffect(() => {
    if (!host.current) return;
    const root = host.current.shadowRoot ?? host.current.attachShadow({ mode: 'open' });
    const made = new EditorView({
      doc: first.current,
      parent: root,
      root,
      extensions: [
        basicSetup,
        keymap.of([indentWithTab]),
        yaml(),
        lintGutter(),
        EditorView.lineWrapping,
        LOOK,
        EditorView.contentAttributes.of({ 'aria-label': TEXT_LABEL, spellcheck: 'false', tabindex: '0' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current.change(update.state.doc.toString());
          if (update.selectionSet && update.view.hasFocus) {
            latest.current.moved(update.state.doc.lineAt(update.state.selection.main.head).number);
          }
        }),
      ],
    });
    view.current = made;
    return () => made.destroy();
  }, []);
  useEffect(() => keepKeys(host.current), []);
  useEffect(() => {
    if (view.current && marks) view.current.dispatch(setDiagnostics(view.current.state, diagnosticsOf(marks, view.current)));
  }, [marks]);
  useImperativeHandle(ref, () => ({
    goTo: (line, focus) => {
      const shown = view.current;
      if (!shown) return;
      const { from } = shown.state.doc.line(Math.max(1, Math.min(line, shown.state.doc.lines)));
      shown.dispatch({ selection: { anchor: from }, effects: EditorView.scrollIntoView(from, { y: 'center' }) });
      if (focus) shown.focus();
    },
  }));
  return <div className="code" ref={host} role="group" aria-label="Editor" aria-describedby={helpId} />;
}

/** From outside, what is typed in a shadow tree seems to be typed on its host, which is no field: single keys would be shortcuts. */
function keepKeys(host: HTMLElement | null): (() => void) | undefined {
  if (!host) return undefined;
  const keep = (event: KeyboardEvent) => {
    if (!event.ctrlKey && !event.metaKey) event.stopPropagation();
  };
  host.addEventListener('keydown', keep);
  return () => host.removeEventListener('keydown', keep);
}

function diagnosticsOf(marks: readonly Mark[], view: EditorView): Diagnostic[] {
  const { doc } = view.state;
  return marks
    .filter(({ line }) => line <= doc.lines)
    .map(({ line, finding }) => {
      const { from, to, text } = doc.line(line);
      const begin = from + (text.length - text.trimStart().length);
      return { from: begin, to, severity: finding.grade === 'error' ? 'error' : 'warning', message: finding.message, source: finding.rule };
    });
}
