// The way from a text to a rule in force: a download, and what to do with it.

import { Button } from '../../../ui/Button';
import { saveFile } from '../../../ui/file';
import type { Checked } from './checked';

const NAME_MAX = 80;

export function Finish({ text, checked: { said, isCurrent } }: { text: string; checked: Checked }) {
  return (
    <section className="card" aria-labelledby="finish">
      <header>
        <h2 id="finish">Where it goes</h2>
        <Button look="primary" onPress={() => saveFile(fileOf(said?.items[0]?.title ?? ''), text, 'application/yaml')}>
          Download
        </Button>
      </header>
      <div className="body stack tight">
        <p>
          The server keeps no drafts. Download the finished rule and put it into a folder that <code>rules.folders</code> of the configuration
          names; the server reads it when it starts.
        </p>
        {isCurrent && said && said.refused.length > 0 && (
          <p className="notice warn">It has errors. A server starts with it, but does not put it in force.</p>
        )}
      </div>
    </section>
  );
}

/** As rules are usually called, by their title. */
function fileOf(title: string): string {
  const words = title.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase().match(/[a-z0-9]+/g) ?? ['rule'];
  return `${words.join('_').slice(0, NAME_MAX)}.yml`;
}
