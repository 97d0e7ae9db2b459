// Two people at one incident see each other, and a third's first visit is a tour; what somebody likes follows them to the next browser.

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

const STEPS = 6;

export async function run(world) {
  const [incident] = world.incidents;
  const ada = await open(world, 'ada');
  await ada.page.goto(`/incidents/${incident.id}/notes`);
  await ada.page.getByRole('heading', { level: 1 }).waitFor();
  const bob = await open(world, 'bob');
  await bob.page.goto(`/incidents/${incident.id}/graph`);
  await bob.page.getByText('Ada: notes').waitFor({ timeout: 30_000 });
  await shoot(bob.page, 'presence');
  await ada.page.getByText('bob: graph').waitFor({ timeout: 60_000 });

  const eve = await open(world, 'eve', { isNewcomer: true });
  const tour = eve.page.getByRole('complementary', { name: 'Tour' });
  await tour.getByRole('button', { name: 'Take the tour' }).click();
  for (let step = 1; step <= STEPS; step += 1) {
    await tour.getByText(`${step} of ${STEPS}`).waitFor();
    await shoot(eve.page, `tour-${step}`);
    await tour.getByRole('button', { name: step < STEPS ? 'Next' : 'Done' }).click();
  }
  await tour.waitFor({ state: 'hidden' });
  await eve.page.waitForTimeout(1_500);
  const again = await open(world, 'eve', { isNewcomer: true });
  await again.page.waitForTimeout(1_000);
  check((await again.page.getByRole('complementary', { name: 'Tour' }).count()) === 0, 'the tour is offered once, also in another browser');
  checkQuiet([...ada.complaints, ...bob.complaints, ...eve.complaints, ...again.complaints]);
  for (const { context } of [ada, bob, eve, again]) await context.close();
}

async function open(world, login, options) {
  const opened = await world.open(options);
  const page = await opened.context.newPage();
  await signIn(page, login, PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  return { ...opened, page };
}
