// Writing on a note that is there, together with whoever else does: what one types, the others see at once. Where somebody saved
// another version by other means, both texts are shown and nothing is overwritten unseen.

import { Prec } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useId, useRef, useState } from 'react';

import type { Api } from '../../../api/client';
import { Ask } from '../../../ui/Ask';
import { Badge } from '../../../ui/Badge';
import { Button } from '../../../ui/Button';
import { Trouble } from '../../../ui/State';
import { tell } from '../../../ui/Toast';
import { Moment } from '../../../ui/When';
import { useNames } from '../../../ui/Who';
import { DiffView } from './Versions';
import { Length, Preview, TEXT_MAX, saves } from './Writing';
import { dropDraft, readDraft, type NoteVersion } from './drafts';
import { Pad, isGone, type PadState } from './pad';

interface TogetherProps {
  incident: string;
  note: Api['Note'];
  latest: NoteVersion;
  /** Whether the text is to get the focus, because somebody pressed for it. */
  focus: boolean;
  close: () => void;
}

const LABEL = 'Text, in Markdown';

export function Together({ incident, note, latest, focus, close }: TogetherProps) {
  const queries = useQueryClient();
  const { host, pad, state } = usePad(incident, note.id, focus);
  const [busy, setBusy] = useState(false);
  const [refused, setRefused] = useState<unknown>();
  const [leaving, setLeaving] = useState(false);
  const theirs = useTheirs(pad, state, latest, busy);
  const { text, others } = state;
  // As long as the pad is not there, what the tab kept of it counts.
  const shown = text ?? readDraft(incident, note.id)?.text ?? latest.text;
  const end = () => {
    dropDraft(incident, note.id);
    close();
  };
  const isReady = text !== undefined && !theirs.version && text.trim() !== '' && text.length <= TEXT_MAX;
  const save = () => {
    if (!isReady || busy || !pad.current) return;
    setBusy(true);
    setRefused(undefined);
    pad.current
      .save(theirs.over)
      .then(async (isWhole) => {
        await queries.invalidateQueries({ queryKey: ['incident', incident] });
        tell(isWhole ? 'The note was saved.' : 'The note was saved without what you typed since.');
        if (isWhole && pad.current?.isSent()) end();
      })
      .catch(setRefused)
      .finally(() => setBusy(false));
  };
  const staysWithOthers = others.length > 0 && state.error === undefined;
  const leave = async () => {
    await pad.current?.exchange();
    const isSaved = shown.trim() === latest.text.trim();
    if (pad.current?.isSent() && (isSaved || staysWithOthers)) end();
    else setLeaving(true);
  };
  const throwAway = async () => {
    if (!isGone(state.error)) await pad.current?.throwAway();
    end();
  };
  return (
    <form className="body stack" {...saves(save)}>
      <div className="note-pair">
        <Writing host={host} isReady={text !== undefined} />
        <Preview text={shown} />
      </div>
      <Others others={others} />
      {theirs.version && <Theirs theirs={theirs.version} before={note.versions.find(({ stamp }) => stamp.entry === state.on)} goOn={theirs.goOn} append={(more) => pad.current?.append(more)} />}
      {state.error !== undefined && <Away error={state.error} />}
      {refused !== undefined && <Trouble error={refused} />}
      <Length text={shown} />
      <div className="row">
        <Button type="submit" look="primary" isDisabled={!isReady}>
          Save
        </Button>
        <Button onPress={() => void leave()}>{staysWithOthers ? 'Leave' : 'Cancel'}</Button>
        <span className="small soft">Ctrl and Enter saves what all of you wrote. Until then it is kept, but in no version.</span>
      </div>
      <Ask title="Throw away what was written?" open={leaving} close={() => setLeaving(false)} act="Throw it away" danger run={throwAway}>
        <p>{others.length > 0 ? 'What the others do not have of your text goes.' : 'Everything since the latest version goes. It is not saved anywhere else.'}</p>
      </Ask>
    </form>
  );
}

/** The pad, as long as this is shown. */
function usePad(incident: string, note: number, focus: boolean) {
  const host = useRef<HTMLDivElement>(null);
  const pad = useRef<Pad>(undefined);
  const [state, setState] = useState<PadState>({ others: [] });
  useEffect(() => {
    if (!host.current) return;
    const look = [
      EditorView.contentAttributes.of({ 'aria-label': LABEL, tabindex: '0', spellcheck: 'true' }),
      // The form saves by it; the text is not to get a line of it.
      Prec.highest(keymap.of([{ key: 'Mod-Enter', run: () => true }])),
    ];
    const made = new Pad(host.current, { incident, note }, look, setState);
    pad.current = made;
    return () => made.end();
  }, [incident, note]);
  const isThere = state.text !== undefined;
  useEffect(() => {
    if (isThere && focus) pad.current?.focus();
  }, [isThere, focus]);
  return { host, pad, state };
}

/** A version that was not written on the pad, and that nobody here decided about. */
function useTheirs(pad: { readonly current: Pad | undefined }, { on }: PadState, latest: NoteVersion, busy: boolean) {
  const entry = latest.stamp.entry;
  // A version may well be from the pad, and the pad not know yet: that is asked first.
  const [asked, setAsked] = useState<number>();
  const [settled, setSettled] = useState<number>();
  useEffect(() => {
    let isOver = false;
    void pad.current?.exchange().then(() => !isOver && setAsked(entry));
    return () => void (isOver = true);
  }, [entry, pad]);
  const isTheirs = !busy && on !== undefined && asked === entry && on !== entry && settled !== entry;
  return { version: isTheirs ? latest : undefined, over: settled ?? on ?? entry, goOn: () => setSettled(entry) };
}

function Writing({ host, isReady }: { host: { current: HTMLDivElement | null }; isReady: boolean }) {
  const id = useId();
  return (
    <div className="field">
      <span className="label" id={id}>
        {LABEL}
      </span>
      {!isReady && <p className="empty" role="status">Opening the text</p>}
      <div className="note-text" ref={host} role="group" aria-labelledby={id} />
    </div>
  );
}

function Others({ others }: { others: PadState['others'] }) {
  return (
    <div className="row" role="status">
      {others.map(({ user, display_name }) => (
        <Badge key={user} tone="accent" icon="person">
          {display_name} writes on it, too
        </Badge>
      ))}
    </div>
  );
}

function Away({ error }: { error: unknown }) {
  return (
    <div className="notice warn" role="alert">
      <span>
        {isGone(error)
          ? 'This note is not there any more, or not yours to write on. Copy your text and write a new one.'
          : 'What you type does not reach the server just now. It is kept in this tab, and sent when it can be.'}{' '}
        {error instanceof Error && error.message}
      </span>
    </div>
  );
}

interface TheirsProps {
  theirs: NoteVersion;
  before: NoteVersion | undefined;
  goOn: () => void;
  append: (text: string) => void;
}

/** What somebody else made of the note meanwhile, and how to go on. */
function Theirs({ theirs, before, goOn, append }: TheirsProps) {
  const name = useNames();
  return (
    <section className="note-theirs stack" aria-label="Their version">
      <div className="notice warn" role="alert">
        <span>
          {name(theirs.stamp.actor)} gave this note another text while it was written, at <Moment at={theirs.stamp.at} />. What you see above
          is not saved. Take over into it what is missing, then go on.
        </span>
      </div>
      <div className="note-pair">
        <div className="field">
          <span className="label">What they changed</span>
          <DiffView before={before?.text ?? ''} after={theirs.text} />
        </div>
        <div className="field">
          <span className="label">Their text</span>
          <pre>{theirs.text}</pre>
        </div>
      </div>
      <div className="row">
        <Button onPress={goOn}>The text above has what is needed of theirs</Button>
        <Button
          onPress={() => {
            append(theirs.text);
            goOn();
          }}
        >
          Put theirs below it
        </Button>
      </div>
    </section>
  );
}
