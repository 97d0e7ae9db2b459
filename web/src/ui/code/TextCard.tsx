// A text to write, with colours and marks or in a plain field, as each person likes.

import { useId, type ReactNode } from 'react';

import { Code, type TextProps } from './Code';
import { Plain } from './Plain';
import type { Begun } from './text';

interface TextCardProps extends Omit<TextProps, 'text' | 'helpId'> {
  begun: Begun;
  isPlain: boolean;
  choosePlain: (plain: boolean) => void;
  /** Where the text is kept. */
  foot: string;
  /** What else can be done with it. */
  children: ReactNode;
}

export function TextCard({ begun, isPlain, choosePlain, foot, children, ...field }: TextCardProps) {
  const id = useId();
  const helpId = useId();
  const Field = isPlain ? Plain : Code;
  return (
    <section className="card text-card" aria-labelledby={id}>
      <header>
        <h2 id={id}>Text</h2>
        <label className="check">
          <input type="checkbox" checked={isPlain} onChange={(event) => choosePlain(event.target.checked)} />
          Plain text field
        </label>
        {children}
      </header>
      <Field key={`${isPlain} ${begun.times}`} text={begun.text} helpId={helpId} {...field} />
      <p className="text-foot soft small" id={helpId}>
        {isPlain ? 'Tab leaves the field.' : 'Tab indents. To leave the text by keyboard, press Escape, then Tab.'} {foot}
      </p>
    </section>
  );
}
