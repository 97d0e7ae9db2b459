// A playbook that needs two people: one begins it, both agree, one takes everything back. Played, so that nothing outside is touched.

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD, until } from '../server.mjs';

const WITHIN_MS = 30_000;

export async function run(world) {
  const [incident] = world.incidents;
  const ada = await person(world, 'ada');
  const bob = await person(world, 'bob');
  await ada.page.goto(`/incidents/${incident.id}/response?playbook=endpoint-malware`);
  const play = ada.page.getByRole('button', { name: 'Play it, touching nothing' });
  await play.waitFor();
  for (const [label, value] of [['file', '/tmp/invoice.pdf.exe'], ['host', 'WS01.corp.example'], ['user', 'm.webb']]) {
    const field = ada.page.getByRole('textbox', { name: label, exact: true });
    if ((await field.inputValue()) === '') await field.fill(value);
  }
  await play.click();
  await ada.page.waitForURL((url) => url.searchParams.has('run'));
  const run = new URL(ada.page.url()).searchParams.get('run');
  await bob.page.goto(`/incidents/${incident.id}/response?run=${run}`);

  let agreements = 0;
  let byHand = 0;
  const state = () => world.ada.ask('GET', `/api/v1/runs/${run}`);
  await until(async () => {
    const now = await state();
    if (now.ended || now.effects.length >= 2 && agreements >= 2) return true;
    const approval = now.places.find((place) => place.wait?.for === 'approval');
    if (approval) {
      for (const who of [ada, bob].slice(0, approval.wait.quorum)) {
        await who.page.getByRole('button', { name: 'Agree', exact: true }).first().click();
        await until(async () => (await state()).version > now.version, WITHIN_MS, 'the agreement');
        agreements += 1;
        await shoot(who.page, `agreement-${agreements}`);
      }
      return false;
    }
    const waiting = now.places.find((place) => place.wait?.for === 'evidence' || place.wait?.for === 'person');
    if (!waiting) return false;
    byHand += 1;
    const button = waiting.wait.for === 'evidence' ? 'Waive, by name' : 'It is done';
    for (const name of waiting.wait.asks ?? []) {
      await ada.page.getByLabel(name.replaceAll('_', ' ').trim(), { exact: false }).first().fill('4711');
    }
    await ada.page.getByRole('button', { name: button }).first().click();
    if (waiting.wait.for === 'evidence') {
      await ada.page.getByRole('dialog').getByLabel('Why').fill('played: there is no such machine');
      await ada.page.getByRole('dialog').getByRole('button', { name: 'Leave it out' }).click();
    }
    await until(async () => (await state()).version > now.version, WITHIN_MS, 'the step');
    return false;
  }, 120_000, 'a run with agreements and effects');
  check(agreements >= 2, 'people agreed');

  await bob.page.getByRole('button', { name: 'Take everything back' }).click();
  await bob.page.getByRole('dialog').getByLabel('Why').fill('it was played');
  await bob.page.getByRole('dialog').getByRole('button', { name: 'Take it all back' }).click();
  await until(async () => (await state()).effects.every(({ undo, call }) => undo.state === 'done' || call.action.startsWith('case.')), WITHIN_MS, 'everything taken back');
  await ada.page.getByText('Taken back', { exact: true }).first().waitFor();
  await shoot(ada.page, 'taken-back');
  checkQuiet([...ada.complaints, ...bob.complaints]);
  await ada.context.close();
  await bob.context.close();
  return `${agreements} agreements, ${byHand} steps by hand`;
}

async function person(world, login) {
  const opened = await world.open();
  const page = await opened.context.newPage();
  await signIn(page, login, PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  return { ...opened, page };
}
