// Every screen in both themes: nothing that breaks WCAG 2.2 AA, contrast included, and no complaint of any page.

import { checkNone } from '../check.mjs';
import { shoot, signIn, violations } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

const PARTS = ['', '/timeline', '/graph', '/graph?view=sequence', '/graph?view=table', '/work', '/response', '/evidence', '/entities', '/communication', '/notes', '/report', '/ledger'];
const SETTINGS = ['account', 'look', 'sources', 'people', 'stakeholders', 'health', 'handbook'];

export async function run(world) {
  const finished = (await world.ada.ask('GET', '/api/v1/incidents?status=resolved&limit=1')).items[0];
  const [current] = world.incidents;
  const event = (await world.ada.ask('GET', `/api/v1/alerts?incident=${current.id}&limit=1`)).items[0];
  const playbook = (await world.ada.ask('GET', `/api/v1/incidents/${current.id}/playbooks`)).items[0].playbook;
  const rule = (await world.ada.ask('GET', '/api/v1/rules')).items[0].id;
  const paths = [
    '/', '/incidents', '/incidents?status=resolved', '/incidents?q=nothing-has-this-name',
    '/alerts', `/alerts?alert=${event.id}`, '/alerts?q=nothing-has-this-name', '/hunt', '/hunt?q=powershell', `/hunt?event=${event.event}`,
    ...PARTS.map((part) => `/incidents/${current.id}${part}`),
    ...PARTS.map((part) => `/incidents/${finished.id}${part}`),
    `/incidents/${current.id}/response?playbook=${playbook}`,
    '/incidents/inc-000000000000',
    '/playbooks', `/playbooks/${playbook}`, `/playbooks/${playbook}?view=steps`, `/playbooks/${playbook}?view=text`,
    '/playbooks/new', '/playbooks/new?view=plain', `/playbooks/${playbook}/edit`,
    '/detections', `/detections?rule=${rule}`, '/detections?view=tuning', '/detections?view=coverage', '/detections?view=refused',
    '/improve', '/improve/guide',
    ...SETTINGS.map((part) => `/settings?part=${part}`),
    '/no-such-page',
  ];
  const found = [];
  for (const theme of ['light', 'dark']) {
    const { context, complaints } = await world.open({ colorScheme: theme });
    const page = await context.newPage();
    await signIn(page, 'ada', PASSWORD);
    await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
    for (const path of paths) {
      await page.goto(path);
      await settled(page);
      const name = path.replaceAll(/inc-[0-9a-f]+/g, (id) => (id === finished.id ? 'finished' : 'current'));
      await shoot(page, `${theme}${name.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 70)}`);
      found.push(...(await violations(page, `${theme} ${name}`)));
    }
    found.push(...complaints.filter((line) => !line.includes('inc-000000000000')).map((line) => `${theme}: ${line}`));
    await context.close();
  }
  checkNone(found, 'findings');
  return `${paths.length} screens in 2 themes, 0 violations`;
}

/** Until nothing is on its way any more. */
async function settled(page) {
  await page.locator('h1').first().waitFor();
  await page.waitForFunction(() => !document.body.innerText.includes('Loading…'), undefined, { timeout: 15_000 });
  await page.waitForTimeout(250);
}

