// Somebody who has never seen it: from the first screen to root cause, blast radius and next action, counted in clicks.

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

const CLICKS_MAX = 3;

export async function run(world) {
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  await signIn(page, 'ada', PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  await page.getByRole('region', { name: 'Open incidents' }).getByRole('link').nth(1).waitFor();
  await shoot(page, 'now');

  let clicks = 0;
  const click = async (target) => {
    clicks += 1;
    await target.click();
  };
  await click(page.getByRole('link', { name: /^Critical Downloaded program/ }));
  // All three without scrolling.
  for (const name of ['Root cause', 'Blast radius', 'Do next']) {
    const heading = page.getByRole('heading', { name, exact: true });
    await heading.waitFor();
    const box = await heading.boundingBox();
    check(box && box.y < 900, `${name} stands on the first screen`);
  }
  await page.getByText('WS01.corp.example', { exact: true }).first().waitFor();
  await shoot(page, 'story');
  await click(page.getByRole('link', { name: 'See what it would do' }));
  await page.getByRole('button', { name: 'Run it', exact: true }).waitFor();
  await shoot(page, 'dry-run');
  check(clicks <= CLICKS_MAX, `at most ${CLICKS_MAX} clicks, not ${clicks}`);
  checkQuiet(complaints);
  await context.close();
  return `${clicks} clicks, 3 screens to root cause, blast radius, next action and its dry run`;
}
