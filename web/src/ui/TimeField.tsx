// A field for a time that counts once it is whole: by Enter, or when the field is left. What is half typed is no search.

import { useState } from 'react';

import { TextBox } from './Field';
import { useSettings } from './settings';
import { parseTime, typed } from './time';

interface TimeFieldProps {
  label: string;
  /** RFC 3339, or nothing. */
  at: string | undefined;
  set: (at: string | undefined) => void;
}

export function TimeField({ label, at, set }: TimeFieldProps) {
  const { zone } = useSettings();
  const [text, setText] = useState<string>();
  const shown = at ? typed(at, zone) : '';
  const isEmpty = text?.trim() === '';
  const parsed = text === undefined || isEmpty ? undefined : parseTime(text, zone);
  const isWhole = text === undefined || isEmpty || parsed !== undefined;
  const take = () => {
    if (!isWhole) return;
    if (text !== undefined && text.trim() !== shown) set(parsed);
    setText(undefined);
  };
  return (
    <div
      onKeyDown={(event) => {
        if (event.key !== 'Enter') return;
        // Enter means this field, and not the form that it may stand in.
        event.preventDefault();
        take();
      }}
      onBlur={take}
    >
      <TextBox
        label={`${label} (${zone === 'utc' ? 'UTC' : 'your time'})`}
        value={text ?? shown}
        onChange={setText}
        placeholder="2026-11-30 05:31"
        help={isWhole ? undefined : 'As 2026-11-30 05:31'}
      />
    </div>
  );
}
