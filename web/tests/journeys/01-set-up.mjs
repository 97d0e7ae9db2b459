// The first account, from the printed link; a colleague, from an invitation. Later journeys use both.

import { check, checkQuiet } from '../check.mjs';
import { shoot } from '../browser.mjs';
import { PASSWORD, Person } from '../server.mjs';

export const isFirst = true;

export async function run(world) {
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  await page.goto(`/setup#${world.server.setupSecret}`);
  await page.getByLabel('Sign-in name').fill('ada');
  await page.getByLabel('Name that others see').fill('Ada');
  await page.getByLabel('Password').fill(PASSWORD);
  await shoot(page, 'set-up');
  await page.getByRole('button', { name: 'Make the account' }).click();
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  check(!page.url().includes('#'), 'the secret does not stay in the address');
  checkQuiet(complaints);
  await context.close();

  world.ada = await Person.signedIn(world.server, 'ada');
  world.bob = await world.ada.invite('bob', 'lead');
  world.eve = await world.ada.invite('eve', 'responder');
  world.incidents = await world.ada.awaitStories();
}
