// The way from a text to a playbook that a server has: downloads, and what to do with them.

import { Button } from '../../../ui/Button';
import { saveFile } from '../../../ui/file';
import type { useExamined } from './examine';

interface FinishProps {
  name: string | undefined;
  text: string;
  examined: ReturnType<typeof useExamined>;
}

export function Finish({ name, text, examined }: FinishProps) {
  const { isCurrent, isReadable, drawn, marks, yaml } = examined;
  const isReady = isCurrent && isReadable;
  const file = fileOf(name, text);
  const hasErrors = marks.some(({ finding }) => finding.grade === 'error');
  // What is typed can be taken along at any time; what the server makes of it, once it could read it.
  const asYaml = text.trimStart().startsWith('{') ? (isReady ? yaml : undefined) : text;
  return (
    <section className="card" aria-labelledby="finish">
      <header>
        <h2 id="finish">Where it goes</h2>
        <Button look="primary" isDisabled={asYaml === undefined} onPress={() => asYaml !== undefined && saveFile(`${file}.yaml`, asYaml, 'application/yaml')}>
          Download YAML
        </Button>
        <Button isDisabled={!isReady} onPress={() => saveFile(`${file}.json`, `${JSON.stringify(drawn?.document, null, 2)}\n`, 'application/json')}>
          Download JSON
        </Button>
      </header>
      <div className="body stack tight">
        <p>
          The server keeps no drafts. Download the finished playbook and put it into a folder that <code>response.playbooks</code> of the
          configuration names; the server reads it when it starts. The name of the file is its short name. docs/PLAYBOOKS.md says what a step
          can ask for.
        </p>
        {name && (
          <p>
            A file that is called {name}, or has the same id, takes the place of “{name}”. For one beside it, change <code>id</code>,{' '}
            <code>name</code> and the name of the file. <code>created_by</code> says whose it is.
          </p>
        )}
        {drawn && drawn.playbook.signedBy.length > 0 && (
          <p className="notice warn">It has a signature, which holds for the text as it was signed only. Sign it anew with quell playbook sign.</p>
        )}
        {isReady && hasErrors && <p className="notice warn">It has errors. A server does not start with a playbook that has some.</p>}
      </div>
    </section>
  );
}

/** By its id, if that is a name; else by what it was made from. */
function fileOf(name: string | undefined, text: string): string {
  const named = /^\s*"?id"?:\s*["']?playbook--([a-z0-9-]+)/m.exec(text)?.[1];
  const isUuid = named !== undefined && /^[0-9a-f]{8}-[0-9a-f]{4}-/.test(named);
  return (isUuid ? undefined : named) ?? name ?? 'playbook';
}
