// A secret that is shown once: to copy, and never to be kept by the console.

import { Button } from '../../ui/Button';
import { copy } from '../../ui/copy';

export function Once({ label, text }: { label: string; text: string }) {
  return (
    <div className="field">
      <span className="label">{label}</span>
      <div className="once">
        <code className="grow wrap">{text}</code>
        <Button icon="copy" aria-label={`Copy: ${label}`} onPress={() => void copy(text)}>
          Copy
        </Button>
      </div>
    </div>
  );
}
