// Back and forward restore what was seen: filters, the tab, the open panel, a past moment.

import { checkQuiet } from '../check.mjs';
import { signIn } from '../browser.mjs';
import { PASSWORD, until } from '../server.mjs';

export async function run(world) {
  const [incident] = world.incidents;
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  await signIn(page, 'ada', PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  const chosen = (value) => () => until(async () => (await page.getByLabel('Severity').inputValue()) === value, 15_000, `severity ${value || 'any'}`);
  const tab = (name) => () => page.locator('.tabs [aria-current="page"]', { hasText: name }).waitFor();
  const panel = page.locator('.side-panel');
  const then = page.getByText('You see what was known at');

  await page.getByRole('link', { name: 'Incidents', exact: true }).click();
  await page.getByLabel('Severity').selectOption('critical');
  await page.getByRole('row', { name: new RegExp(incident.title.slice(0, 20).replaceAll(/[^\w ]/g, '.')) }).first().click();
  await page.getByRole('heading', { name: 'Root cause' }).waitFor();
  await page.getByRole('link', { name: 'Graph', exact: true }).click();
  await tab('Graph')();
  await page.getByRole('link', { name: 'Ledger', exact: true }).click();
  await page.getByRole('link', { name: /as it was then/i }).or(page.getByRole('button', { name: /as it was then/i })).first().click();
  await then.waitFor();
  await page.getByRole('link', { name: 'Alerts', exact: true }).click();
  await page.getByLabel('Severity').selectOption('high');
  await page.getByRole('grid').getByRole('row').nth(1).click();
  await panel.waitFor();

  const back = [
    ['the list without its panel', () => panel.waitFor({ state: 'hidden' })],
    ['all alerts', chosen('')],
    ['the past moment', () => then.waitFor()],
    ['the ledger as it is now', () => then.waitFor({ state: 'hidden' })],
    ['the graph', tab('Graph')],
    ['the story', tab('Story')],
    ['critical incidents', chosen('critical')],
    ['all incidents', chosen('')],
  ];
  const seen = [];
  for (const [what, shown] of back) {
    seen.push(page.url());
    await page.goBack();
    await shown().catch((error) => Promise.reject(new Error(`back to ${what}: ${error}`)));
  }
  for (const [index, [what, shown]] of [...back.slice(0, -1).entries()].reverse()) {
    await page.goForward();
    await page.waitForURL(seen[index + 1]);
    await shown().catch((error) => Promise.reject(new Error(`forward to ${what}: ${error}`)));
  }
  await page.goForward();
  await panel.waitFor();
  await page.reload();
  await panel.waitFor();
  checkQuiet(complaints);
  await context.close();
  return `${back.length} steps back and forward`;
}
