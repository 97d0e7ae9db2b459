// A playbook is written: a fault is found while typing and named with its line, mended, played through, and downloaded.

import { readFileSync } from 'node:fs';

import { check, checkQuiet } from '../check.mjs';
import { shoot, signIn } from '../browser.mjs';
import { PASSWORD } from '../server.mjs';

export async function run(world) {
  const { context, complaints } = await world.open();
  const page = await context.newPage();
  await signIn(page, 'bob', PASSWORD);
  await page.getByRole('heading', { name: 'Now', level: 1 }).waitFor();
  await page.goto('/playbooks/hold-hosts/edit');
  const findings = page.getByRole('region', { name: 'Findings' });
  await findings.getByText('Nothing is wrong with it').waitFor();
  await page.getByRole('checkbox', { name: 'Plain text field' }).check();
  const field = page.getByRole('region', { name: 'Text' }).getByRole('textbox');
  const good = await field.inputValue();
  check(good.includes('workflow_start'), 'the text is that of the playbook');
  await field.fill(good.replace(/workflow_start: .*/, 'workflow_start: start--nowhere'));
  await findings.getByText('Error', { exact: true }).first().waitFor();
  const line = good.split('\n').findIndex((each) => each.startsWith('workflow_start')) + 1;
  const places = findings.getByRole('button', { name: /^Line \d+$/ });
  check((await places.allTextContents()).every((text) => text === `Line ${line}`), 'each finding names its line');
  await places.first().click();
  await shoot(page, 'editor-fault');
  await field.fill(good);
  await findings.getByText('Nothing is wrong with it').waitFor();

  const test = page.getByRole('region', { name: 'Test run' });
  await test.getByRole('button', { name: 'Test it' }).click();
  await test.getByRole('group', { name: 'What happened' }).waitFor();
  await page.getByRole('checkbox', { name: 'Plain text field' }).uncheck();
  await page.getByRole('group', { name: 'Editor' }).waitFor();
  await shoot(page, 'editor-played');
  const download = page.waitForEvent('download');
  await page.getByRole('region', { name: 'Where it goes' }).getByRole('button', { name: /YAML/ }).click();
  check((await download).suggestedFilename().endsWith('.yaml'), 'a YAML file is saved');
  check(readFileSync(await (await download).path(), 'utf8') === good, 'it is what was written');
  checkQuiet(complaints);
  await context.close();
}
