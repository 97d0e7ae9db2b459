// Hostile strings in whatever can be named about an incident: they are shown, and nothing else happens.

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

const HOSTILE = [
  '<script>window.pwned=1</script>',
  '<img src=x onerror="window.pwned=1">',
  '"><svg onload=window.pwned=1>',
  'javascript:window.pwned=1',
  '{{constructor.constructor("window.pwned=1")()}}',
  '[click](javascript:window.pwned=1)',
  "'; DROP TABLE incident; --",
  '\u202egnp.exe',
];

export async function run(world) {
  const all = HOSTILE.join(' ');
  const made = await world.bob.ask('POST', '/api/v1/incidents', { title: all.slice(0, 190), severity: 'low', reason: all });
  const id = made.incident.id;
  const now = new Date().toISOString();
  const entity = { kind: 'host', name: HOSTILE[1] };
  await world.bob.ask('POST', `/api/v1/incidents/${id}/work`, {
    work: [
      { kind: 'task.set', body: { title: HOSTILE[0] } },
      { kind: 'hypothesis.stated', body: { about: 'root_cause', text: all } },
      { kind: 'entity.added', body: { entity, reason: all } },
      { kind: 'measure.taken', body: { purpose: 'hold', text: all } },
    ],
  });
  await world.bob.ask('POST', `/api/v1/incidents/${id}/notes`, { text: `# ${all}\n\n${HOSTILE.join('\n\n')}\n\n\`\`\`\n${all}\n\`\`\`` });
  await world.bob.ask('POST', `/api/v1/incidents/${id}/timeline`, { items: [{ at: now, kind: 'finding', title: HOSTILE[2], text: all }] });

  const { context, complaints } = await world.open();
  let dialogs = 0;
  const page = await context.newPage();
  page.on('dialog', (dialog) => {
    dialogs += 1;
    void dialog.dismiss();
  });
  await signIn(page, 'ada', PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  const parts = ['', '/timeline', '/graph', '/work', '/response', '/evidence', '/entities', '/communication', '/notes', '/report', '/ledger'];
  for (const part of parts) {
    await page.goto(`/incidents/${id}${part}`);
    await page.locator('h1', { hasText: '<script>' }).waitFor();
    await page.waitForFunction(() => !document.querySelector('p.empty[role="status"]'));
    check(!(await page.evaluate(() => 'pwned' in window)), `nothing runs on ${part || 'the story'}`);
    check((await page.locator('main script, main img[src="x"], main svg[onload], main a[href^="javascript"]').count()) === 0, `nothing of it is markup on ${part}`);
  }
  await page.goto(`/incidents/${id}/notes`);
  await page.getByText('<script>window.pwned=1</script>').first().waitFor();
  await shoot(page, 'hostile');
  await page.goto(`/hunt?q=${encodeURIComponent(HOSTILE[1])}&field=${encodeURIComponent(HOSTILE[0])}`);
  await page.waitForTimeout(500);
  await page.goto(`/incidents?q=${encodeURIComponent(HOSTILE[2])}`);
  await page.waitForTimeout(500);
  check(dialogs === 0 && !(await page.evaluate(() => 'pwned' in window)), 'nothing ran');
  checkQuiet(complaints.filter((line) => !(/status of 4(00|22)/.test(line) && line.includes('/events/search'))));
  await context.close();
  return `${HOSTILE.length} strings on ${parts.length + 2} screens`;
}
