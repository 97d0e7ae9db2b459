// The text in a plain field of the browser: for screen readers, and for whoever likes it better. Tab leaves it.

import { useId, useImperativeHandle, useRef, useState } from 'react';

import type { TextProps } from './Code';
import './code.css';

export function Plain({ ref, label, text, change, moved, helpId }: TextProps) {
  const id = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  const [typed, setTyped] = useState(text);
  useImperativeHandle(ref, () => ({
    goTo: (line, focus) => {
      const shown = field.current;
      if (!shown) return;
      const lines = shown.value.split('\n');
      const at = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
      shown.setSelectionRange(at, at);
      shown.scrollTop = (shown.scrollHeight / lines.length) * Math.max(0, line - 4);
      if (focus) shown.focus();
    },
  }));
  return (
    <div className="field plain-text">
      <label htmlFor={id} className="hidden">
        {label}
      </label>
      <textarea
        id={id}
        ref={field}
        value={typed}
        aria-describedby={helpId}
        spellCheck={false}
        wrap="off"
        onChange={(event) => {
          setTyped(event.target.value);
          change(event.target.value);
        }}
        onSelect={({ currentTarget }) => {
          if (document.activeElement !== currentTarget) return;
          moved?.(currentTarget.value.slice(0, currentTarget.selectionStart).split('\n').length);
        }}
      />
    </div>
  );
}
