// Something that is sent at a press, without a form: pressed twice, it is sent once, and a refusal is told.

import { useRef } from 'react';

import { tellTrouble } from '../../ui/Toast';

export function useSending(): (send: () => Promise<unknown>) => void {
  const isSending = useRef(false);
  return (send) => {
    if (isSending.current) return;
    isSending.current = true;
    void send()
      .catch(tellTrouble)
      .finally(() => {
        isSending.current = false;
      });
  };
}
