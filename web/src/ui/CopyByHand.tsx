// Text that the browser did not let be copied, selected, so that two keys copy it.

import { useId } from 'react';

import { Button } from './Button';
import { byHand } from './copy';
import { Dialog } from './Dialog';

const LINES_MAX = 12;

export function CopyByHand() {
  const text = byHand.use();
  const id = useId();
  const close = () => byHand.set(undefined);
  if (text === undefined) return null;
  return (
    <Dialog title="Copy it by hand" open close={close}>
      <p>The browser did not let it be copied: it needs https, and your permission. The text is selected; press Ctrl C or ⌘ C.</p>
      <div className="field">
        <label htmlFor={id}>Text</label>
        <textarea
          id={id}
          readOnly
          autoFocus
          rows={Math.min(LINES_MAX, text.split('\n').length + 1)}
          value={text}
          onFocus={(event) => event.target.select()}
        />
      </div>
      <div>
        <Button onPress={close}>Close</Button>
      </div>
    </Dialog>
  );
}
