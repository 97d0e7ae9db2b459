// How fast the console is, in a real browser on a real server with much in it. Usage: node tests/speed.mjs QUELL
//
// QUELL should be a release binary, and the machine should do nothing else: browser and server share it. Each figure is a line; the
// last one says how many are within their budget. How an interaction is timed stands in speed/stopwatch.mjs, frames in
// speed/frames.mjs.

import { cpus } from 'node:os';

import { openContext, signIn, startBrowser } from './browser.mjs';
import { PASSWORD, startServer } from './server.mjs';
import { moveGraph, scrollTimeline } from './speed/frames.mjs';
import * as interactions from './speed/interactions.mjs';
import { coldLoads } from './speed/loads.mjs';
import { fill, withRule } from './speed/seed.mjs';
import { install, quantile } from './speed/stopwatch.mjs';

const LOAD_MS = 1_000;
const INTERACTION_MS = 100;
const FRAME_MS = 17;
const WORST_FRAME_MS = 100;
const BLANK_MS = 100;
/** The pause after which the search takes typing to be over. */
const PAUSE_MS = 250;
const LOADS = 40;
/** Below this, a 95th percentile says nothing. */
const SAMPLES_MIN = 20;
const TAB_ROUNDS = 3;
const OTHERS_FOR_MS = 3_000;

const [, , quell] = process.argv;
if (!quell) throw new Error('usage: node tests/speed.mjs QUELL');

let measured = 0;
let within = 0;

const server = await startServer(quell, { demo: false, configure: withRule });
const browser = await startBrowser();
try {
  const data = await fill(quell, server, (line) => console.log(line));
  await measure(data);
} finally {
  await browser.close();
  await server.stop();
}
console.log(`speed: ${within} of ${measured} figures within budget`);
process.exit(within === measured ? 0 : 1);

async function measure({ found, alerted, long }) {
  const { context, complaints } = await openContext(browser, server.origin);
  await install(context);
  const page = await context.newPage();
  await signIn(page, 'ada', PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  const state = await context.storageState();
  console.log(`on ${cpus().length} cores, ${await othersShare()} % busy with something else, Chromium ${browser.version()}`);

  await loads(state, '/', '.incident-list li', 'Now');
  await loads(state, `/incidents/${found}`, '.chain li', 'an incident');

  time('incidents grid, j and k', await interactions.moveInIncidents(page));
  time('incidents grid, j and k with all rows read', await interactions.moveInAllIncidents(page));
  time('incidents grid, open a row', await interactions.openIncident(page));
  const sought = await interactions.search(page);
  tell('incidents grid, search with the pause of the typist', sought);
  time('incidents grid, search', sought.map((ms) => ms - PAUSE_MS));
  time('incidents grid, another status', await interactions.filterByStatus(page));
  time('alerts grid, a page down', await interactions.pageInAlerts(page, alerted));
  time('alerts grid, select all', await interactions.selectAlerts(page, alerted));
  const alert = await interactions.openAlert(page, alerted);
  time('alert panel, what the list knows', alert.known);
  time('alert panel, the record', alert.record);
  timeEach('tabs of an incident with 10,000 items', await interactions.switchTabs(page, long, TAB_ROUNDS));
  timeEach('tabs of an incident with a story', await interactions.switchTabs(page, found, TAB_ROUNDS));
  const palette = await interactions.usePalette(page);
  time('palette, open', palette.open);
  time('palette, next entry', palette.move);

  const timeline = await scrollTimeline(page, long);
  frames(`timeline with 10,000 items, ${Math.round(timeline.scrolled).toLocaleString('en')} px by wheel`, timeline.deltas, WORST_FRAME_MS);
  const blank = Math.max(0, ...timeline.blanks);
  judge(`timeline, blank frames: ${timeline.blankFrames}, the longest blank ${round(blank)} ms of ${BLANK_MS}`, blank <= BLANK_MS);
  const graph = await moveGraph(page, found);
  frames(`graph with ${graph.nodes} nodes, pan and zoom`, graph.deltas, WORST_FRAME_MS);
  for (const line of new Set(complaints)) console.log(`complaint: ${line}`);
  judge(`complaints of pages: ${complaints.length}`, complaints.length === 0);
  await context.close();
  console.log(`at the end ${await othersShare()} % of the machine was busy with something else`);
}

/** How busy the machine is while nothing is measured. If that is much, the figures say less about the console. */
async function othersShare() {
  const sum = () => cpus().reduce(([idle, all], { times }) => [idle + times.idle, all + Object.values(times).reduce((a, b) => a + b)], [0, 0]);
  const [idleBefore, allBefore] = sum();
  await new Promise((settle) => setTimeout(settle, OTHERS_FOR_MS));
  const [idle, all] = sum();
  return Math.round(100 * (1 - (idle - idleBefore) / (all - allBefore)));
}

async function loads(state, path, row, name) {
  const { paints, ready } = await coldLoads(browser, server, state, { path, row, times: LOADS });
  time(`cold load of ${name}, first paint`, paints, LOAD_MS);
  time(`cold load of ${name}, interactive`, ready, LOAD_MS);
}

function time(name, took, budget = INTERACTION_MS) {
  if (took.length < SAMPLES_MIN) throw new Error(`${name}: only ${took.length} samples`);
  const p95 = quantile(took, 0.95);
  judge(`${name}: p95 ${round(p95)} ms of ${budget} (${spread(took)})`, p95 <= budget);
}

/** The same for things with names; says which one was worst. */
function timeEach(name, took) {
  const all = Object.entries(took);
  const [worst, of] = all.reduce((one, other) => (Math.max(...other[1]) > Math.max(...one[1]) ? other : one));
  time(name, all.flatMap(([, each]) => each));
  console.log(`  the slowest is ${worst}: median ${round(quantile(of, 0.5))} ms`);
}

/** A figure without a budget. */
function tell(name, took) {
  console.log(`${name}: p95 ${round(quantile(took, 0.95))} ms (${spread(took)})`);
}

function frames(name, deltas, worstMost = Infinity) {
  const [median, worst] = [quantile(deltas, 0.5), Math.max(...deltas)];
  const late = deltas.filter((delta) => delta > FRAME_MS).length / deltas.length;
  const rest = `${(late * 100).toFixed(1)} % over, worst ${round(worst)}, n ${deltas.length}`;
  judge(`${name}: median frame ${median.toFixed(1)} ms of ${FRAME_MS} (${rest})`, median <= FRAME_MS);
  if (worstMost < Infinity) judge(`${name}: worst frame ${round(worst)} ms of ${worstMost}`, worst <= worstMost);
}

function judge(line, isWithin) {
  measured += 1;
  if (isWithin) within += 1;
  console.log(isWithin ? line : `${line} OVER BUDGET`);
}

function spread(took) {
  return `median ${round(quantile(took, 0.5))}, worst ${round(Math.max(...took))}, n ${took.length}`;
}

function round(ms) {
  return Math.round(ms);
}
