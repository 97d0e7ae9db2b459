// Recovery codes, which are shown once.

import { Button } from '../../../ui/Button';
import { Dialog } from '../../../ui/Dialog';
import { copy } from '../../../ui/copy';
import { saveFile } from '../../../ui/file';

export function Codes({ codes, close }: { codes: readonly string[]; close: () => void }) {
  const text = `${codes.join('\n')}\n`;
  return (
    <Dialog title="Your recovery codes" open close={close}>
      <p>
        Each lets you sign in once when your second factor is lost. Keep them where you find them then, and not on the device that you
        would lose. They are shown this once.
      </p>
      <ul className="codes mono">
        {codes.map((code) => (
          <li key={code}>{code}</li>
        ))}
      </ul>
      <div className="row">
        <Button icon="copy" onPress={() => void copy(text)}>
          Copy all
        </Button>
        <Button onPress={() => saveFile('quell-recovery-codes.txt', text)}>Download</Button>
        <Button look="primary" onPress={close}>
          I kept them
        </Button>
      </div>
    </Dialog>
  );
}
