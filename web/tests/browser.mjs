// Debian's Chromium under test. Whatever a page complains of is kept: a journey that passes with an error on the console has failed.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { chromium } from 'playwright-core';

const FLAGS = [
  '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];
export const SHOTS = process.env.QUELL_SHOTS ?? '/tmp/quell-shots';

export async function startBrowser() {
  mkdirSync(SHOTS, { recursive: true });
  return chromium.launch({ executablePath: '/usr/bin/chromium', args: FLAGS });
}

/** A browser of one person, with everything it complained of in `complaints`. */
export async function openContext(browser, origin, { isNewcomer = false, settings = {}, ...options } = {}) {
  const context = await browser.newContext({ baseURL: origin, viewport: { width: 1440, height: 900 }, ...options });
  context.setDefaultTimeout(15_000);
  const complaints = [];
  context.on('weberror', (error) => complaints.push(`error: ${error.error()}`));
  context.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message)) complaints.push(`console: ${message.text()} (${message.location().url})`);
  });
  // The tour has a journey of its own; elsewhere it would lie above what is pressed.
  if (!isNewcomer) {
    await context.addInitScript((kept) => {
      // The empty page before the first has no storage.
      if (location.protocol.startsWith('http')) localStorage.setItem('quell-settings', kept);
    }, JSON.stringify({ tour: 'done', ...settings }));
  }
  await context.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`);
    });
  });
  return { context, complaints };
}

/** Chromium writes every refused request to the console. Whoever asks whether they are signed in is told no; some incidents have no story. */
function isExpected(message) {
  const { url } = message.location();
  const isRefused = (status) => message.text().includes(`status of ${status}`);
  return (isRefused(401) && /\/api\/v1\/(account|session)$/.test(url)) || (isRefused(404) && url.endsWith('/story'));
}

export async function signIn(page, login, password) {
  await page.goto('/sign-in');
  await page.getByLabel('Sign-in name').fill(login);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
}

export async function shoot(page, name) {
  await page.screenshot({ path: join(SHOTS, `${name}.png`) });
}

/** Violations of WCAG 2.2 AA and of good practice on what is shown, as lines. */
export async function violations(page, where) {
  // The one rule that is new in WCAG 2.2 is off by default.
  const axe = new AxeBuilder({ page }).options({ rules: { 'target-size': { enabled: true } } });
  // The other mode opens a page of its own each time, for frames of other sites; there are none.
  const { violations: found } = await axe.setLegacyMode().analyze();
  return found.flatMap(({ id, help, nodes }) => nodes.slice(0, 5).map((node) => `${where}: ${id} (${help}) at ${node.target.join(' ')}`));
}
