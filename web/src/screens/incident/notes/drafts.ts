// What somebody is writing and has not saved, kept by the browser tab: no reload and no refusal may lose it.

import type { QueryClient } from '@tanstack/react-query';

import type { Api } from '../../../api/client';
import { postAnyway, postWork } from '../../../ui/record';

export interface Draft {
  text: string;
  /** Of a note that is written together: the text that the server had when this was typed on it, and the version below that. */
  synced?: string;
  on?: number;
}

export type NoteVersion = Api['NoteVersion'];

const place = (incident: string, note: number | undefined) => `quell-note ${incident} ${note ?? 'new'}`;

export function readDraft(incident: string, note: number | undefined): Draft | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place(incident, note)) ?? 'null') as Partial<Draft> | null;
    return typeof kept?.text === 'string' ? { text: kept.text, synced: kept.synced, on: kept.on } : undefined;
  } catch {
    return undefined;
  }
}

export function keepDraft(incident: string, note: number | undefined, draft: Draft): void {
  try {
    sessionStorage.setItem(place(incident, note), JSON.stringify(draft));
  } catch {
    // The browser keeps nothing for us, or no more; the text is still in its field.
  }
}

export function dropDraft(incident: string, note: number | undefined): void {
  sessionStorage.removeItem(place(incident, note));
}

/** What was being written on notes that are not there any more, because somebody undid them. */
export function strayDrafts(incident: string, notes: Api['Notes']): { note: number; text: string }[] {
  const beginning = `quell-note ${incident} `;
  return Object.keys(sessionStorage).flatMap((key) => {
    const note = key.startsWith(beginning) ? Number(key.slice(beginning.length)) : NaN;
    if (Number.isNaN(note) || notes.some((each) => each.id === note)) return [];
    const draft = readDraft(incident, note);
    return draft ? [{ note, text: draft.text }] : [];
  });
}

export function latestOf(note: Api['Note']): NoteVersion | undefined {
  return note.versions.at(-1);
}

/** Writes a new note. */
export async function writeNote(incident: string, text: string): Promise<void> {
  await postWork(incident, [{ kind: 'incident.noted', body: { text } }]);
}

/** Takes back the version `entry` of a note, if it still is the latest. */
export async function undoVersion(queries: QueryClient, incident: string, note: number, entry: number, reason: string): Promise<void> {
  await postAnyway(queries, incident, [{ kind: 'entry.undone', body: { entry, reason } }], (view) => {
    if (latestIn(view, note)?.stamp.entry === entry) return view.version;
    throw new Error('Somebody changed this note since you opened this question. Nothing was undone. Close it and look at the note as it is now.');
  });
}

function latestIn(view: Api['WorkView'], note: number): NoteVersion | undefined {
  const found = view.work.notes.find((each) => each.id === note);
  return found && latestOf(found);
}
