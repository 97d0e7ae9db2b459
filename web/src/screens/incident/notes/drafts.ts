// What somebody is writing and has not saved, kept by the browser tab: no reload and no refusal may lose it.

import type { QueryClient } from '@tanstack/react-query';

import { api, type Api, Problem } from '../../../api/client';
import { workQuery } from '../../../api/queries';

export interface Draft {
  text: string;
  /** Ledger entry of the version that it was begun on; nothing for a new note. */
  base?: number;
}

export type NoteVersion = Api['NoteVersion'];

/** Others may write to the incident at any moment; the note itself they rarely do. */
const TRIES = 4;

const place = (incident: string, note: number | undefined) => `quell-note ${incident} ${note ?? 'new'}`;

export function readDraft(incident: string, note: number | undefined): Draft | undefined {
  try {
    const kept = JSON.parse(sessionStorage.getItem(place(incident, note)) ?? 'null') as Partial<Draft> | null;
    return typeof kept?.text === 'string' ? { text: kept.text, base: kept.base } : undefined;
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
export async function writeNote(incident: string, text: string): Promise<true> {
  await post(incident, [{ kind: 'incident.noted', body: { text } }], undefined);
  return true;
}

/** Gives a note another text, unless it got one since the version `base`: then nothing is written, and the answer is false. */
export async function changeNote(
  queries: QueryClient,
  incident: string,
  note: number,
  base: number | undefined,
  text: string,
): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    const { version, work } = await queries.fetchQuery({ ...workQuery(incident), staleTime: 0 });
    const found = work.notes.find((each) => each.id === note);
    const latest = found && latestOf(found);
    if (!latest) throw new Error('This note is not there any more. Copy your text and write a new one.');
    if (latest.text === text) return true;
    if (latest.stamp.entry !== base) return false;
    try {
      await post(incident, [{ kind: 'note.changed', body: { note, text } }], version);
      return true;
    } catch (refused) {
      if (!(refused instanceof Problem) || refused.status !== 409 || tries >= TRIES) throw refused;
    }
  }
}

export async function undoEntry(incident: string, entry: number, reason: string): Promise<void> {
  await post(incident, [{ kind: 'entry.undone', body: { entry, reason } }], undefined);
}

async function post(incident: string, work: Api['WorkFact'][], version: number | undefined): Promise<void> {
  await api.POST('/api/v1/incidents/{id}/work', { params: { path: { id: incident } }, body: { work, version } });
}
