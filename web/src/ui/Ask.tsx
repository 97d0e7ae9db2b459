// A question before something is done.

import { useState, type ReactNode } from 'react';

import { TextBox } from './Field';
import { FormDialog } from './FormDialog';

/** Longest reason that the API takes, in characters. */
const REASON_MAX = 20_000;

interface AskProps {
  title: string;
  open: boolean;
  close: () => void;
  /** What stands on the button that does it. */
  act: string;
  danger?: boolean;
  /** Label of the reason that is wanted; none if none is. */
  reason?: string;
  children?: ReactNode;
  run: (reason: string) => Promise<unknown>;
}

/** Asks whether something is to be done, and why; stays open with what went wrong if it was refused. */
export function Ask({ open, ...rest }: AskProps) {
  return open ? <Asking {...rest} /> : null;
}

function Asking({ reason, children, run, ...form }: Omit<AskProps, 'open'>) {
  const [text, setText] = useState('');
  const ready = reason === undefined || text.trim() !== '';
  return (
    <FormDialog {...form} ready={ready} run={() => run(text.trim())}>
      {children}
      {reason && <TextBox label={reason} value={text} onChange={setText} lines={3} autoFocus required maxLength={REASON_MAX} />}
    </FormDialog>
  );
}
