// A restricted incident does not exist for others: not in lists, search, the palette, at its address, or in the stream.

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

const WORD = 'zanzibar';

export async function run(world) {
  const made = await world.bob.ask('POST', '/api/v1/incidents', { title: `Leak of ${WORD} plans`, severity: 'high', reason: 'reported by phone' });
  const id = made.incident.id;
  const bob = await open(world, 'bob');
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
  await eve.page.keyboard.press('Control+k');
  await eve.page.getByRole('combobox', { name: 'What to find or do' }).fill(WORD);
  await eve.page.waitForTimeout(1_000);
  check((await eve.page.getByRole('option', { name: /Leak of/ }).count()) === 0, 'the palette does not find it');
  await eve.page.goto('/');
  await world.bob.ask('POST', `/api/v1/incidents/${id}/notes`, { text: `about ${WORD}` });
  await eve.page.waitForTimeout(2_000);
  check(!(await eve.page.content()).includes(WORD), 'no word of it reaches the page of somebody else');
  checkQuiet([...bob.complaints, ...eve.complaints.filter((line) => !line.includes(id))]);
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
