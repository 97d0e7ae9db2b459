// Somebody whom the organisation's provider knows comes in by it, gets an account with the role that the configuration gives, and
// comes back to the page that they wanted.

import { check, checkQuiet } from '../check.mjs';
import { shoot } from '../browser.mjs';

export async function run(world) {
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  await page.goto('/detections');
  const way = page.getByRole('link', { name: 'Sign in with the provider' });
  await way.waitFor();
  await shoot(page, 'sign-in-provider');
  await way.click();
  await page.getByRole('link', { name: 'I am Grace' }).click();
  await page.getByRole('heading', { level: 1 }).waitFor();
  await page.getByRole('button', { name: 'Grace of the provider' }).waitFor();
  await shoot(page, 'signed-in-by-provider');
  const { items } = await world.ada.ask('GET', '/api/v1/users');
  const grace = items.find(({ display_name }) => display_name === 'Grace of the provider');
  check(grace?.role === 'responder', `she is a responder: ${JSON.stringify(grace)}`);
  check(new URL(page.url()).pathname === '/detections', `she is where she wanted to be, not at ${page.url()}`);

  await page.getByRole('button', { name: 'Grace of the provider' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByLabel('Sign-in name').waitFor();
  // An answer that nobody asked for lets nobody in.
  await page.goto('/auth/oidc/callback?code=made-up&state=made-up');
  const status = (await context.request.get('/api/v1/account')).status();
  check(status === 401, `a made-up answer lets nobody in: ${status}`);
  const isRefused = (line) => line.includes('/auth/oidc/callback');
  checkQuiet(complaints.filter((line) => !isRefused(line)));
  await context.close();
}
