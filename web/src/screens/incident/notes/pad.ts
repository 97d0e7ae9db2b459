// A note on which several people write at once. The server puts the changes of all in one order; what was typed here meanwhile is put
// on top of what came before it. Nothing that was typed is lost when the connection is: it waits here, and is kept by the tab.

import { collab, getSyncedVersion, receiveUpdates, sendableUpdates } from '@codemirror/collab';
import { defaultKeymap, history, historyKeymap } from '@codemirror/commands';
import { ChangeSet, EditorState, type Extension, type Text, Transaction } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';

import { api, type Api, Problem, read } from '../../../api/client';
import { randomUuid } from '../../../api/random';
import { onPad } from '../../../api/stream';
import { mount } from '../../../ui/code/mount';
import { LOOK } from '../../../ui/code/theme';
import { TEXT_MAX } from './Writing';
import { bridge } from './bridge';
import { dropDraft, keepDraft, readDraft } from './drafts';

const SAY_EVERY_MS = 15_000;
/** Letters typed one after the other go together. */
const SEND_AFTER_MS = 150;
const CHANGES_MAX = 1_000;

/** How it stands. */
export interface PadState {
  /** Nothing before the server answered for the first time. */
  text?: string;
  /** Entry of the version that it builds on. */
  on?: number;
  others: Api['PadWriterView'][];
  /** Why what is typed does not reach the others just now. */
  error?: unknown;
}

type Got = Api['PadView'];

export class Pad {
  private view: EditorView | undefined;
  private pad: string | undefined;
  /** The text of the server without what is typed here and not sent. */
  private synced: Text | undefined;
  private state: PadState = { others: [] };
  private busy: Promise<void> | undefined;
  private isDue = false;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private hasEnded = false;
  /** Changes that were typed here. */
  private typed = 0;
  private readonly client = randomUuid();
  private readonly ends: (() => void)[] = [];

  constructor(
    private readonly host: HTMLElement,
    private readonly place: { incident: string; note: number },
    private readonly look: Extension,
    private readonly tell: (state: PadState) => void,
  ) {
    const every = setInterval(() => void this.exchange(), SAY_EVERY_MS);
    const again = () => void this.exchange();
    window.addEventListener('online', again);
    this.ends.push(
      onPad((note) => note === place.note && void this.exchange()),
      () => clearInterval(every),
      () => window.removeEventListener('online', again),
    );
    void this.exchange();
  }

  /** Ends it here; what is typed and was not sent stays with the tab. */
  end(): void {
    clearTimeout(this.timer);
    this.ends.forEach((end) => end());
    this.view?.destroy();
    this.view = undefined;
    this.pad = undefined;
    this.hasEnded = true;
  }

  /** Puts a text below the others. */
  append(text: string): void {
    const { view } = this;
    if (!view) return;
    const length = view.state.doc.length;
    view.dispatch({ changes: { from: length, insert: `${length > 0 ? '\n\n' : ''}${text}` } });
  }

  focus(): void {
    this.view?.focus();
  }

  /** Sends what is typed, and takes in what others did. Settles when nothing waits any more, or the server was not reached. */
  exchange(): Promise<void> {
    clearTimeout(this.timer);
    this.isDue = true;
    this.busy ??= this.run().finally(() => (this.busy = undefined));
    return this.busy;
  }

  /** Whether the server has all that is typed here. */
  isSent(): boolean {
    if (this.view) return sendableUpdates(this.view.state).length === 0;
    return readDraft(this.place.incident, this.place.note) === undefined;
  }

  /**
   * Saves the note as all have it now; whether nothing was typed here meanwhile. `over` is the latest version that the reader knows of.
   *
   * Refused where another version was written meanwhile, or the server is not reached.
   */
  async save(over: number): Promise<boolean> {
    await this.exchange();
    if (isWorn(this.state.error)) {
      // Once it is saved, the server begins another one, which takes what is typed here.
      await this.post(over);
      await this.exchange();
    }
    if (this.state.error !== undefined) throw this.state.error;
    const { typed } = this;
    await this.post(over);
    return typed === this.typed;
  }

  private async post(over: number): Promise<void> {
    const { incident, note } = this.place;
    await read(api.POST('/api/v1/incidents/{id}/notes/{note}/pad/save', { params: { path: { id: incident, note } }, body: { over } }));
  }

  /** Throws away what nobody saved; of what others write on, only what they do not have. */
  async throwAway(): Promise<void> {
    const { incident, note } = this.place;
    if (this.state.others.length > 0) return dropDraft(incident, note);
    await read(api.DELETE('/api/v1/incidents/{id}/notes/{note}/pad', { params: { path: { id: incident, note } } }));
    dropDraft(incident, note);
  }

  private async run(): Promise<void> {
    while (this.isDue && !this.hasEnded) {
      this.isDue = false;
      try {
        this.takeIn(await this.send());
        this.say({ error: undefined });
      } catch (error) {
        // What was sent does not fit: it is put anew on the text that the server has.
        if (error instanceof Problem && [400, 413, 422].includes(error.status)) this.pad = undefined;
        this.say({ error });
        return;
      }
      if (this.waiting().length > 0) this.isDue = true;
    }
  }

  private send(): Promise<Got> {
    const { incident, note } = this.place;
    const version = this.view ? getSyncedVersion(this.view.state) : 0;
    const changes = this.waiting().map((update) => update.changes.toJSON() as unknown[]);
    const body = { pad: this.pad, client: this.client, version, changes };
    return read(api.PUT('/api/v1/incidents/{id}/notes/{note}/pad', { params: { path: { id: incident, note } }, body }));
  }

  /** Changes that the server has not. A text that is too long would be refused; it is sent when it is not any more. */
  private waiting() {
    if (!this.view || this.pad === undefined || this.view.state.doc.length > TEXT_MAX) return [];
    return sendableUpdates(this.view.state).slice(0, CHANGES_MAX);
  }

  private takeIn(got: Got): void {
    if (this.hasEnded) return;
    this.pad = got.pad;
    if (typeof got.text === 'string') this.begin(got.text, got);
    else this.receive(got);
    this.say({ on: got.on, others: got.others });
    this.keep();
  }

  private receive({ changes }: Got): void {
    const { view } = this;
    if (!view || changes.length === 0) return;
    const updates = changes.map(({ client, change }) => ({ clientID: client, changes: ChangeSet.fromJSON(change) }));
    for (const update of updates) this.synced = this.synced && update.changes.apply(this.synced);
    view.dispatch(receiveUpdates(view.state, updates));
  }

  /** Begins on the text of the server; what was typed on an earlier one, here or before the page was loaded anew, is put on top. */
  private begin(text: string, { version, on }: Got): void {
    const { incident, note } = this.place;
    const kept = readDraft(incident, note);
    const mine = this.view ? this.view.state.doc.toString() : kept?.text;
    const synced = this.synced?.toString() ?? kept?.synced ?? text;
    // On a new pad on the same version, what the earlier one had and nobody saved is gone: all of what stands here is put back.
    const isForgotten = version === 0 && on === (this.state.on ?? kept?.on);
    const state = EditorState.create({ doc: text, extensions: [this.look, this.extensions(version)] });
    this.synced = state.doc;
    if (this.view) this.view.setState(state);
    else this.view = mount(this.host, state);
    if (mine !== undefined) this.view.dispatch({ changes: bridge(isForgotten ? text : synced, mine, text) });
    this.say({ text: this.view.state.doc.toString() });
  }

  private extensions(version: number): Extension {
    return [
      history(),
      keymap.of([...defaultKeymap, ...historyKeymap]),
      EditorView.lineWrapping,
      LOOK,
      collab({ startVersion: version, clientID: this.client }),
      EditorView.updateListener.of(({ docChanged, state, transactions }) => {
        if (!docChanged) return;
        this.typed += transactions.filter((each) => each.docChanged && !each.annotation(Transaction.remote)).length;
        this.changed(state.doc.toString());
      }),
    ];
  }

  private changed(text: string): void {
    this.keep();
    this.say({ text });
    clearTimeout(this.timer);
    this.timer = setTimeout(() => void this.exchange(), SEND_AFTER_MS);
  }

  /** For when the page is loaded anew: what was typed, and on which text of the server. */
  private keep(): void {
    if (!this.view) return;
    const { incident, note } = this.place;
    keepDraft(incident, note, { text: this.view.state.doc.toString(), synced: this.synced?.toString(), on: this.state.on });
  }

  private say(change: Partial<PadState>): void {
    if (this.hasEnded) return;
    this.state = { ...this.state, ...change };
    this.tell(this.state);
  }
}

/** Whether it says that the note, or the right to write on it, is gone. */
export function isGone(error: unknown): boolean {
  return error instanceof Problem && [403, 404].includes(error.status);
}

/** Whether it says that the pad takes nothing more before it is saved. */
function isWorn(error: unknown): boolean {
  return error instanceof Problem && error.status === 409;
}
