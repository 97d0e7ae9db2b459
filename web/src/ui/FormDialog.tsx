// A form above the page. Mount it to open it: it begins anew each time. What was typed is lost by Escape or Cancel only, never by
// a click beside it and never by a refusal.

import { useEffect, useRef, useState, type ReactNode } from 'react';

import { Button } from './Button';
import { Dialog } from './Dialog';
import { Trouble } from './State';
import { tellTrouble } from './Toast';

interface FormDialogProps {
  title: string;
  close: () => void;
  /** What stands on the button that does it. */
  act: string;
  danger?: boolean;
  wide?: boolean;
  /** Whether everything that is needed is filled in. */
  ready?: boolean;
  children: ReactNode;
  /** Closes the form when it is through; what it throws is shown. */
  run: () => Promise<unknown>;
}

export function FormDialog({ title, close, act, danger = false, wide = false, ready = true, children, run }: FormDialogProps) {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const isOpen = useRef(false);
  useEffect(() => {
    isOpen.current = true;
    return () => {
      isOpen.current = false;
    };
  }, []);
  // The button stays enabled meanwhile: a disabled one would lose the focus, and with it Escape.
  const go = async () => {
    setBusy(true);
    setError(undefined);
    try {
      await run();
      if (isOpen.current) close();
    } catch (refused) {
      // Escape and Cancel do not stop what is under way; whoever left has to learn that it was refused.
      if (!isOpen.current) return tellTrouble(refused);
      setError(refused);
      setBusy(false);
    }
  };
  return (
    <Dialog title={title} open close={close} wide={wide}>
      <form
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          if (ready && !busy) void go();
        }}
      >
        {children}
        {error !== undefined && <Trouble error={error} />}
        <div className="row">
          <Button type="submit" look={danger ? 'danger' : 'primary'} isDisabled={!ready}>
            {act}
          </Button>
          <Button onPress={close}>Cancel</Button>
          <span className="soft" role="status">
            {busy && 'Working…'}
          </span>
        </div>
      </form>
    </Dialog>
  );
}
