// Signing in with an authenticator app, with a passkey, and with a recovery code.

import { createHmac } from 'node:crypto';

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

const STEP_SECONDS = 30;

export async function run(world) {
  await world.ada.invite('tess', 'responder');
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  await addVirtualKey(context, page);
  await signIn(page, 'tess', PASSWORD);
  await signedIn(page);

  const { secret, recovery } = await addApp(page);
  await signOut(page);
  await enterPassword(page);
  await shoot(page, 'second-factor');
  await enterCode(page, await freshCode(secret));
  await signedIn(page);

  await addPasskey(page);
  await signOut(page);
  await page.getByLabel('Sign-in name').fill('tess');
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click();
  await signedIn(page);

  await signOut(page);
  await enterPassword(page);
  if (!(await page.getByLabel('Code of your authenticator app').isVisible())) {
    await page.getByRole('button', { name: /Use a code instead/ }).click();
  }
  await enterCode(page, '000000');
  await page.getByRole('alert').waitFor();
  check(await page.getByLabel('Code of your authenticator app').isVisible(), 'a wrong code is refused');
  await page.getByRole('button', { name: 'Use recovery instead' }).click();
  await page.getByLabel('Recovery code').fill(recovery);
  await page.getByRole('button', { name: 'Go on' }).click();
  await signedIn(page);
  // One code was wrong.
  checkQuiet(complaints.filter((line) => !(line.includes('/session/totp') && /status of 4\d\d/.test(line))));
  await context.close();
}

async function addVirtualKey(context, page) {
  const client = await context.newCDPSession(page);
  await client.send('WebAuthn.enable');
  await client.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
}

async function addApp(page) {
  await page.goto('/settings?part=account');
  await page.getByRole('button', { name: /codes/ }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add an app with codes' });
  await dialog.waitFor();
  const secret = await dialog.getByText(/^[A-Z2-7]{16,}$/).first().innerText();
  await dialog.getByLabel('What you call the app').fill('Phone');
  await dialog.getByLabel('Code that it shows').fill(code(secret, Date.now()));
  await dialog.getByRole('button').filter({ hasText: /Add|Finish|Go on/ }).first().click();
  const codes = page.getByRole('dialog', { name: 'Your recovery codes' });
  await codes.waitFor();
  const recovery = await codes.locator('.codes li').first().innerText();
  await codes.getByRole('button').last().click();
  return { secret, recovery };
}

async function addPasskey(page) {
  await page.goto('/settings?part=account');
  await page.getByRole('button', { name: 'Passkey', exact: true }).first().click();
  const dialog = page.getByRole('dialog', { name: 'Add a passkey' });
  await dialog.getByLabel('What you call it').fill('Laptop');
  await dialog.getByRole('button').filter({ hasText: /Add|Make/ }).first().click();
  await page.getByText('Laptop').first().waitFor();
}

async function signedIn(page) {
  await page.getByRole('button', { name: 'tess' }).waitFor();
}

async function signOut(page) {
  await page.getByRole('button', { name: 'tess' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in to Quell' }).waitFor();
}

async function enterPassword(page) {
  await page.getByLabel('Sign-in name').fill('tess');
  await page.getByLabel('Password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.getByRole('button', { name: 'Start again' }).waitFor();
}

async function enterCode(page, text) {
  await page.getByLabel('Code of your authenticator app').fill(text);
  await page.getByRole('button', { name: 'Go on' }).click();
}

/** A code that was not used yet: each counts once. */
async function freshCode(secret) {
  const left = STEP_SECONDS - ((Date.now() / 1000) % STEP_SECONDS);
  await new Promise((settle) => setTimeout(settle, left * 1000 + 200));
  return code(secret, Date.now());
}

/** RFC 6238 with SHA-1 and six digits. */
function code(secret, now) {
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(Math.floor(now / 1000 / STEP_SECONDS)));
  const hash = createHmac('sha1', base32(secret)).update(counter).digest();
  const at = hash[19] & 15;
  return String((hash.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

function base32(text) {
  const bits = [...text].map((char) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(char).toString(2).padStart(5, '0')).join('');
  return Buffer.from(bits.match(/.{8}/g).map((byte) => Number.parseInt(byte, 2)));
}
