// What people wrote down about an incident, the latest note first. Nothing that was written is ever lost: every version stays.

import { useQuery, useQueryClient } from '@tanstack/react-query';
import { getRouteApi } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';

import type { Api } from '../../../api/client';
import { workQuery } from '../../../api/queries';
import { useAddress } from '../../../ui/address';
import { Button } from '../../../ui/Button';
import { Ask } from '../../../ui/Ask';
import { Markdown } from '../../../ui/Markdown';
import { useMay } from '../may';
import { useSlice } from '../../../ui/Slice';
import { Empty, Found } from '../../../ui/State';
import { count } from '../../../ui/text';
import { tell } from '../../../ui/Toast';
import { Moment } from '../../../ui/When';
import { useNames } from '../../../ui/Who';
import { Editor } from './Editor';
import { Together } from './Together';
import { Versions } from './Versions';
import { dropDraft, keepDraft, latestOf, readDraft, strayDrafts, undoVersion, type NoteVersion } from './drafts';
import './notes.css';

const route = getRouteApi('/shell/incidents/$id');

export default function Notes() {
  const { id } = route.useParams();
  const { as_of } = route.useSearch();
  const query = useQuery(workQuery(id, as_of));
  return <Found query={query} what="Reading the notes">{({ work }) => <All key={id} notes={work.notes} id={id} />}</Found>;
}

function All({ notes, id }: { notes: Api['Notes']; id: string }) {
  const may = useMay();
  const [isWriting, setWriting] = useState(() => readDraft(id, undefined) !== undefined);
  const { shown, more } = useSlice(notes.toReversed());
  return (
    <div className="stack">
      <div className="row spread">
        <span className="soft" role="status">
          {count(notes.length, 'note')}
        </span>
        {may.write && !isWriting && (
          <Button look="primary" icon="plus" onPress={() => setWriting(true)}>
            Write a note
          </Button>
        )}
      </div>
      {may.write && isWriting && (
        <section className="card" aria-labelledby="new-note">
          <header>
            <h2 id="new-note">New note</h2>
          </header>
          <Editor incident={id} close={() => setWriting(false)} />
        </section>
      )}
      {may.write && !isWriting && <Strays notes={notes} id={id} write={() => setWriting(true)} />}
      {notes.length === 0 && !isWriting && (
        <Empty title="Nobody wrote a note yet">
          <p>
            Notes are for what has no other place: a handover, an idea, what somebody said on the phone.
            {may.write && ' Write the first one.'}
          </p>
        </Empty>
      )}
      {shown.map((note) => (
        <Card key={note.id} note={note} id={id} write={may.write} />
      ))}
      {more}
    </div>
  );
}

/** Typed text outlives its note. */
function Strays({ notes, id, write }: { notes: Api['Notes']; id: string; write: () => void }) {
  const [, setTold] = useState(0);
  return strayDrafts(id, notes).map(({ note, text }) => (
    <section key={note} className="card" aria-labelledby={`stray-${note}`}>
      <header>
        <h2 id={`stray-${note}`}>Your text for note #{note}, which was undone</h2>
        <Button
          onPress={() => {
            keepDraft(id, undefined, { text });
            dropDraft(id, note);
            write();
          }}
        >
          Write it as a new note
        </Button>
        <Button
          look="quiet"
          onPress={() => {
            dropDraft(id, note);
            setTold((times) => times + 1);
          }}
        >
          Throw it away
        </Button>
      </header>
      <pre className="body">{text}</pre>
    </section>
  ));
}

function Card({ note, id, write }: { note: Api['Note']; id: string; write: boolean }) {
  const [given, change] = useAddress();
  const [isEditing, setEditing] = useState(() => readDraft(id, note.id) !== undefined);
  const [wasAsked, setAsked] = useState(false);
  const [undoing, setUndoing] = useState<NoteVersion>();
  const isChosen = given.note === String(note.id);
  const card = useRef<HTMLElement>(null);
  useEffect(() => {
    if (isChosen) card.current?.scrollIntoView({ block: 'nearest' });
  }, [isChosen]);
  const latest = latestOf(note);
  const number = note.versions.length;
  if (!latest) return null;
  const isOpen = isChosen && given.to !== undefined;
  const compare = (from: number, to: number) => change({ note: String(note.id), from: String(from), to: String(to) }, true);
  const toggle = () =>
    change(isOpen ? { from: undefined, to: undefined } : { note: String(note.id), from: String(number - 1), to: String(number) });
  const edit = () => {
    setAsked(true);
    setEditing(true);
  };
  const takeUp = (text: string) => {
    keepDraft(id, note.id, { text, synced: latest.text });
    edit();
  };
  return (
    <section className={isChosen ? 'card note chosen' : 'card note'} aria-labelledby={`note-${note.id}`} ref={card}>
      <CardHead note={note} isOpen={isOpen} toggle={toggle} write={write && !isEditing} edit={edit} undo={() => setUndoing(latest)} />
      {isOpen && (
        <Versions
          versions={note.versions}
          from={numberOf(given.from, number - 1, number)}
          to={numberOf(given.to, number, number)}
          change={compare}
          takeUp={write && !isEditing ? takeUp : undefined}
        />
      )}
      {write && isEditing ? (
        <Together incident={id} note={note} latest={latest} focus={wasAsked} close={() => setEditing(false)} />
      ) : (
        <div className="body">
          <Markdown text={latest.text} />
        </div>
      )}
      {undoing && <Undoing note={note} version={undoing} id={id} close={() => setUndoing(undefined)} />}
    </section>
  );
}

interface CardHeadProps {
  note: Api['Note'];
  isOpen: boolean;
  toggle: () => void;
  write: boolean;
  edit: () => void;
  undo: () => void;
}

function CardHead({ note, isOpen, toggle, write, edit, undo }: CardHeadProps) {
  const name = useNames();
  const first = note.versions[0];
  const latest = latestOf(note);
  const number = note.versions.length;
  if (!first || !latest) return null;
  return (
    <header>
      <h2 id={`note-${note.id}`}>Note #{note.id}</h2>
      <span className="small soft">
        by {name(first.stamp.actor)}, <Moment at={first.stamp.at} />
        {number > 1 && (
          <>
            {' '}
            · changed by {[latest.stamp.actor, ...latest.with].map(name).join(' with ')}, <Moment at={latest.stamp.at} />
          </>
        )}
      </span>
      {number > 1 && (
        <Button onPress={toggle} aria-expanded={isOpen} aria-label={`${number} versions of note #${note.id}`}>
          {number} versions
        </Button>
      )}
      {write && (
        <>
          <Button onPress={edit} aria-label={`Edit note #${note.id}`}>
            Edit
          </Button>
          <Button look="quiet" icon="undo" onPress={undo} aria-label={`Undo the latest version of note #${note.id}`}>
            Undo
          </Button>
        </>
      )}
    </header>
  );
}

interface UndoingProps {
  note: Api['Note'];
  /** The version that was looked at when this was asked: only that one is undone. */
  version: NoteVersion;
  id: string;
  close: () => void;
}

function Undoing({ note, version, id, close }: UndoingProps) {
  const queries = useQueryClient();
  const undo = async (reason: string) => {
    try {
      await undoVersion(queries, id, note.id, version.stamp.entry, reason);
    } finally {
      await queries.invalidateQueries({ queryKey: ['incident', id] });
    }
    tell('It was undone. The ledger still has it.');
  };
  return (
    <Ask title={`Undo the latest version of note #${note.id}`} open close={close} act="Undo" danger reason="Why" run={undo}>
      <p className="small soft">
        {note.versions[0]?.stamp.entry === version.stamp.entry
          ? 'The note goes from this page.'
          : 'The note says again what it said before.'}{' '}
        The ledger keeps the text. An undoing cannot be undone.
      </p>
    </Ask>
  );
}

function numberOf(text: string | undefined, usual: number, most: number): number {
  return text !== undefined && /^\d{1,6}$/.test(text) && Number(text) <= most ? Number(text) : usual;
}
