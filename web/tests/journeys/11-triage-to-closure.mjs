// The demo incident from the first look to its end: taken, declared, judged, classified, its alerts confirmed, its cause accepted, a
// playbook looked at, and resolved. By keyboard where that is quicker.

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD, until } from '../server.mjs';

const WITHIN_MS = 20_000;

export async function run(world) {
  const incident = world.incidents.find((each) => each.title.startsWith('Credential')) ?? world.incidents[1];
  const id = incident.id;
  const work = async () => (await world.ada.ask('GET', `/api/v1/incidents/${id}/work`)).work;
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  await signIn(page, 'ada', PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  await page.keyboard.press('Control+k');
  await page.getByRole('combobox', { name: 'What to find or do' }).fill(incident.title.split(' ')[1].replace(':', ''));
  await page.getByRole('option', { name: new RegExp(incident.title.slice(0, 10)) }).first().waitFor();
  await page.keyboard.press('Enter');
  await page.waitForURL((url) => url.pathname.startsWith(`/incidents/${id}`));
  await page.getByRole('button', { name: 'Take it' }).click();
  await page.getByText('Yours', { exact: true }).waitFor();

  await page.getByRole('link', { name: 'Work', exact: true }).click();
  await triage(page);
  const stated = page.getByRole('region', { name: 'Inquiry' });
  await stated.getByRole('button', { name: 'State a hypothesis' }).click();
  await fillAndSend(page, 'What may be so', 'A key of the web server was read through a hole in the application', 'State it');
  await stated.getByRole('button', { name: 'Weigh' }).click();
  await page.getByRole('dialog').getByLabel('What shows it').selectOption('elsewhere');
  await page.getByRole('dialog').getByLabel('Which').fill('log of the web server, 05:31');
  await fillAndSend(page, 'What speaks', 'The request asks the metadata service for the key', 'Record it');
  await stated.getByRole('button', { name: 'Accept' }).click();
  await fillAndSend(page, 'What settles it', 'The first use of the key follows the request by seconds', 'Accept it');
  await until(async () => (await work()).inquiry.hypotheses[0]?.settled?.outcome === 'accepted', WITHIN_MS, 'the accepted hypothesis');
  await shoot(page, 'work');

  await confirmAlerts(page, world, id);
  await page.goto(`/incidents/${id}/response`);
  await page.getByRole('region', { name: 'Playbooks that fit' }).getByRole('link').first().click();
  await page.getByText(/It would leave/).waitFor();
  await page.getByRole('button', { name: 'More about this incident' }).click();
  await page.getByRole('menuitem', { name: 'Resolve…' }).click();
  // What others record meanwhile is no reason to refuse it.
  await world.bob.ask('POST', `/api/v1/incidents/${id}/work`, { work: [{ kind: 'incident.noted', body: { text: 'meanwhile' } }] });
  await fillAndSend(page, 'Why', 'The key is gone, the hole is closed', 'Resolve');
  await page.getByText('Resolved', { exact: true }).waitFor();
  await shoot(page, 'resolved');
  check((await world.ada.ask('GET', `/api/v1/incidents/${id}`)).status === 'resolved', 'it is resolved');
  await manyAtOnce(page, world);
  const isOvertaken = (line) => line.includes('status of 409') && line.includes(id);
  checkQuiet(complaints.filter((line) => !isOvertaken(line)));
  await context.close();
}

/** Many are resolved at once, and taken back at once. */
async function manyAtOnce(page, world) {
  const ids = [];
  for (const number of [1, 2, 3]) {
    const made = await world.ada.ask('POST', '/api/v1/incidents', { title: `Of many ${number}`, severity: 'low', reason: 'for a test' });
    ids.push(made.incident.id);
  }
  const statuses = async () => Promise.all(ids.map(async (id) => (await world.ada.ask('GET', `/api/v1/incidents/${id}`)).status));
  const before = await statuses();
  await page.goto('/incidents?q=many');
  const grid = page.getByRole('grid').first();
  await page.getByText('3 incidents', { exact: true }).first().waitFor();
  await grid.getByRole('row').nth(1).focus();
  await page.keyboard.press('Control+a');
  await page.getByText('3 incidents selected').waitFor();
  await page.getByRole('button', { name: 'Resolve…' }).click();
  await fillAndSend(page, 'What the outcome is', 'Nothing was lost', 'Resolve');
  await until(async () => (await statuses()).every((status) => status === 'resolved'), WITHIN_MS, 'all resolved');
  await page.getByRole('button', { name: 'Undo' }).click();
  const back = before.map((status) => (status === 'new' ? 'open' : status));
  await until(async () => (await statuses()).join() === back.join(), WITHIN_MS, 'all taken back');
}

async function triage(page) {
  await page.getByRole('button', { name: 'Declare it an incident' }).click();
  await page.getByRole('dialog').getByRole('checkbox').first().check();
  await fillAndSend(page, 'What meets the criteria', 'A credential is in foreign hands', 'Declare it');
  await page.getByRole('button', { name: 'Judge the severity' }).click();
  await page.getByLabel('Harm to services').selectOption('low');
  await page.getByRole('checkbox', { name: 'Privacy breach' }).check();
  await fillAndSend(page, 'What it rests on', 'Personal data were read', 'Judge it');
  await page.getByText('Judge it again').waitFor();
  await page.getByRole('button', { name: 'Classify it' }).click();
  await page.getByRole('dialog').locator('select').selectOption({ index: 5 });
  await fillAndSend(page, 'Why', 'It fits', 'Classify it');
  await page.getByText('Classify it anew').waitFor();
  await page.getByRole('button', { name: 'Give a role' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Give it' }).click();
  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.getByRole('region', { name: 'Roles' }).getByText('Commander', { exact: true }).waitFor();
}

async function confirmAlerts(page, world, id) {
  await page.goto(`/alerts?incident=${id}`);
  const grid = page.getByRole('grid').first();
  await grid.getByRole('row').nth(1).waitFor();
  const undecided = async () => (await world.ada.ask('GET', `/api/v1/alerts/counts?incident=${id}&status=new,claimed`)).total;
  check((await undecided()) > 0, 'there are alerts to decide about');
  await grid.getByRole('row').nth(1).focus();
  await page.keyboard.press('Control+a');
  await page.keyboard.press('y');
  await until(async () => (await undecided()) === 0, WITHIN_MS, 'every alert confirmed');
}

async function fillAndSend(page, label, text, button) {
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel(label).fill(text);
  await dialog.getByRole('button', { name: button, exact: true }).click();
  await dialog.waitFor({ state: 'hidden' });
}
