// Writing a note, with how it will look beside it. What was typed is kept until it is saved or thrown away on purpose; where
// somebody else was first, both texts are shown and nothing is overwritten unseen.

import { useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';

import type { Api } from '../../../api/client';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Ask';
import { TextBox } from '../../../ui/Field';
import { Markdown } from '../../../ui/Markdown';
import { Trouble } from '../../../ui/State';
import { count } from '../../../ui/text';
import { tell } from '../../../ui/Toast';
import { Moment } from '../../../ui/When';
import { useNames } from '../../../ui/Who';
import { DiffView } from './Versions';
import { changeNote, dropDraft, keepDraft, latestOf, readDraft, writeNote, type NoteVersion } from './drafts';

interface EditorProps {
  incident: string;
  /** The note that is changed; a new one if left out. */
  note?: Api['Note'];
  close: () => void;
}

const TEXT_MAX = 20_000;
/** From here on it is said how much is left. */
const TEXT_NEAR = 18_000;

export function Editor({ incident, note, close }: EditorProps) {
  const queries = useQueryClient();
  const latest = note && latestOf(note);
  const [draft, setDraft] = useState(() => readDraft(incident, note?.id) ?? { text: latest?.text ?? '', base: latest?.stamp.entry });
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>();
  const [leaving, setLeaving] = useState(false);
  const { text, base } = draft;
  const from = note?.versions.find((version) => version.stamp.entry === base);
  // While it is being saved, a newer version may well be this one.
  const theirs = !busy && latest && latest.stamp.entry !== base ? latest : undefined;
  const write = (change: Partial<typeof draft>) => {
    const next = { ...draft, ...change };
    keepDraft(incident, note?.id, next);
    setDraft(next);
  };
  const end = () => {
    dropDraft(incident, note?.id);
    close();
  };
  const save = async () => {
    setBusy(true);
    setError(undefined);
    try {
      const isSaved = note ? await changeNote(queries, incident, note.id, base, text) : await writeNote(incident, text);
      await queries.invalidateQueries({ queryKey: ['incident', incident] });
      if (!isSaved) return;
      tell('The note was saved.');
      end();
    } catch (refused) {
      setError(refused);
    } finally {
      setBusy(false);
    }
  };
  // Stays ready while it is being saved: a disabled button would lose the focus.
  const isReady = !theirs && text.trim() !== '' && text.length <= TEXT_MAX;
  const leave = () => (text.trim() === (from?.text ?? '').trim() ? end() : setLeaving(true));
  return (
    <form
      className="body stack"
      onSubmit={(event) => {
        event.preventDefault();
        if (isReady && !busy) void save();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        if (isReady && !busy) void save();
      }}
    >
      <Pair text={text} setText={(typed) => write({ text: typed })} />
      {theirs && <Theirs theirs={theirs} from={from} mine={text} write={write} />}
      {error !== undefined && <Trouble error={error} />}
      <Length text={text} />
      <div className="row">
        <Button type="submit" look="primary" isDisabled={!isReady}>
          Save
        </Button>
        <Button onPress={leave}>Cancel</Button>
        <span className="small soft">Ctrl and Enter saves. What you type is kept in this tab until then.</span>
      </div>
      <Ask title="Throw away what you wrote?" open={leaving} close={() => setLeaving(false)} act="Throw it away" danger run={async () => end()}>
        <p>It is not saved anywhere else.</p>
      </Ask>
    </form>
  );
}

function Length({ text }: { text: string }) {
  if (text.length <= TEXT_NEAR) return null;
  const isOver = text.length > TEXT_MAX;
  return (
    <p className={isOver ? 'notice bad' : 'small soft'} role="status">
      {isOver ? `Too long by ${count(text.length - TEXT_MAX, 'character')}.` : `${count(TEXT_MAX - text.length, 'character')} left.`}
    </p>
  );
}

function Pair({ text, setText }: { text: string; setText: (text: string) => void }) {
  const id = useId();
  return (
    <div className="note-pair">
      <TextBox label="Text, in Markdown" value={text} onChange={setText} lines={14} autoFocus />
      <section className="field" aria-labelledby={id}>
        <span className="label" id={id}>
          Preview
        </span>
        <div className="note-preview" tabIndex={0} role="group" aria-labelledby={id}>
          {text.trim() === '' ? <p className="soft">Nothing yet</p> : <Markdown text={text} />}
        </div>
      </section>
    </div>
  );
}

interface TheirsProps {
  theirs: NoteVersion;
  from: NoteVersion | undefined;
  mine: string;
  write: (change: { text?: string; base: number }) => void;
}

/** What somebody else made of the note meanwhile, and how to go on. */
function Theirs({ theirs, from, mine, write }: TheirsProps) {
  const name = useNames();
  const base = theirs.stamp.entry;
  return (
    <section className="note-theirs stack" aria-label="Their version">
      <div className="notice warn" role="alert">
        <span>
          {name(theirs.stamp.actor)} changed this note while you were writing, at <Moment at={theirs.stamp.at} />. Your text is still above
          and is not saved. Take over into it what is missing, then go on.
        </span>
      </div>
      <div className="note-pair">
        <div className="field">
          <span className="label">What they changed</span>
          <DiffView before={from?.text ?? ''} after={theirs.text} />
        </div>
        <div className="field">
          <span className="label">Their text</span>
          <pre>{theirs.text}</pre>
        </div>
      </div>
      <div className="row">
        <Button onPress={() => write({ base })}>My text has what is needed of theirs</Button>
        <Button onPress={() => write({ text: `${mine.trimEnd()}\n\n${theirs.text}`, base })}>Put theirs below mine</Button>
      </div>
    </section>
  );
}
