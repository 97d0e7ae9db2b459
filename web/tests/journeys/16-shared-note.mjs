// Two people write on one note at the same moment, one of them without a connection for a while; and many programs do at random:
// all end with the same text, and nothing that anybody typed is lost.

import { collab, getSyncedVersion, receiveUpdates, sendableUpdates } from '@codemirror/collab';
import { ChangeSet, EditorState } from '@codemirror/state';

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD, until } from '../server.mjs';

const WITHIN_MS = 15_000;
const AWAY_WITHIN_MS = 60_000;
const CLIENTS = 4;
const EDITS = 150;
const WORDS = ['beacon', 'WS01', '😀', 'two\nlines', ' '];

export async function run(world) {
  const incident = await world.ada.ask('POST', '/api/v1/incidents', { title: 'Written together', severity: 'low', reason: 'for a note' });
  const id = incident.incident.id;
  await onPages(world, id);
  const edits = await atRandom(world, id);
  return `${edits} changes of ${CLIENTS} programs, one text`;
}

async function onPages(world, id) {
  await noteOf(world.ada, id, 'Handover:\n\nend');
  const ada = await open(world, 'ada', id);
  const bob = await open(world, 'bob', id);
  await bob.page.getByText('Ada writes on it, too').waitFor({ timeout: 30_000 });

  await ada.text.press('Control+Home');
  await bob.text.press('Control+End');
  await Promise.all([ada.text.pressSequentially('from ada ', { delay: 30 }), bob.text.pressSequentially(' from bob', { delay: 30 })]);
  const both = 'from ada Handover:\n\nend from bob';
  await says(ada, both);
  await says(bob, both);
  await shoot(bob.page, 'shared-note');

  await ada.context.setOffline(true);
  await ada.text.pressSequentially('offline ');
  await bob.text.pressSequentially(' meanwhile');
  await ada.page.getByText('does not reach the server just now').waitFor();
  await shoot(ada.page, 'shared-note-offline');
  await ada.context.setOffline(false);
  const all = 'from ada offline Handover:\n\nend from bob meanwhile';
  await says(ada, all);
  await says(bob, all);
  // One's own is taken back, not what others wrote.
  await ada.text.press('Control+z');
  await says(bob, 'from ada Handover:\n\nend from bob meanwhile', 'from ada offlineHandover:\n\nend from bob meanwhile', 'Handover:\n\nend from bob meanwhile');
  await ada.text.press('Control+y');
  await says(bob, all);

  await ada.page.reload();
  await ada.text.waitFor();
  await says(ada, all);
  await bob.text.press('Control+Enter');
  await bob.page.getByText('The note was saved.').waitFor();
  const { work } = await world.ada.ask('GET', `/api/v1/incidents/${id}/work`);
  const { text, with: others } = work.notes[0].versions.at(-1);
  check(text === all && others.length === 1, `it is saved as a version of both: ${JSON.stringify({ text, others })}`);
  await ada.page.getByText('changed by bob with Ada').waitFor();
  await ada.page.getByRole('button', { name: 'Cancel' }).or(ada.page.getByRole('button', { name: 'Leave' })).click();
  await ada.page.getByRole('button', { name: 'Edit note' }).waitFor();
  await forgotten(world, id, ada);
  const isOffline = (line) => line.includes('ERR_INTERNET_DISCONNECTED');
  checkQuiet([...ada.complaints.filter((line) => !isOffline(line)), ...bob.complaints]);
  for (const { context } of [ada, bob]) await context.close();
}

/** What was typed and not saved outlives that the server forgets it, as it does when it starts anew. */
async function forgotten(world, id, { page, text }) {
  const { work } = await world.ada.ask('GET', `/api/v1/incidents/${id}/work`);
  await page.getByRole('button', { name: 'Edit note' }).click();
  await text.waitFor();
  await text.press('Control+End');
  await text.pressSequentially(' and unsaved');
  const path = `/api/v1/incidents/${id}/notes/${work.notes[0].id}/pad`;
  const held = async () => (await world.ada.ask('PUT', path, { client: 'looks', version: 0, changes: [] })).text;
  await until(async () => (await held()).endsWith(' and unsaved'), WITHIN_MS, 'the server has it');
  // Whoever left may be counted as there for a while.
  await until(() => world.ada.ask('DELETE', path).then(() => true, () => false), AWAY_WITHIN_MS, 'nobody else is on it');
  await text.pressSequentially(', still');
  await until(async () => (await held()).endsWith(' and unsaved, still'), WITHIN_MS, 'all of it is put back');
  await shoot(page, 'shared-note-forgotten');
}

async function open(world, login, id) {
  const opened = await world.open();
  const page = await opened.context.newPage();
  await signIn(page, login, PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  await page.goto(`/incidents/${id}/notes`);
  await page.getByRole('button', { name: 'Edit note' }).click();
  const text = page.getByRole('textbox', { name: 'Text, in Markdown' });
  await text.waitFor();
  return { ...opened, page, text };
}

/** Waits until the text is one of these. */
async function says({ text }, ...wanted) {
  let shown;
  for (let tries = 0; tries < 150; tries += 1) {
    shown = (await text.locator('.cm-line').allTextContents()).join('\n');
    if (wanted.includes(shown)) return;
    await new Promise((settle) => setTimeout(settle, 100));
  }
  throw new Error(`it says ${JSON.stringify(shown)}, not ${JSON.stringify(wanted)}`);
}

async function noteOf(person, id, text) {
  const { entries } = await person.ask('POST', `/api/v1/incidents/${id}/work`, { work: [{ kind: 'incident.noted', body: { text } }] });
  return entries[0];
}

async function atRandom(world, id) {
  const note = await noteOf(world.bob, id, 'seed');
  const people = [world.ada, world.bob];
  const random = randomOf(20_261_130);
  const clients = await Promise.all([...Array(CLIENTS).keys()].map((number) => join(people[number % people.length], id, note, `client-${number}`)));
  for (let round = 0; round < EDITS; round += 1) {
    for (const client of clients) type(client, random);
    await Promise.all(clients.filter(() => random() < 0.6).map(exchange));
  }
  // As long as anybody has something to send or to hear of.
  for (let round = 0; round < 4 * CLIENTS; round += 1) {
    for (const client of clients) for (let left = 8; left > 0 && sendableUpdates(client.state).length > 0; left -= 1) await exchange(client);
  }
  for (const client of clients) await exchange(client);
  const texts = new Set(clients.map(({ state }) => state.doc.toString()));
  check(texts.size === 1, `all have one text: ${[...texts].map((text) => JSON.stringify(text.slice(0, 200))).join(' | ')}`);
  const [text] = texts;
  for (const { name, marks } of clients) {
    check([...Array(marks).keys()].every((mark) => text.includes(`<${name}.${mark}>`)), `nothing of ${name} is lost`);
  }
  const { text: held } = await join(world.ada, id, note, 'reader');
  check(held === text, 'the server has that text');
  return clients.reduce((sum, { edits }) => sum + edits, 0);
}

async function join(person, id, note, name) {
  const path = `/api/v1/incidents/${id}/notes/${note}/pad`;
  const got = await person.ask('PUT', path, { client: name, version: 0, changes: [] });
  const state = EditorState.create({ doc: got.text, extensions: collab({ startVersion: got.version, clientID: name }) });
  return { person, path, name, pad: got.pad, text: got.text, state, marks: 0, edits: 0 };
}

/** Marks are typed whole and never taken away; other words come and go. */
function type(client, random) {
  const { doc } = client.state;
  const place = Math.floor(random() * (doc.length + 1));
  // Inside of a mark nothing is changed, so that it can be found again; in a pair of surrogates nothing can be.
  const open = doc.sliceString(0, place).lastIndexOf('<');
  const isInside = open >= 0 && doc.sliceString(open, place).indexOf('>') < 0;
  const isHalf = /[\udc00-\udfff]/.test(doc.sliceString(place, place + 1));
  if (isInside || isHalf) return;
  const isMark = random() < 0.4;
  const insert = isMark ? `<${client.name}.${client.marks}>` : WORDS[Math.floor(random() * WORDS.length)];
  if (isMark) client.marks += 1;
  const next = doc.sliceString(place, place + 1);
  const to = !isMark && /[a-z ]/.test(next) ? place + 1 : place;
  client.state = client.state.update({ changes: { from: place, to, insert } }).state;
  client.edits += 1;
}

async function exchange(client) {
  const changes = sendableUpdates(client.state).map((update) => update.changes.toJSON());
  const version = getSyncedVersion(client.state);
  const got = await client.person.ask('PUT', client.path, { pad: client.pad, client: client.name, version, changes });
  check(got.text == null, 'the pad is still the same');
  const updates = got.changes.map(({ client: clientID, change }) => ({ clientID, changes: ChangeSet.fromJSON(change) }));
  client.state = receiveUpdates(client.state, updates).state;
}

/** Numbers from 0 to 1 that are the same each time. */
function randomOf(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
