// What a person does all day, each timed from the key or click to the frame that shows its result. Each returns milliseconds, or
// milliseconds by name where a budget stands for different things.

import { ALERTS, WORDS } from './seed.mjs';
import { time } from './stopwatch.mjs';

const ROW_PX = 40;
const LEVELS = ['critical', 'high', 'medium', 'low', 'informational'];
/** As somebody types who knows the word. */
const KEY_EVERY_MS = 60;
const SEARCHES = 20;
const LOADED_WITHIN_MS = 60_000;

const row = (page, index) => page.locator(`.grid-row[data-index="${index}"]`);
const focused = (index) => document.activeElement?.dataset.index === String(index);

/** One row down and up, from the first page on: the next ones are read on the way. */
export async function moveInIncidents(page) {
  await page.goto('/incidents');
  await row(page, 0).focus();
  return [...(await move(page, 'j', 0, 1, 120)), ...(await move(page, 'k', 120, -1, 40))];
}

/** The same when all pages were read. */
export async function moveInAllIncidents(page) {
  await page.goto('/incidents');
  await row(page, 0).focus();
  const last = (await readAll(page)) - 1;
  return [...(await move(page, 'k', last, -1, 40)), ...(await move(page, 'j', last - 40, 1, 40))];
}

async function move(page, key, from, step, times) {
  const took = [];
  for (let at = from + step; took.length < times; at += step) {
    took.push(await time(page, { type: 'keydown', key, holds: focused, given: at, act: () => page.keyboard.press(key) }));
  }
  return took;
}

/** Goes to the end until there is no further page; the answer is how many rows there are. */
async function readAll(page) {
  const loaded = () => page.locator('.grid-rows').evaluate((rows, size) => Math.round(rows.offsetHeight / size), ROW_PX);
  // The row with the column names counts, too.
  const total = Number(await page.locator('.grid-scroll').getAttribute('aria-rowcount')) - 1;
  const end = Date.now() + LOADED_WITHIN_MS;
  for (let have = await loaded(); have < total; have = await loaded()) {
    if (Date.now() > end) throw new Error(`only ${have} of ${total} rows came`);
    // On a busy machine the grid can lose the focus on so long a way, and with it the keys.
    await page.locator('.grid-row').last().focus();
    await page.keyboard.press('End');
    await page.waitForTimeout(20);
  }
  await page.keyboard.press('End');
  await row(page, total - 1).focus();
  return total;
}

/** A click on a row, to the title of its incident. None was read before. */
export async function openIncident(page) {
  const took = [];
  for (const sort of ['newest', 'severity']) {
    await page.goto(`/incidents?sort=${sort}`);
    for (let index = 0; index <= 10; index += 1) {
      await row(page, index).waitFor();
      const title = await row(page, index).locator('[role="gridcell"]').nth(2).textContent();
      const shown = (text) => document.querySelector('.incident-head h1')?.textContent === text;
      const ms = await time(page, { type: 'click', holds: shown, given: title, act: clickOn(page, row(page, index)) });
      // The first one reads the code of the screen.
      if (index > 0) took.push(ms);
      await page.waitForTimeout(300);
      await page.goBack();
    }
  }
  return took;
}

/** The last key of a word, to rows that all have it. */
export async function search(page) {
  await page.goto('/incidents');
  await row(page, 0).waitFor();
  const took = [];
  const all = (word) => {
    const rows = [...document.querySelectorAll('.grid-row')];
    return rows.length > 0 && rows.every((each) => each.textContent.includes(word));
  };
  for (const word of WORDS) {
    if (took.length === SEARCHES) break;
    await page.locator('#search-field').focus();
    await page.keyboard.type(word.slice(0, -1), { delay: KEY_EVERY_MS });
    let wasEarly = false;
    const last = async () => {
      // A machine that is busy types so slowly that the word is sought before it is whole; that says nothing.
      wasEarly = new URL(page.url()).searchParams.has('q');
      await page.keyboard.press(word.at(-1));
    };
    const ms = await time(page, { type: 'keydown', key: word.at(-1), holds: all, given: word, act: last });
    if (!wasEarly) took.push(ms);
    await page.locator('#search-field').fill('');
    await page.waitForFunction((word) => [...document.querySelectorAll('.grid-row')].some((each) => !each.textContent.includes(word)), word);
  }
  return took;
}

/** Another status by the arrow key, to rows that all have it; under severities and orders that were not read before. */
export async function filterByStatus(page) {
  await page.goto('/incidents?status=open');
  await row(page, 0).waitFor();
  const took = [];
  const all = (given) => {
    const rows = [...document.querySelectorAll('.grid-row')];
    const cells = rows.map((each) => [each.children[1].textContent, each.children[3].textContent]);
    return rows.length > 0 && cells.every(([level, status]) => level.toLowerCase() === given.level && status.toLowerCase() === given.status);
  };
  for (const order of ['newest', 'severity']) {
    await page.getByLabel('Order').selectOption(order);
    for (const level of LEVELS) {
      await page.getByLabel('Severity').selectOption(level);
      await page.getByLabel('Status').selectOption('open');
      await page.waitForFunction(all, { level, status: 'open' });
      await page.waitForTimeout(200);
      await page.getByLabel('Status').focus();
      for (const status of ['resolved', 'false positive']) {
        took.push(await time(page, { type: 'keydown', holds: all, given: { level, status }, act: () => page.keyboard.press('ArrowDown') }));
        await page.waitForTimeout(200);
      }
    }
  }
  return took;
}

/** A page down; the next ones are read on the way. */
export async function pageInAlerts(page, incident) {
  await page.goto(`/alerts?incident=${incident}`);
  await row(page, 0).focus();
  const took = [];
  const further = (before) => Number(document.activeElement?.dataset.index) > before;
  for (let round = 0; round < 40; round += 1) {
    const before = await page.evaluate(() => Number(document.activeElement.dataset.index));
    took.push(await time(page, { type: 'keydown', holds: further, given: before, act: () => page.keyboard.press('PageDown') }));
  }
  return took;
}

/** Ctrl+A when all pages were read, to the number that is selected. */
export async function selectAlerts(page, incident) {
  await page.goto(`/alerts?incident=${incident}`);
  await row(page, 0).focus();
  const total = await readAll(page);
  if (total !== ALERTS) throw new Error(`${total} alerts are in the grid`);
  const took = [];
  const selected = (text) => document.querySelector('.selection [role="status"]')?.textContent === text;
  const said = `${total.toLocaleString('en')} alerts selected`;
  for (let round = 0; round < 20; round += 1) {
    took.push(await time(page, { type: 'keydown', key: 'a', holds: selected, given: said, act: () => page.keyboard.press('Control+a') }));
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('.selection [role="status"]'));
  }
  return took;
}

/** Enter on an alert, to its panel with what the list knows of it, and to the record that it is about. None was read before. */
export async function openAlert(page, incident) {
  await page.goto(`/alerts?incident=${incident}`);
  await row(page, 0).focus();
  const took = { known: [], record: [] };
  const known = (account) => document.querySelector('.side-panel .facts')?.textContent.includes(account) ?? false;
  const record = (account) => document.querySelector('.side-panel pre')?.textContent.includes(account) ?? false;
  for (let round = 0; round <= 40; round += 1) {
    const account = await page.evaluate(() => document.activeElement.children[3].textContent);
    const name = round % 2 === 0 ? 'known' : 'record';
    const holds = name === 'known' ? known : record;
    const ms = await time(page, { type: 'keydown', key: 'Enter', holds, given: account, act: () => page.keyboard.press('Enter') });
    if (round > 0) took[name].push(ms);
    await page.waitForTimeout(150);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('.side-panel'));
    // The next ones are about the same account.
    for (let step = 0; step < 5; step += 1) await page.keyboard.press('j');
    await page.waitForTimeout(50);
  }
  return took;
}

/** A click on each tab of an incident, to what it has; all was read before. */
export async function switchTabs(page, incident, rounds) {
  await page.goto(`/incidents/${incident}`);
  const tabs = page.locator('nav.tabs a');
  await tabs.first().waitFor();
  const names = await tabs.allTextContents();
  const took = {};
  for (let round = 0; round <= rounds; round += 1) {
    for (const [index, name] of [...names.entries()].slice(1).concat([[0, names[0]]])) {
      await page.evaluate(() => (document.querySelector('.tabs').nextElementSibling.dataset.before = 'yes'));
      const ms = await time(page, { type: 'click', holds: isTab, given: name, act: clickOn(page, tabs.nth(index)) });
      await page.waitForFunction(() => !/so far…|Loading/.test(document.querySelector('main').innerText), undefined, { timeout: LOADED_WITHIN_MS });
      await page.waitForTimeout(round === 0 ? 500 : 150);
      // The first round reads.
      if (round > 0) (took[name] ??= []).push(ms);
    }
  }
  return took;
}

/** Whether the tab of this name is the current one, and what follows is no longer what was marked. */
function isTab(name) {
  const nav = document.querySelector('.tabs');
  const content = nav?.nextElementSibling;
  const isCurrent = nav?.querySelector('[aria-current="page"]')?.textContent === name;
  return Boolean(isCurrent && content && !content.dataset.before && !/Loading|Reading the/.test(content.textContent.slice(0, 200)));
}

/** Ctrl+K, to the field with the focus; then an arrow key, to the next entry. */
export async function usePalette(page) {
  await page.goto('/incidents');
  await row(page, 0).focus();
  const took = { open: [], move: [] };
  const open = () => document.activeElement?.getAttribute('role') === 'combobox';
  const chosen = (index) => document.querySelectorAll('.palette [role="option"]')[index]?.ariaSelected === 'true';
  for (let round = 0; round <= 20; round += 1) {
    const ms = await time(page, { type: 'keydown', key: 'k', holds: open, act: () => page.keyboard.press('Control+k') });
    if (round > 0) took.open.push(ms);
    for (const index of [1, 2, 3]) {
      took.move.push(await time(page, { type: 'keydown', holds: chosen, given: index, act: () => page.keyboard.press('ArrowDown') }));
    }
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !document.querySelector('.palette'));
  }
  return took;
}

/** A click with the pointer there already, as a hand has it. */
function clickOn(page, target) {
  return async () => {
    const box = await target.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.waitForTimeout(100);
    await page.mouse.down();
    await page.mouse.up();
  };
}
