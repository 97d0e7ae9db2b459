// A password that somebody chooses, by the rules that the server holds it against.

import { TextBox } from './Field';

interface NewPasswordProps {
  label?: string;
  /** What else there is to know. */
  more?: string;
  value: string;
  onChange: (password: string) => void;
  autoFocus?: boolean;
}

const CHARS_MIN = 12;
const CHARS_MAX = 1_024;

export function NewPassword({ label = 'Password', more, ...field }: NewPasswordProps) {
  const rule = `At least ${CHARS_MIN} characters; several words are good`;
  return (
    <TextBox
      label={label}
      help={more ? `${rule}. ${more}` : rule}
      type="password"
      autoComplete="new-password"
      minLength={CHARS_MIN}
      maxLength={CHARS_MAX}
      required
      {...field}
    />
  );
}
