// The same work under another framework: phases change, what was done does not; the choice holds for everybody.

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

const KEPT = 'Kept under every framework';

export async function run(world) {
  const [incident] = world.incidents;
  await world.bob.ask('POST', `/api/v1/incidents/${incident.id}/work`, { work: [{ kind: 'task.set', body: { title: KEPT } }] });
  const phases = async () => JSON.stringify((await world.ada.ask('GET', `/api/v1/incidents/${incident.id}/process`)).phases.map(({ id }) => id));
  const phasesBefore = await phases();
  const before = JSON.stringify((await world.ada.ask('GET', `/api/v1/incidents/${incident.id}/work`)).work.tasks);
  check(before.includes(KEPT), 'there is work to compare');
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  await signIn(page, 'bob', PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  await page.goto(`/incidents/${incident.id}/work`);
  const choice = page.getByLabel('Look at the same work under');
  await choice.waitFor();
  const others = await choice.locator('option').evaluateAll((options) => options.filter((each) => !each.selected).map((each) => each.value));
  check(others.length >= 5, 'there are at least five other frameworks');
  for (const other of others) {
    await choice.selectOption(other);
    await page.waitForURL((url) => url.searchParams.get('framework') === other);
    await page.getByText('Only looked at').waitFor();
  }
  await page.goBack();
  await page.waitForURL((url) => url.searchParams.get('framework') === others.at(-2));
  await shoot(page, 'framework');
  await page.getByRole('button', { name: 'Use it for this incident' }).click();
  await page.waitForURL((url) => !url.searchParams.has('framework'));
  const now = await world.ada.ask('GET', `/api/v1/incidents/${incident.id}/process`);
  check(now.framework === others.at(-2), 'the incident is looked at under the chosen framework by everybody');
  check((await phases()) !== phasesBefore, 'the phases are those of the other framework');
  const after = JSON.stringify((await world.ada.ask('GET', `/api/v1/incidents/${incident.id}/work`)).work.tasks);
  check(before === after, 'no work changed');
  checkQuiet(complaints);
  await context.close();
  return `${others.length + 1} frameworks`;
}
