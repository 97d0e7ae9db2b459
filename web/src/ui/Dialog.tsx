// What is asked above the page. Escape closes it, focus stays inside and goes back to where it was. A click beside it closes only
// what holds nothing that could be lost.

import type { ReactNode } from 'react';
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from 'react-aria-components';

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
          <Heading slot="title" level={2} className="wrap">
            {title}
          </Heading>
          {children}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
