// A playbook that needs two people: one begins it, both agree, one takes everything back. An EDR is really acted on.

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD, until } from '../server.mjs';

const HOST = 'WS01.corp.example';
const WITHIN_MS = 30_000;

export async function run(world) {
  const { edr } = world.server;
  const [incident] = world.incidents;
  const ada = await person(world, 'ada');
  const bob = await person(world, 'bob');
  await ada.page.goto(`/incidents/${incident.id}/response?playbook=two-people`);
  await ada.page.getByRole('textbox', { name: 'host' }).fill(HOST);
  await ada.page.getByText(/It would cut off: 1/).waitFor();
  await shoot(ada.page, 'two-people-dry-run');
  await ada.page.getByRole('button', { name: 'Run it', exact: true }).click();
  await ada.page.waitForURL((url) => url.searchParams.has('run'));

  await ada.page.getByRole('button', { name: 'Agree', exact: true }).click();
  await ada.page.getByText('1 of 2 agreements so far').waitFor();
  await ada.page.getByRole('button', { name: 'Agree', exact: true }).click();
  await ada.page.getByText(/you agreed already/).waitFor();
  check(!edr.isolated(HOST), 'nothing happens before two people agree');

  await bob.page.goto('/');
  await bob.page.getByRole('region', { name: 'Waits for a decision' }).getByRole('link').first().click();
  await shoot(bob.page, 'two-people-agree');
  await bob.page.getByRole('button', { name: 'Agree', exact: true }).click();
  await until(() => edr.isolated(HOST), WITHIN_MS, 'the computer cut off');
  await ada.page.getByText('In force', { exact: true }).waitFor();
  await ada.page.getByText('Completed', { exact: true }).first().waitFor();
  await shoot(ada.page, 'two-people-in-force');

  await bob.page.getByRole('button', { name: 'Take everything back' }).click();
  await bob.page.getByRole('dialog').getByLabel('Why').fill('it was a drill');
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Take it all back' }).click();
  await until(() => !edr.isolated(HOST), WITHIN_MS, 'the computer given back');
  await ada.page.getByText('Taken back', { exact: true }).first().waitFor();
  await shoot(ada.page, 'two-people-taken-back');
  checkQuiet([...ada.complaints.filter((line) => !(/\/approvals/.test(line) && /status of 409/.test(line))), ...bob.complaints]);
  await ada.context.close();
  await bob.context.close();
}

async function person(world, login) {
  const opened = await world.open();
  const page = await opened.context.newPage();
  await signIn(page, login, PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  return { ...opened, page };
}
