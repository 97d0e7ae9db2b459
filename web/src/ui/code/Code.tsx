// The text with colours, line numbers and marks. Tab never traps: Escape, then Tab leaves.

import { indentWithTab } from '@codemirror/commands';
import { yaml } from '@codemirror/lang-yaml';
import { lintGutter, setDiagnostics, type Diagnostic } from '@codemirror/lint';
import { EditorState } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { basicSetup } from 'codemirror';
import { useEffect, useImperativeHandle, useRef, type Ref } from 'react';

import { mount } from './mount';
import { LOOK } from './theme';
import './code.css';

/** What is wrong, and the line of the text that it is about. */
export interface TextMark {
  finding: { grade: 'error' | 'warning'; message: string; rule: string };
  line: number;
}

/** What a canvas or a list of findings asks of the text. */
export interface TextHandle {
  goTo: (line: number, focus: boolean) => void;
}

export interface TextProps {
  ref: Ref<TextHandle>;
  /** What it is the text of, for those who do not see it. */
  label: string;
  /** What it begins with; from then on it keeps its own text. */
  text: string;
  change: (text: string) => void;
  /** The line with the cursor, while somebody is in the text. */
  moved?: (line: number) => void;
  /** What is wrong with the text as it is now; none while that is not known. */
  marks: readonly TextMark[] | undefined;
  helpId: string;
}

export function Code({ ref, label, text, change, moved, marks, helpId }: TextProps) {
  const host = useRef<HTMLDivElement>(null);
  const view = useRef<EditorView>(undefined);
  const latest = useRef({ change, moved });
  latest.current = { change, moved };
  const first = useRef(text);
  useEffect(() => {
    if (!host.current) return;
    const state = EditorState.create({
      doc: first.current,
      extensions: [
        basicSetup,
        keymap.of([indentWithTab]),
        yaml(),
        lintGutter(),
        EditorView.lineWrapping,
        LOOK,
        EditorView.contentAttributes.of({ 'aria-label': label, spellcheck: 'false', tabindex: '0' }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) latest.current.change(update.state.doc.toString());
          if (update.selectionSet && update.view.hasFocus) {
            latest.current.moved?.(update.state.doc.lineAt(update.state.selection.main.head).number);
          }
        }),
      ],
    });
    const made = mount(host.current, state);
    view.current = made;
    return () => made.destroy();
  }, []);
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

function diagnosticsOf(marks: readonly TextMark[], view: EditorView): Diagnostic[] {
  const { doc } = view.state;
  return marks
    .filter(({ line }) => line <= doc.lines)
    .map(({ line, finding }) => {
      const { from, to, text } = doc.line(line);
      const begin = from + (text.length - text.trimStart().length);
      return { from: begin, to, severity: finding.grade === 'error' ? 'error' : 'warning', message: finding.message, source: finding.rule };
    });
}
