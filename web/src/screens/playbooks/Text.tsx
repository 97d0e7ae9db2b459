// The document itself, as any other program that knows CACAO v2 reads it.

import { download } from '../../api/client';
import { Button } from '../../ui/Button';
import { copy } from '../../ui/copy';
import { tellTrouble } from '../../ui/Toast';

export function Text({ name, document }: { name: string; document: unknown }) {
  const text = JSON.stringify(document, null, 2);
  const path = `/api/v1/playbooks/${encodeURIComponent(name)}`;
  return (
    <section className="card" aria-labelledby="text-title">
      <header>
        <h2 id="text-title">CACAO v2 document</h2>
        <Button icon="copy" onPress={() => void copy(text, 'Copied the document')}>
          Copy
        </Button>
        <Button onPress={() => void download(path, `${name}.json`).catch(tellTrouble)}>Download</Button>
      </header>
      <pre className="document" tabIndex={0} role="group" aria-label="The document as JSON">
        {text}
      </pre>
    </section>
  );
}
