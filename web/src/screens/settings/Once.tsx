// A secret that is shown once: to copy, and never to be kept by the console.

import { Button } from '../../ui/Button';
import { tell } from '../../ui/Toast';

export function Once({ label, text }: { label: string; text: string }) {
  return (
    <div className="field">
      <span className="label">{label}</span>
      <div className="once">
        <code className="grow wrap">{text}</code>
        <Button icon="copy" aria-label={`Copy: ${label}`} onPress={() => copy(text)}>
          Copy
        </Button>
      </div>
    </div>
  );
}

export function copy(text: string): void {
  void navigator.clipboard?.writeText(text).then(() => tell('Copied'));
}

/** Saves a text as a file. */
export function save(name: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/plain' }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  URL.revokeObjectURL(address);
}
