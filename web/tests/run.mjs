// Everything that people do in the console, in a real browser on a real server. Usage: node tests/run.mjs QUELL [ROUNDS [JOURNEY]]
//
// Each round has a server of its own with the demo. The last line says how many rounds passed; any complaint of a page fails it.

import { readdirSync } from 'node:fs';

import { openContext, shoot, startBrowser } from './browser.mjs';
import { startServer } from './server.mjs';

const [, , quell, rounds = '1', only] = process.argv;
if (!quell) throw new Error('usage: node tests/run.mjs QUELL [ROUNDS [JOURNEY]]');
const names = readdirSync(new URL('journeys', import.meta.url)).filter((name) => name.endsWith('.mjs')).sort();
const journeys = await Promise.all(names.map(async (name) => ({ name: name.slice(0, -4), ...(await import(`./journeys/${name}`)) })));

const chosen = journeys.filter(({ name, isFirst }) => !only || isFirst || name.includes(only));
if (!(Number(rounds) >= 1)) throw new Error(`${rounds} is no number of rounds`);
if (only && !chosen.some(({ name }) => name.includes(only))) throw new Error(`no journey is called ${only}`);

const browser = await startBrowser();
let failed = 0;
for (let round = 1; round <= Number(rounds); round += 1) failed += await play(round);
await browser.close();
console.log(`console: ${Number(rounds) - failed} of ${rounds} rounds of ${chosen.length} journeys passed`);
process.exit(failed === 0 ? 0 : 1);

async function play(round) {
  const server = await startServer(quell);
  const world = { server, browser, open: (options) => openContext(browser, server.origin, options) };
  let bad = false;
  for (const { name, run } of chosen) {
    const began = Date.now();
    try {
      const said = await run(world);
      console.log(`round ${round}: ${name} passed in ${((Date.now() - began) / 1000).toFixed(1)} s${said ? `: ${said}` : ''}`);
    } catch (error) {
      bad = true;
      await shootAll(name);
      console.log(`round ${round}: ${name} FAILED: ${error.stack ?? error}`);
    }
  }
  if (/panicked at/.test(server.log())) {
    bad = true;
    console.log(`round ${round}: the server panicked:\n${server.log()}`);
  }
  await server.stop();
  return bad ? 1 : 0;
}

/** What every open page shows at a failure; the pages are closed, so that later journeys do not see them. */
async function shootAll(name) {
  for (const [at, context] of browser.contexts().entries()) {
    for (const page of context.pages()) await shoot(page, `failed-${name}-${at}`).catch(() => {});
    await context.close();
  }
}
