// A restricted incident does not exist for others: not in lists, search, the palette, at its address, or in the stream.

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD, until } from '../server.mjs';

const WORD = 'zanzibar';

export async function run(world) {
  const made = await world.bob.ask('POST', '/api/v1/incidents', { title: `Leak of ${WORD} plans`, severity: 'high', reason: 'reported by phone' });
  const id = made.incident.id;
  const bob = await open(world, 'bob');
  // That searching finds it is what makes its absence worth something.
  await bob.page.goto(`/incidents?q=${WORD}`);
  await bob.page.getByRole('row', { name: /Leak of/ }).waitFor();
  check(await isInPalette(bob.page), 'whoever may see it finds it');
  await bob.page.goto(`/incidents/${id}`);
  await bob.page.getByRole('button', { name: 'More about this incident' }).click();
  await bob.page.getByRole('menuitem', { name: 'Restrict…' }).click();
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Restrict it' }).click();
  await bob.page.getByText('Restricted', { exact: true }).waitFor();
  await shoot(bob.page, 'restricted');

  const eve = await open(world, 'eve');
  await eve.page.goto(`/incidents?q=${WORD}`);
  await eve.page.getByText('No incident fits').waitFor();
  await eve.page.goto(`/incidents/${id}`);
  await eve.page.getByRole('heading', { name: 'There is no such incident' }).waitFor();
  check(!(await isInPalette(eve.page)), 'the palette does not find it');
  const heard = await listen(world, async () => {
    await world.bob.ask('POST', `/api/v1/incidents/${id}/notes`, { text: `about ${WORD}` });
    return (await world.bob.ask('POST', '/api/v1/incidents', { title: 'Open to all', severity: 'low', reason: 'control' })).incident.id;
  });
  check(!heard.includes(id) && !heard.includes(WORD), 'nothing of it is in the stream of somebody else');
  checkQuiet([...bob.complaints, ...eve.complaints.filter((line) => !(line.includes(id) && line.includes('status of 404')))]);
  await bob.context.close();
  await eve.context.close();
}

async function open(world, login) {
  const opened = await world.open();
  const page = await opened.context.newPage();
  await signIn(page, login, PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  return { ...opened, page };
}

async function isInPalette(page) {
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'What to find or do' }).fill(WORD);
  // The last entry is there for any word: then the search has been asked.
  await page.getByRole('option', { name: `Alerts with “${WORD}”` }).waitFor();
  await page.waitForTimeout(1_000);
  const found = (await page.getByRole('option', { name: /Leak of/ }).count()) > 0;
  await page.keyboard.press('Escape');
  return found;
}

/** What Eve's stream says while something happens, until it says the last of it. */
async function listen(world, happens) {
  const ended = new AbortController();
  let heard = '';
  const stream = await fetch(`${world.server.origin}/api/v1/stream`, { headers: { cookie: world.eve.cookie }, signal: ended.signal });
  const reading = (async () => {
    for await (const part of stream.body.pipeThrough(new TextDecoderStream())) heard += part;
  })().catch(() => {});
  const last = await happens();
  await until(() => heard.includes(last), 20_000, 'what she may see in the stream');
  ended.abort();
  await reading;
  return heard;
}
