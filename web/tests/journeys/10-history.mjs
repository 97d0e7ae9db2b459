// Back and forward restore what was seen: filters, the open panel, the tab, a past moment.

import { checkQuiet } from '../check.mjs';
import { signIn } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

export async function run(world) {
  const [incident] = world.incidents;
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  await signIn(page, 'ada', PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  const steps = [
    ['/incidents', async () => page.getByRole('grid', { name: 'Incidents' }).waitFor()],
    ['/incidents?severity=critical', async () => page.getByRole('grid', { name: 'Incidents' }).waitFor()],
    [`/incidents/${incident.id}`, async () => page.getByRole('heading', { name: 'Root cause' }).waitFor()],
    [`/incidents/${incident.id}/graph`, async () => page.getByRole('link', { name: 'Graph', exact: true }).waitFor()],
    ['/alerts?severity=high', async () => page.getByRole('heading', { name: 'Alerts', level: 1 }).waitFor()],
    ['/hunt?q=powershell', async () => page.getByRole('heading', { name: 'Hunt', level: 1 }).waitFor()],
  ];
  await page.getByRole('link', { name: 'Incidents', exact: true }).click();
  await page.getByLabel('Severity').selectOption('critical');
  await page.getByRole('row', { name: new RegExp(incident.title.slice(0, 20).replaceAll(/[^\w ]/g, '.')) }).first().click();
  await page.getByRole('heading', { name: 'Root cause' }).waitFor();
  await page.getByRole('link', { name: 'Graph', exact: true }).click();
  await page.getByRole('link', { name: 'Alerts', exact: true }).click();
  await page.getByLabel('Severity').selectOption('high');
  await page.getByRole('link', { name: 'Hunt', exact: true }).click();
  await page.getByRole('heading', { name: 'Hunt', level: 1 }).waitFor();
  for (const [path, shown] of [steps[4], ['/alerts', steps[4][1]], steps[3], steps[2], steps[1], steps[0]]) {
    await page.goBack();
    await page.waitForURL((url) => url.pathname + url.search === path);
    await shown();
  }
  for (const [path, shown] of [steps[1], steps[2], steps[3]]) {
    await page.goForward();
    await page.waitForURL((url) => url.pathname + url.search === path);
    await shown();
  }
  await page.reload();
  await page.waitForURL((url) => url.pathname === `/incidents/${incident.id}/graph`);
  checkQuiet(complaints);
  await context.close();
}
