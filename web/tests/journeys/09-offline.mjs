// The connection is lost and comes back: it is said, nothing that was typed is lost, and what changed meanwhile is there afterwards.

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

const CUT_OFF = 'Cut off on the way back';

export async function run(world) {
  const made = await world.bob.ask('POST', '/api/v1/incidents', { title: 'Lost laptop', severity: 'medium', reason: 'reported' });
  const id = made.incident.id;
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  await signIn(page, 'ada', PASSWORD);
  await page.getByText('Live', { exact: true }).waitFor();
  await page.goto(`/incidents/${id}/work`);
  await page.getByRole('button', { name: 'Set a task' }).click();
  const field = page.getByLabel('What to do');
  await field.fill('Call the owner');

  await context.setOffline(true);
  await page.getByRole('dialog').getByRole('button', { name: 'Set it' }).click();
  await page.waitForTimeout(1_000);
  check((await field.inputValue()) === 'Call the owner', 'what was typed is still there');
  await page.getByText(/No connection/).waitFor({ timeout: 60_000 });
  await shoot(page, 'offline');
  await world.bob.ask('POST', `/api/v1/incidents/${id}/work`, { work: [{ kind: 'task.set', body: { title: 'Set by Bob meanwhile' } }] });

  await context.setOffline(false);
  await page.getByText('Live', { exact: true }).waitFor({ timeout: 60_000 });
  await page.getByText('Set by Bob meanwhile').waitFor({ state: 'attached', timeout: 20_000 });
  await page.getByRole('dialog').getByRole('button', { name: 'Set it' }).click();
  await page.getByText('Call the owner').waitFor();
  await sendTwice(page, field);
  const { work } = await world.ada.ask('GET', `/api/v1/incidents/${id}/work`);
  check(work.tasks.filter((task) => task.title === CUT_OFF).length === 1, 'a command that was cut off and sent again counts once');
  checkQuiet(complaints.filter((line) => !/ERR_INTERNET_DISCONNECTED|ERR_NETWORK/.test(line)));
  await context.close();
}

/** A command reaches the server, its answer is lost, and somebody presses again. */
async function sendTwice(page, field) {
  await page.getByRole('button', { name: 'Set a task' }).click();
  await field.fill(CUT_OFF);
  let isCut = false;
  await page.route('**/work', async (route) => {
    if (isCut || route.request().method() !== 'POST') return route.continue();
    isCut = true;
    await route.fetch();
    return route.abort('internetdisconnected');
  });
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Set it' }).click();
  await dialog.getByRole('alert').waitFor();
  await dialog.getByRole('button', { name: 'Set it' }).click();
  await dialog.waitFor({ state: 'hidden' });
}
