// Every screen, light, dark and in high contrast: nothing that breaks WCAG 2.2 AA as far as a program can tell, contrast of colours
// included, and no complaint of any page.

import { checkNone } from '../check.mjs';
import { shoot, signIn, violations } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

const PARTS = ['', '/timeline', '/graph', '/graph?view=sequence', '/graph?view=table', '/work', '/response', '/evidence', '/entities', '/communication', '/notes', '/report', '/ledger'];
const THEMES = ['light', 'dark', 'contrast'];
const NOT_THERE = 'inc-000000000000';
const SETTINGS = ['account', 'look', 'sources', 'people', 'stakeholders', 'content', 'health', 'handbook'];

export async function run(world) {
  const finished = (await world.ada.ask('GET', '/api/v1/incidents?status=resolved&limit=1')).items[0];
  const [current] = world.incidents;
  const event = (await world.ada.ask('GET', `/api/v1/alerts?incident=${current.id}&limit=1`)).items[0];
  const playbook = (await world.ada.ask('GET', `/api/v1/incidents/${current.id}/playbooks`)).items[0].playbook;
  const rule = (await world.ada.ask('GET', '/api/v1/rules')).items[0].id;
  const paths = [
    '/', '/incidents', '/incidents?status=resolved', '/incidents?q=nothing-has-this-name',
    '/alerts', `/alerts?alert=${event.id}`, '/alerts?q=nothing-has-this-name', '/hunt', '/hunt?q=powershell', `/hunt?event=${event.event}`,
    `/hunt?rule=${event.rule}`,
    ...PARTS.map((part) => `/incidents/${current.id}${part}`),
    ...PARTS.map((part) => `/incidents/${finished.id}${part}`),
    `/incidents/${current.id}/response?playbook=${playbook}`,
    `/incidents/${NOT_THERE}`,
    '/playbooks', `/playbooks/${playbook}`, `/playbooks/${playbook}?view=steps`, `/playbooks/${playbook}?view=text`,
    '/playbooks/new', '/playbooks/new?view=plain', `/playbooks/${playbook}/edit`,
    '/detections', '/detections/new', '/detections/new?q=powershell&view=plain', `/detections?rule=${rule}`, '/detections?view=tuning', '/detections?view=coverage', '/detections?view=refused',
    '/improve', '/improve/guide',
    ...SETTINGS.map((part) => `/settings?part=${part}`),
    '/no-such-page',
  ];
  const found = [];
  const named = (path) => path.replaceAll(/inc-[0-9a-f]+/g, (id) => (id === finished.id ? 'finished' : 'current'));
  for (const theme of THEMES) {
    const { context, complaints } = await open(world, theme);
    const page = await context.newPage();
    for (const path of ['/sign-in', '/setup#secret', '/invitation#secret']) found.push(...(await look(page, path, theme, path)));
    await signIn(page, 'ada', PASSWORD);
    await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
    for (const path of paths) found.push(...(await look(page, path, theme, named(path))));
    const isAsked = (line) => line.includes(NOT_THERE) && line.includes('status of 404');
    found.push(...complaints.filter((line) => !isAsked(line)).map((line) => `${theme}: ${line}`));
    await context.close();
  }
  checkNone(found, 'findings');
  return `${paths.length + 3} screens in ${THEMES.length} themes, 0 violations`;
}

function open(world, theme) {
  return world.open(theme === 'contrast' ? { settings: { theme } } : { colorScheme: theme });
}

/** Opens a screen; what is wrong with it, as lines. */
async function look(page, path, theme, name) {
  await page.goto(path);
  await settled(page);
  await shoot(page, `${theme}${name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 70)}`);
  const lines = await violations(page, `${theme} ${name}`);
  const isMissing = path === '/no-such-page' || path.endsWith(NOT_THERE);
  const trouble = page.getByText(/^There is no such (page|incident|part|playbook)/).or(page.locator('.notice.bad[role="alert"]'));
  if (!isMissing && (await trouble.count()) > 0) lines.push(`${theme} ${name}: shows trouble instead of the screen`);
  return lines;
}

/** Until nothing is on its way any more. */
async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => !document.querySelector('p.empty[role="status"]') && !document.body.innerText.includes('Loading…'));
  await page.waitForTimeout(250);
}

