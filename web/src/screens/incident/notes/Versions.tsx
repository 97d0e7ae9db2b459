// The versions of a note: who wrote them and when, and what changed from one to another.

import { useMemo } from 'react';

import { Button } from '../../../ui/Button';
import { Choice } from '../../../ui/Field';
import { Markdown } from '../../../ui/Markdown';
import { useSettings } from '../../../ui/settings';
import { count, moment } from '../../../ui/text';
import { useNames } from '../../../ui/Who';
import { diff } from './diff';
import type { NoteVersion } from './drafts';

interface VersionsProps {
  versions: readonly NoteVersion[];
  /** Numbers of the versions that are compared, from 1; `from` is 0 to read `to` alone. */
  from: number;
  to: number;
  change: (from: number, to: number) => void;
  /** Takes up a version to write on it; none if nothing may be written. */
  takeUp?: (text: string) => void;
}

const SIGNS = { same: ' ', added: '+', removed: '−' } as const;

export function Versions({ versions, from, to, change, takeUp }: VersionsProps) {
  const { zone } = useSettings();
  const name = useNames();
  const options = versions.map(({ stamp }, index) => [String(index + 1), `${index + 1}: ${moment(stamp.at, zone)}, ${name(stamp.actor)}`] as const);
  const before = versions[from - 1];
  const after = versions[to - 1] ?? versions.at(-1);
  if (!after) return null;
  return (
    <div className="body stack note-versions">
      <div className="row">
        <Choice
          label="Compare version"
          value={String(from)}
          onChange={(value) => change(Number(value), to)}
          options={[['0', 'None: read the other one'], ...options]}
        />
        <Choice label="With version" value={String(to)} onChange={(value) => change(from, Number(value))} options={options} />
        {takeUp && to < versions.length && <Button onPress={() => takeUp(after.text)}>Write on from version {to}</Button>}
      </div>
      {before ? <DiffView before={before.text} after={after.text} /> : <Markdown text={after.text} />}
    </div>
  );
}

/** Lines with what was done to them, in a sign and in words. */
export function DiffView({ before, after }: { before: string; after: string }) {
  const lines = useMemo(() => diff(before, after), [before, after]);
  const number = (change: 'added' | 'removed') => lines.filter((line) => line.change === change).length;
  return (
    <div className="stack tight">
      <p className="small soft">
        {count(number('removed'), 'line')} removed, {count(number('added'), 'line')} added
      </p>
      <ol className="diff">
        {lines.map(({ change, text }, index) => (
          <li key={index} className={change}>
            <span aria-hidden="true">{SIGNS[change]}</span>
            {change !== 'same' && <span className="hidden">{change === 'added' ? 'Added: ' : 'Removed: '}</span>}
            <span className="wrap">{text}</span>
          </li>
        ))}
      </ol>
    </div>
  );
}
