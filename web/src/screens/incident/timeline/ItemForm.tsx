// Writing on the timeline: one item, many at once from pasted lines, or one item anew. Whatever is refused stays typed.

import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';

import { api, type Api } from '../../../api/client';
import { Choice, TextBox } from '../../../ui/Field';
import { FormDialog } from '../../../ui/FormDialog';
import { Button } from '../../../ui/Button';
import { useSettings } from '../../../ui/settings';
import { count, moment } from '../../../ui/text';
import { parseTime, typed } from '../../../ui/time';
import { tell } from '../../../ui/Toast';
import { KINDS, readReference, writeReference, type Item, type Kind } from './items';
import { readLines, type Line } from './lines';

interface ItemFormProps {
  incident: string;
  /** The item that is said anew; a new one if left out. */
  item?: Item;
  /** What the new item is a part of. */
  parent?: number;
  /** The item as it stands now: others may have changed it since the form was opened. */
  latest?: Item;
  close: () => void;
}

interface Draft {
  kind: Kind;
  at: string;
  known: string;
  title: string;
  text: string;
  parent: string;
  references: string;
}

/** The most that the server takes at once. */
const AT_ONCE = 500;
const LINES_SHOWN = 20;
const CHOICES = KINDS.map(({ kind, word }) => [kind, word] as const);

export function ItemForm({ incident, item, parent, latest, close }: ItemFormProps) {
  const { zone } = useSettings();
  const queries = useQueryClient();
  const [draft, setDraft] = useState(() => draftOf(item, parent, zone));
  const [lines, setLines] = useState<string>();
  const [reason, setReason] = useState('');
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const body = itemOf(draft, zone, item);
  const read = lines === undefined ? undefined : readLines(lines, zone);
  const pasted = read?.filter((line) => line.at !== undefined) ?? [];
  const isReady = read ? pasted.length > 0 && pasted.length === read.length : body !== undefined && (!item || reason.trim() !== '');
  const refresh = () => queries.invalidateQueries({ queryKey: ['incident', incident] });
  const run = async () => {
    const path = { id: incident };
    try {
      if (read) await addLines(incident, draft.kind, pasted, (left) => setLines(left));
      else if (body && item) {
        const params = { path: { ...path, item: item.id } };
        await api.PATCH('/api/v1/incidents/{id}/timeline/{item}', { params, body: { item: body, reason: reason.trim() } });
      } else if (body) await api.POST('/api/v1/incidents/{id}/timeline', { params: { path }, body: { items: [body] } });
    } finally {
      // A refusal in the middle leaves what was added before it.
      await refresh();
    }
    tell(item ? 'The item was changed.' : count(read ? pasted.length : 1, 'item was', 'items were') + ' added.');
  };
  return (
    <FormDialog
      title={item ? `Edit #${item.id}` : parent === undefined ? 'Add to the timeline' : `Add a part of #${parent}`}
      wide
      close={close}
      act={item ? 'Save' : read ? `Add ${count(pasted.length, 'item')}` : 'Add'}
      ready={isReady}
      run={run}
    >
      {item && latest && latest.entry !== item.entry && <Changed latest={latest} />}
      {read === undefined ? (
        <Fields draft={draft} set={set} paste={item ? undefined : setLines} />
      ) : (
        <Lines kind={draft.kind} setKind={(kind) => set({ kind })} text={lines ?? ''} setText={setLines} read={read} />
      )}
      {item && <TextBox label="Why it is changed" value={reason} onChange={setReason} lines={2} required maxLength={20_000} />}
      {!item && (
        <div>
          <Button onPress={() => setLines(read ? undefined : '')}>
            {read ? 'One item with details' : 'Several at once, one per line'}
          </Button>
        </div>
      )}
    </FormDialog>
  );
}

function Changed({ latest }: { latest: Item }) {
  const { zone } = useSettings();
  return (
    <div className="notice warn" role="status">
      <span className="wrap">
        Somebody changed this item while you were writing. It says now: “{latest.title}”, {moment(latest.at, zone)}. If you save, yours
        replaces it.
      </span>
    </div>
  );
}

function Fields({ draft, set, paste }: { draft: Draft; set: (change: Partial<Draft>) => void; paste?: (lines: string) => void }) {
  const { zone } = useSettings();
  const named = zone === 'utc' ? 'UTC' : 'your time';
  const bad = (text: string, needed: boolean) => (text.trim() === '' ? needed : parseTime(text, zone) === undefined);
  const help = (text: string) => (text.trim() !== '' && bad(text, false) ? 'This is no time. Write it as 2026-11-30 05:31.' : 'As 2026-11-30 05:31');
  return (
    <>
      <div className="form-columns">
        <Choice label="What it is" value={draft.kind} onChange={(kind) => set({ kind })} options={CHOICES} />
        <TextBox label={`When it happened (${named})`} value={draft.at} onChange={(at) => set({ at })} help={help(draft.at)} required autoFocus />
        <TextBox
          label={`When it became known (${named}), if known`}
          value={draft.known}
          onChange={(known) => set({ known })}
          help={help(draft.known)}
        />
      </div>
      <div
        onPaste={(event) => {
          const text = event.clipboardData.getData('text/plain');
          if (!paste || !/\n\s*\S/.test(text.trim())) return;
          event.preventDefault();
          paste(text);
        }}
      >
        <TextBox
          label="What happened, in one line"
          value={draft.title}
          onChange={(title) => set({ title })}
          help={paste ? 'Several lines, pasted here, become several items.' : undefined}
          required
          maxLength={300}
        />
      </div>
      <TextBox label="More about it, in Markdown" value={draft.text} onChange={(text) => set({ text })} lines={4} maxLength={20_000} />
      <div className="form-columns">
        <TextBox
          label="Part of"
          value={draft.parent}
          onChange={(parent) => set({ parent })}
          inputMode="numeric"
          help="The number of another item, as #12. Empty: it stands for itself."
        />
        <TextBox
          label="What shows it, one per line"
          value={draft.references}
          onChange={(references) => set({ references })}
          lines={3}
          help="event ID, alert ID, evidence NUMBER, entry NUMBER, or words for something elsewhere."
        />
      </div>
    </>
  );
}

interface LinesProps {
  kind: Kind;
  setKind: (kind: Kind) => void;
  text: string;
  setText: (text: string) => void;
  read: readonly Line[];
}

function Lines({ kind, setKind, text, setText, read }: LinesProps) {
  const { zone } = useSettings();
  const bad = read.filter((line) => line.at === undefined);
  return (
    <>
      <Choice label="What they are" value={kind} onChange={setKind} options={CHOICES} />
      <TextBox
        label={`A time and a text on each line (${zone === 'utc' ? 'UTC' : 'your time'} where no zone is written)`}
        value={text}
        onChange={setText}
        lines={8}
        help="For example: 2026-11-30 05:31 First logon from 203.0.113.45"
      />
      {bad.length > 0 && (
        <div className="notice bad" role="status">
          {count(bad.length, 'line')} cannot be read: {bad.slice(0, 5).map((line) => `line ${line.number} (${line.trouble})`).join(', ')}
          {bad.length > 5 && ' and more'}.
        </div>
      )}
      {read.length > bad.length && (
        <table className="lines-table">
          <caption className="hidden">What will be added</caption>
          <thead>
            <tr>
              <th scope="col">When</th>
              <th scope="col">What</th>
            </tr>
          </thead>
          <tbody>
            {read.slice(0, LINES_SHOWN).map(
              (line) =>
                line.at !== undefined && (
                  <tr key={line.number}>
                    <td className="mono small">{moment(line.at, zone)}</td>
                    <td className="wrap">{line.title}</td>
                  </tr>
                ),
            )}
          </tbody>
        </table>
      )}
      {read.length > LINES_SHOWN && <p className="small soft">and {(read.length - LINES_SHOWN).toLocaleString('en')} more lines</p>}
    </>
  );
}

/** Adds in portions; if one is refused, `keep` gets the lines that are still to be added. */
async function addLines(incident: string, kind: Kind, lines: readonly Line[], keep: (left: string) => void): Promise<void> {
  for (let start = 0; start < lines.length; start += AT_ONCE) {
    const items = lines.slice(start, start + AT_ONCE).flatMap(({ at, title }) => (at ? [{ kind, at, title, references: [] }] : []));
    try {
      await api.POST('/api/v1/incidents/{id}/timeline', { params: { path: { id: incident } }, body: { items } });
    } catch (refused) {
      keep(lines.slice(start).map((line) => line.raw).join('\n'));
      throw refused;
    }
  }
}

function draftOf(item: Item | undefined, parent: number | undefined, zone: 'utc' | 'local'): Draft {
  const above = item ? item.parent : parent;
  return {
    kind: item?.kind ?? 'event',
    at: item ? exact(item.at, zone) : typed(new Date().toISOString(), zone),
    known: item?.discovered_at ? exact(item.discovered_at, zone) : '',
    title: item?.title ?? '',
    text: item?.text ?? '',
    parent: above == null ? '' : `#${above}`,
    references: item?.references.map(writeReference).join('\n') ?? '',
  };
}

/** A stored time as it is typed, with whatever is finer than a second. */
function exact(at: string, zone: 'utc' | 'local'): string {
  return typed(at, zone) + (/\.\d+/.exec(at)?.[0] ?? '');
}

function itemOf(draft: Draft, zone: 'utc' | 'local', item: Item | undefined): Api['TimelineItem'] | undefined {
  // What was not typed anew stays what it was: a typed time ends at milliseconds, a stored one need not.
  const read = (text: string, before: string | null | undefined) => (before && text === exact(before, zone) ? before : parseTime(text, zone));
  const at = read(draft.at, item?.at);
  const known = draft.known.trim() === '' ? null : read(draft.known, item?.discovered_at);
  const parent = draft.parent.trim().replace(/^#/, '');
  if (!at || known === undefined || draft.title.trim() === '' || !/^\d{0,15}$/.test(parent)) return undefined;
  return {
    kind: draft.kind,
    at,
    discovered_at: known,
    title: draft.title.trim(),
    text: draft.text.trim() === '' ? null : draft.text,
    parent: parent === '' ? null : Number(parent),
    references: draft.references
      .split('\n')
      .filter((line) => line.trim() !== '')
      .map(readReference),
  };
}
