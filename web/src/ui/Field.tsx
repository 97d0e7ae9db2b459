// Fields of forms: a label that is seen, and help that is read with it.

import { useId, type HTMLInputAutoCompleteAttribute } from 'react';

interface TextBoxProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  help?: string;
  lines?: number;
  type?: 'text' | 'password' | 'search' | 'email' | 'number' | 'datetime-local';
  autoComplete?: HTMLInputAutoCompleteAttribute;
  autoFocus?: boolean;
  required?: boolean;
  placeholder?: string;
  inputMode?: 'numeric' | 'text';
  maxLength?: number;
  minLength?: number;
}

export function TextBox({ label, value, onChange, help, lines, ...rest }: TextBoxProps) {
  const id = useId();
  const shared = {
    id,
    value,
    'aria-describedby': help ? `${id}-help` : undefined,
    spellCheck: lines !== undefined,
    ...rest,
  };
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {lines === undefined ? (
        <input {...shared} onChange={(event) => onChange(event.target.value)} />
      ) : (
        <textarea {...shared} rows={lines} onChange={(event) => onChange(event.target.value)} />
      )}
      {help && (
        <span className="help" id={`${id}-help`}>
          {help}
        </span>
      )}
    </div>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  onChange: (value: T) => void;
  options: readonly (readonly [value: T, text: string])[];
  help?: string;
}

/** One of a few. The browser's own list: it works with every keyboard and every reader. */
export function Choice<T extends string>({ label, value, onChange, options, help }: ChoiceProps<T>) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChange(event.target.value as T)} aria-describedby={help ? `${id}-help` : undefined}>
        {options.map(([each, text]) => (
          <option key={each} value={each}>
            {text}
          </option>
        ))}
      </select>
      {help && (
        <span className="help" id={`${id}-help`}>
          {help}
        </span>
      )}
    </div>
  );
}

export function Check({ label, checked, onChange }: { label: string; checked: boolean; onChange: (checked: boolean) => void }) {
  return (
    <label className="check">
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.target.checked)} />
      {label}
    </label>
  );
}
