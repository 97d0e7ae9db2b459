// What of the intruder others can look for and block: addresses, names, files. Copied defanged; exported as it is.

import { useState } from 'react';

import type { Api } from '../../../api/client';
import { download } from '../../../api/client';
import { Button } from '../../../ui/Button';
import { copy } from '../../../ui/copy';
import { Choice } from '../../../ui/Field';
import { useSlice } from '../../../ui/Slice';
import { Empty } from '../../../ui/State';
import { count, defang, words } from '../../../ui/text';
import { tellTrouble } from '../../../ui/Toast';
import { Value } from '../../../ui/Value';
import { kindOfAddress, type EntityWork } from './scope';

export type Tlp = Api['Tlp'];
export const TLPS: readonly (readonly [Tlp, string])[] = [
  ['clear', 'TLP:CLEAR, anybody'],
  ['green', 'TLP:GREEN, the community'],
  ['amber', 'TLP:AMBER, the organisation and its clients'],
  ['amber+strict', 'TLP:AMBER+STRICT, the organisation only'],
  ['red', 'TLP:RED, named people only'],
];

interface Indicator {
  kind: string;
  value: string;
  note: string;
}

/** Kinds of entities that say something to others, and not only who was hit. */
const TELLING: ReadonlySet<string> = new Set(['endpoint', 'domain', 'url', 'file']);

interface IndicatorsProps {
  id: string;
  story: Api['Story'] | undefined;
  entities: readonly EntityWork[];
}

export function Indicators({ id, story, entities }: IndicatorsProps) {
  const all = indicators(story, entities);
  const { shown, more } = useSlice(all);
  return (
    <section className="card" aria-labelledby="indicators">
      <header>
        <h2 id="indicators">Indicators</h2>
        {all.length > 0 && <CopyAll all={all} />}
      </header>
      {all.length === 0 ? (
        <Empty title="No indicator is known">
          <p>Judge an address, a domain, a URL or a file as affected, and it appears here.</p>
        </Empty>
      ) : (
        <div className="entities-scroll">
          <table className="entities">
            <thead>
              <tr>
                <th scope="col">Kind</th>
                <th scope="col">Value</th>
                <th scope="col">What it was for</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((each) => (
                <tr key={`${each.kind} ${each.value}`}>
                  <td>{words(each.kind)}</td>
                  <th scope="row">
                    <Value text={each.value} />
                  </th>
                  <td className="small">{each.note}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      <div className="body stack">
        {more}
        <Export id={id} />
      </div>
    </section>
  );
}

function CopyAll({ all }: { all: readonly Indicator[] }) {
  const text = all.map(({ value }) => defang(value)).join('\n');
  return (
    <Button icon="copy" onPress={() => void copy(text, `Copied ${count(all.length, 'indicator')}, defanged.`)}>
      Copy all, defanged
    </Button>
  );
}

function Export({ id }: { id: string }) {
  const [tlp, setTlp] = useState<Tlp>('amber+strict');
  const path = `/api/v1/incidents/${encodeURIComponent(id)}/export?form=stix&tlp=${encodeURIComponent(tlp)}`;
  const save = () => download(path, `${id}.stix.json`).catch(tellTrouble);
  return (
    <div className="row entities-look">
      <Choice label="Marking" value={tlp} onChange={setTlp} options={TLPS} />
      <Button onPress={() => void save()}>Export STIX 2.1</Button>
      <span className="soft small">The export has what the story names, not defanged. What was judged by hand is not in it.</span>
    </div>
  );
}

function indicators(story: Api['Story'] | undefined, entities: readonly EntityWork[]): Indicator[] {
  const found = new Map<string, Indicator>();
  const ruledOut = new Set(entities.filter(({ judged }) => judged?.verdict === 'ruled_out').map(({ entity }) => entity.name));
  const note = (kind: string, value: string | null | undefined, text: string) => {
    if (!value || ruledOut.has(value)) return;
    const known = found.get(value);
    if (!known) found.set(value, { kind, value, note: text });
    else if (!known.note.includes(text)) known.note = `${known.note}; ${text}`;
  };
  for (const { address, port, role } of story?.endpoints ?? []) {
    const kind = kindOfAddress(address) === 'domain' ? 'domain' : 'address';
    note(kind, address, `${words(role)}${port ? `, port ${port}` : ''}`);
  }
  note('url', story?.root_cause.entry.url, 'Where it began');
  for (const file of story?.scope.files ?? []) note('file', file, 'In the story');
  for (const { entity, judged } of entities) {
    if (judged?.verdict !== 'affected' || !TELLING.has(entity.kind)) continue;
    note(entity.kind === 'endpoint' ? 'address' : entity.kind, entity.name, 'Judged to be part of it');
  }
  return [...found.values()];
}
