// A search becomes a rule: it is accepted, tried on stored events, broken and mended, downloaded, and still there after a reload. And
// from a rule in force to the events that it matches.

import { readFileSync } from 'node:fs';

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD, until } from '../server.mjs';

const WITHIN_MS = 60_000;
const FINE = 'Nothing is wrong with it';

export async function run(world) {
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  await signIn(page, 'bob', PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  const found = await fromHunt(page, world);
  await fromText(page);
  await fromRule(page, world);
  checkQuiet(complaints);
  await context.close();
  return `${found} stored events match the rule that a search became`;
}

/** From a search to a rule that the server accepts; the answer is how many events it finds at once. */
async function fromHunt(page, world) {
  await page.goto(`/hunt?q=powershell&field=${encodeURIComponent('EventID:1')}&since=24h`);
  await page.getByRole('grid', { name: 'Events' }).getByRole('row').nth(1).waitFor();
  await page.getByRole('link', { name: 'Save as rule' }).click();
  await page.getByRole('heading', { name: 'New rule', level: 1 }).waitFor();
  await page.getByRole('region', { name: 'What the server reads' }).getByText(FINE).waitFor();
  await page.getByRole('group', { name: 'Editor' }).waitFor();
  const trial = page.getByRole('region', { name: 'Try it' });
  await trial.getByRole('button', { name: 'Look for events that it matches' }).click();
  const rows = trial.getByRole('table').getByRole('row');
  const more = trial.getByRole('button', { name: 'Search on' });
  await until(async () => {
    if ((await rows.count()) > 1) return true;
    if (await more.isVisible()) await more.click();
    return false;
  }, WITHIN_MS, 'an event that the rule matches');
  const first = await rows.nth(1).getByRole('link').getAttribute('href');
  // Asked for afterwards: events go on arriving.
  const searched = await allOf(world.ada, { text: 'powershell', fields: ['EventID:1'], limit: 500 });
  check(searched.some(({ id }) => first === `/hunt?event=${id}`), `it matches what the search finds, and that can be opened: ${first}, ${searched.length} found`);
  await shoot(page, 'rule-tried');
  return (await rows.count()) - 1;
}

/** All that a search finds, page by page: the server gives up on a page after three seconds. */
async function allOf(person, search) {
  const found = [];
  for (let cursor; ; ) {
    const { items, next } = await person.ask('POST', '/api/v1/events/search', { ...search, cursor });
    found.push(...items);
    if (!next) return found;
    cursor = next;
  }
}

/** The text is broken, mended, downloaded, kept and thrown away. */
async function fromText(page) {
  const reading = page.getByRole('region', { name: 'What the server reads' });
  await page.getByRole('checkbox', { name: 'Plain text field' }).check();
  const field = page.getByRole('textbox', { name: 'Text of the rule' });
  const made = await field.inputValue();
  for (const part of ["EventID: '1'", "- 'powershell'", "category: 'process_creation'", 'condition: selection and keywords']) {
    check(made.includes(part), `the rule has ${part}`);
  }
  await field.fill(made.replace('level: medium', 'level: dreadful'));
  await reading.getByText(/unknown variant `dreadful`/).waitFor();
  const line = made.split('\n').indexOf('level: medium') + 1;
  await reading.getByRole('button', { name: `Line ${line}` }).click();
  check(await page.getByRole('button', { name: 'Look for events that it matches' }).isDisabled(), 'what is no rule is not tried');
  await shoot(page, 'rule-fault');

  const mended = made.replace(/^title: .*/, 'title: Encoded commands of ours');
  await field.fill(mended);
  await reading.getByRole('heading', { name: 'Encoded commands of ours' }).waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('region', { name: 'Where it goes' }).getByRole('button', { name: 'Download' }).click();
  check((await download).suggestedFilename() === 'encoded_commands_of_ours.yml', 'the file is called after the title');
  check(readFileSync(await (await download).path(), 'utf8') === mended, 'it is what was written');

  await page.reload();
  await reading.getByText(FINE).waitFor();
  check((await field.inputValue()) === mended, 'a reload keeps what was written');
  await page.getByRole('button', { name: 'Begin anew…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Begin anew' }).click();
  await until(async () => (await field.inputValue()) !== mended, WITHIN_MS, 'the text as it was made');
  const anew = await field.inputValue();
  check(withoutId(anew) === withoutId(made) && anew !== made, 'it begins as before, with another id');
}

function withoutId(text) {
  return text.replace(/^id: .*$/m, '');
}

async function fromRule(page, world) {
  const [alert] = (await world.ada.ask('GET', '/api/v1/alerts?limit=1')).items;
  const { title } = await world.ada.ask('GET', `/api/v1/rules/${alert.rule}`);
  await page.goto(`/detections?rule=${alert.rule}`);
  await page.getByRole('link', { name: 'Events that it matches' }).click();
  await page.getByRole('grid', { name: 'Events' }).getByRole('row').nth(1).waitFor({ timeout: WITHIN_MS });
  await shoot(page, 'hunt-by-rule');
  const chip = page.getByRole('list', { name: 'Conditions' }).getByRole('button', { name: `Rule: ${title}` });
  await chip.click();
  await page.waitForURL((url) => !url.searchParams.has('rule'));
}
