// Cold loads: an empty cache, a warm server. What counts is the first paint, and when somebody could begin to work.

import { openContext } from '../browser.mjs';
import { install } from './stopwatch.mjs';

/** A page is quiet when no long task began for so long. */
const QUIET_MS = 500;

/** Loads a path so many times, each in a browser context of its own: first paints, and times to interactive. */
export async function coldLoads(browser, server, state, { path, row, times }) {
  const paints = [];
  const ready = [];
  for (let round = 0; round <= times; round += 1) {
    const { context } = await openContext(browser, server.origin, { storageState: state });
    await install(context);
    await context.addInitScript((selector) => (window.firstRow = window.stopwatch.shown(selector)), row);
    const page = await context.newPage();
    await page.goto(path);
    const shown = await page.evaluate(() => window.firstRow);
    await page.waitForTimeout(QUIET_MS * 2);
    const read = ([moment, within]) => [window.stopwatch.paint(), window.stopwatch.quietAfter(moment, within)];
    const [paint, quiet] = await page.evaluate(read, [shown, QUIET_MS]);
    await context.close();
    // The first one warms the server.
    if (round === 0) continue;
    paints.push(paint);
    ready.push(quiet);
  }
  return { paints, ready };
}
