// Counts frames while something moves: the timeline by wheel, the graph by pointer and wheel.
//
// A frame is what requestAnimationFrame gives, so what the compositor does by itself is not seen. Whether the list is blank is asked
// twice a frame: when the scrolling arrives, before the page answers it (that is what is on the screen then), and after the answer.

import { storyOf } from './story.mjs';

const MOVE_FOR_MS = 5_000;
const TICK_MS = 16;
/** A notch of a wheel, sixty times a second: faster than a finger. */
const NOTCH_PX = 120;
const NODES = 300;
/** Less than this is not scrolling. */
const SCROLLED_PX_MIN = 10_000;

/** Scrolls the timeline: deltas of frames, and how long which blanks were. */
export async function scrollTimeline(page, id) {
  await page.goto(`/incidents/${id}/timeline`);
  await page.getByText(/10,000 of 10,000 items/).waitFor({ timeout: 60_000 });
  const feed = page.locator('.feed');
  await feed.scrollIntoViewIfNeeded();
  const box = await feed.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.waitForTimeout(1_000);
  await record(page, '.feed', '.feed-row');
  const end = Date.now() + MOVE_FOR_MS;
  while (Date.now() < end) await Promise.all([page.mouse.wheel(0, NOTCH_PX), page.waitForTimeout(TICK_MS)]);
  const frames = await recorded(page);
  const scrolled = await feed.evaluate((element) => element.scrollTop);
  if (scrolled < SCROLLED_PX_MIN) throw new Error(`the timeline scrolled only ${scrolled} px: there was nothing to measure`);
  return { ...frames, scrolled };
}

/** Moves a graph of a made-up story: drags and zooms by turns, with rests in which it is drawn sharp. */
export async function moveGraph(page, id) {
  await page.route('**/api/v1/incidents/*/story*', (route) => route.fulfill({ json: storyOf(NODES) }));
  await page.goto(`/incidents/${id}/graph`);
  await page.locator('.graph-view .graph-node').nth(NODES - 1).waitFor({ state: 'attached' });
  const view = page.locator('.graph-view');
  await view.scrollIntoViewIfNeeded();
  const box = await view.boundingBox();
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  await page.mouse.move(middle.x, middle.y);
  await page.waitForTimeout(1_000);
  const place = () => page.locator('.graph-layer').evaluate((layer) => layer.style.transform);
  const before = await place();
  await record(page);
  const end = Date.now() + MOVE_FOR_MS;
  for (let turn = 0; Date.now() < end; turn += 1) {
    if (turn % 2 === 0) await drag(page, middle, 60);
    else await zoom(page, turn % 4 === 1 ? -NOTCH_PX : NOTCH_PX, 20);
    await page.waitForTimeout(250);
  }
  if ((await place()) === before) throw new Error('the graph did not move: there was nothing to measure');
  const nodes = await page.locator('.graph-view .graph-node').count();
  const frames = await recorded(page);
  await page.unroute('**/api/v1/incidents/*/story*');
  return { ...frames, nodes };
}

async function drag(page, { x, y }, ticks) {
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let tick = 1; tick <= ticks; tick += 1) {
    const angle = (tick / ticks) * 2 * Math.PI;
    await Promise.all([page.mouse.move(x + Math.sin(angle) * 300, y + (1 - Math.cos(angle)) * 80), page.waitForTimeout(TICK_MS)]);
  }
  await page.mouse.up();
}

async function zoom(page, delta, ticks) {
  for (let tick = 0; tick < ticks; tick += 1) await Promise.all([page.mouse.wheel(0, delta), page.waitForTimeout(TICK_MS * 2)]);
}

/** Begins to note frames; and of a list, whether its window shows any row. */
function record(page, list = null, row = null) {
  return page.evaluate(
    ([list, row]) => {
      const port = list && document.querySelector(list);
      const noted = { deltas: [], blanks: [], blankFrames: 0, on: true };
      const isBlank = () => {
        if (!port) return false;
        const { top, bottom } = port.getBoundingClientRect();
        return ![...port.querySelectorAll(row)].some((each) => {
          const box = each.getBoundingClientRect();
          return box.bottom > top && box.top < bottom;
        });
      };
      let last;
      let since;
      let wasBlank = false;
      document.addEventListener('scroll', () => (wasBlank ||= isBlank()), true);
      const frame = (now) => {
        if (last !== undefined) noted.deltas.push(now - last);
        const before = last ?? now;
        last = now;
        const channel = new MessageChannel();
        channel.port1.onmessage = () => {
          channel.port1.close();
          const still = isBlank();
          if (still || wasBlank) {
            noted.blankFrames += 1;
            since ??= before;
          }
          // From the frame before it was first seen: it can have begun right after that.
          if (since !== undefined && !(still && noted.on)) {
            noted.blanks.push(performance.now() - since);
            since = undefined;
          }
          wasBlank = still;
          if (noted.on) requestAnimationFrame(frame);
        };
        channel.port2.postMessage(0);
      };
      requestAnimationFrame(frame);
      window.noted = noted;
    },
    [list, row],
  );
}

function recorded(page) {
  return page.evaluate(() => {
    window.noted.on = false;
    // One more frame, so that a blank that lasts is noted.
    return new Promise((settle) => setTimeout(() => settle(window.noted), 200));
  });
}
