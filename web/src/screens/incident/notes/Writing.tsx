// What a new note and one that is written together have in common.

import { useId, type KeyboardEvent, type SyntheticEvent } from 'react';

import { Markdown } from '../../../ui/Markdown';
import { count } from '../../../ui/text';

export const TEXT_MAX = 20_000;
/** From here on it is said how much is left. */
const TEXT_NEAR = 18_000;

/** How the text will look. */
export function Preview({ text }: { text: string }) {
  const id = useId();
  return (
    <section className="field" aria-labelledby={id}>
      <span className="label" id={id}>
        Preview
      </span>
      <div className="note-preview" tabIndex={0} role="group" aria-labelledby={id}>
        {text.trim() === '' ? <p className="soft">Nothing yet</p> : <Markdown text={text} />}
      </div>
    </section>
  );
}

export function Length({ text }: { text: string }) {
  if (text.length <= TEXT_NEAR) return null;
  const isOver = text.length > TEXT_MAX;
  return (
    <p className={isOver ? 'notice bad' : 'small soft'} role="status">
      {isOver ? `Too long by ${count(text.length - TEXT_MAX, 'character')}.` : `${count(TEXT_MAX - text.length, 'character')} left.`}
    </p>
  );
}

/** A form that its button saves, and Ctrl and Enter. */
export function saves(save: () => void) {
  return {
    onSubmit: (event: SyntheticEvent) => {
      event.preventDefault();
      save();
    },
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
      event.preventDefault();
      save();
    },
  };
}
