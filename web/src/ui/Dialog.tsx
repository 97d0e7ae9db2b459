// What is asked above the page. Escape closes it, focus stays inside and goes back to where it was. A click beside it closes only
// what holds nothing that could be lost.

import { useState, type ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

import { TextBox } from './Field';
import { FormDialog } from './FormDialog';

interface DialogProps {
  title: string;
  open: boolean;
  close: () => void;
  wide?: boolean;
  /** Whether a click beside it closes it: never where something is typed, or a secret is shown once. */
  light?: boolean;
  children: ReactNode;
}

export function Dialog({ title, open, close, wide = false, light = false, children }: DialogProps) {
  return (
    <ModalOverlay className="veil" isOpen={open} onOpenChange={(now) => !now && close()} isDismissable={light}>
      <Modal className={wide ? 'dialog wide' : 'dialog'}>
        <AriaDialog>
          <Heading slot="title" level={2}>
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

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
      {reason && <TextBox label={reason} value={text} onChange={setText} lines={3} autoFocus required />}
    </FormDialog>
  );
}
