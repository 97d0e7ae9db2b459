// What a link leads to, beside it (WCAG 2.2, 1.4.13): by pointer and by keyboard; Escape hides it and nothing else, the pointer may move
// onto it, and nothing is read before somebody asks.

import { check, checkNone, checkQuiet } from '../check.mjs';
import { shoot, signIn, violations } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

/** Longer than the pointer has to rest, and than it has to get onto what is shown. */
const WHILE_MS = 1_200;

export async function run(world) {
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  const asked = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await signIn(page, 'ada', PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  const link = page.getByRole('link', { name: /^Critical Downloaded program/ });
  await link.waitFor();
  const peek = page.getByRole('tooltip');
  const shows = (text) => peek.filter({ hasText: text }).waitFor();
  const found = [];

  await rest(page, link);
  await shows('Downloaded program');
  await shows('First seen');
  await shoot(page, 'peek-incident');
  found.push(...(await violations(page, 'peek by pointer')));
  const { x, y, width, height } = await peek.boundingBox();
  await page.mouse.move(x + width / 2, y + height / 2, { steps: 8 });
  await page.waitForTimeout(WHILE_MS);
  check(await peek.isVisible(), 'it stays while the pointer is on it');
  await page.keyboard.press('Escape');
  await peek.waitFor({ state: 'detached' });
  await page.waitForTimeout(WHILE_MS);
  check((await peek.count()) === 0, 'Escape hides it while the pointer stays');
  check(!asked.some((path) => /^\/api\/v1\/(incidents\/inc-|alerts\/)/.test(path)), 'what the list knows is not read again');

  await page.getByRole('link', { name: 'All incidents' }).focus();
  await page.keyboard.press('Tab');
  const focused = page.locator(':focus');
  await peek.waitFor();
  check((await focused.getAttribute('aria-describedby')) === (await peek.getAttribute('id')), 'it describes the link with the focus');
  found.push(...(await violations(page, 'peek by keyboard')));
  await page.keyboard.press('Escape');
  await peek.waitFor({ state: 'detached' });
  check((await focused.getAttribute('href'))?.startsWith('/incidents/inc-'), 'the focus stays on the link');

  await link.click();
  const alert = page.locator('.chain a.badge').first();
  await rest(page, alert);
  await shows((await alert.innerText()).trim());
  await shows('Source');
  await shoot(page, 'peek-alert');
  found.push(...(await violations(page, 'peek of an alert')));
  await alert.click();
  await page.getByRole('grid').getByRole('row').nth(1).click();
  const panel = page.locator('.side-panel');
  await rest(page, panel.getByRole('link', { name: /^Downloaded program/ }));
  await shows('Downloaded program');
  await page.keyboard.press('Escape');
  await peek.waitFor({ state: 'detached' });
  check(await panel.isVisible(), 'Escape leaves the panel');
  await page.keyboard.press('Escape');
  await panel.waitFor({ state: 'detached' });

  checkNone(found, 'findings');
  checkQuiet(complaints);
  await context.close();
}

/** As a hand does it: the pointer moves there from elsewhere, and rests. */
async function rest(page, target) {
  await target.scrollIntoViewIfNeeded();
  await page.mouse.move(5, 5);
  await target.hover();
}
