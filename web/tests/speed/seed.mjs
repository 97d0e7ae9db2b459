// Fills an empty server through its API with as much as a busy team has: many incidents, one with many alerts, one with a long
// timeline, and one that Quell found itself.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { PASSWORD, Person, until } from '../server.mjs';

export const INCIDENTS = 15_000;
export const ALERTS = 10_000;
export const ITEMS = 10_000;
/** Each is in the title of every fortieth incident, so that a search for it finds some hundred. */
export const WORDS = [
  'beacon', 'implant', 'macro', 'phishing', 'ransom', 'keylogger', 'rootkit', 'webshell', 'exfiltration', 'lateral',
  'kerberoast', 'mimikatz', 'sideload', 'tunnel', 'proxy', 'botnet', 'worm', 'dropper', 'loader', 'stealer',
  'miner', 'backdoor', 'spray', 'stuffing', 'hijack', 'injection', 'overflow', 'traversal', 'bypass', 'escalation',
  'persistence', 'scheduled', 'registry', 'service', 'credential', 'token', 'bucket', 'container', 'firmware', 'supplier',
];
const LEVELS = ['informational', 'low', 'medium', 'high', 'critical'];
const KINDS = ['event', 'finding', 'decision', 'action', 'message'];
const SCENARIO = 'cloud-credential-theft';
const EVENT = 'quell.speed.test';
const RULE = `title: Account used by the test of speed
id: 5e1f7a52-6f0e-4c9d-9d53-0d2b8a6c1e11
status: test
logsource: {product: okta, service: okta}
detection:
  sel: {eventType: ${EVENT}}
  condition: sel
level: low
tags: [attack.initial-access, attack.t1078]
`;
/** Alerts are one group if one rule raised them about one thing; each account has so many. */
const ALERTS_PER_ACCOUNT = 5;
const AT_ONCE = 16;
const START = Date.parse('2026-11-01T00:00:00Z');
const MATCHED_WITHIN_MS = 300_000;
const SETTLED_WITHIN_MS = 120_000;

/** Configuration that brings the rule. */
export function withRule(folder) {
  const rules = join(folder, 'own-rules');
  mkdirSync(rules);
  writeFileSync(join(rules, 'speed.yml'), RULE);
  return `\n[rules]\nfolders = ["${rules}"]\n`;
}

/** Makes the first account and all data; the answer names what is to be looked at. */
export async function fill(quell, server, tell) {
  const ada = new Person(server);
  await ada.ask('POST', '/api/v1/setup', { secret: server.setupSecret, login: 'ada', display_name: 'Ada', password: PASSWORD });
  ada.cookie = ada.answered.headers.get('set-cookie').split(';')[0];
  const token = await tokenOf(ada);
  const found = await timed(tell, 'an incident that Quell found', () => scenario(quell, server, ada, token));
  const alerted = await timed(tell, `${ALERTS.toLocaleString('en')} alerts of one incident`, () => alerts(server, ada, token));
  await timed(tell, `${INCIDENTS.toLocaleString('en')} incidents`, () => incidents(ada));
  const long = await timed(tell, `a timeline of ${ITEMS.toLocaleString('en')} items`, () => timeline(ada));
  await until(async () => (await ada.ask('GET', '/api/v1/system')).caught_up, SETTLED_WITHIN_MS, 'the server to catch up');
  const { total, at_least: more } = await ada.ask('GET', '/api/v1/incidents/counts');
  const detail = await ada.ask('GET', `/api/v1/incidents/${alerted}`);
  tell(`there are ${more ? 'at least ' : ''}${total} incidents, ${detail.incident.alerts} alerts in ${alerted}`);
  return { ada, found, alerted, long };
}

async function timed(tell, what, run) {
  const began = Date.now();
  const made = await run();
  tell(`${what}: filled in ${((Date.now() - began) / 1000).toFixed(0)} s`);
  return made;
}

async function tokenOf(ada) {
  const expires_at = new Date(Date.now() + 86_400_000).toISOString();
  return (await ada.ask('POST', '/api/v1/account/tokens', { label: 'speed', rights: ['intake:write'], expires_at })).secret;
}

async function deliver(server, token, path, body) {
  const answer = await fetch(`${server.origin}/api/v1/intake/${path}`, { method: 'POST', headers: { authorization: `Bearer ${token}` }, body });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`intake ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** A scripted intrusion as its products would have written it. */
async function scenario(quell, server, ada, token) {
  const folder = mkdtempSync(join(tmpdir(), 'quell-speed-'));
  execFileSync(quell, ['scenario', 'render', SCENARIO, '--background', '5', '--out', folder]);
  const logs = join(folder, 'logs');
  for (const entry of readdirSync(logs, { recursive: true, withFileTypes: true })) {
    if (entry.isFile()) await deliver(server, token, 'scenario/file', readFileSync(join(entry.parentPath, entry.name)));
  }
  rmSync(folder, { recursive: true });
  const whole = async () => {
    const { items } = await ada.ask('GET', '/api/v1/incidents?severity=critical&limit=1');
    return (await ada.ask('GET', '/api/v1/system')).caught_up ? items[0]?.id : undefined;
  };
  return until(whole, MATCHED_WITHIN_MS, 'the incident of the scenario');
}

async function alerts(server, ada, token) {
  const records = Array.from({ length: ALERTS }, (_, index) => record(index));
  const { accepted } = await deliver(server, token, 'okta', records.map((each) => JSON.stringify(each)).join('\n'));
  if (accepted !== ALERTS) throw new Error(`${accepted} of ${ALERTS} records were accepted`);
  const raised = async () => (await ada.ask('GET', '/api/v1/alerts/counts?source=okta')).total >= ALERTS;
  await until(raised, MATCHED_WITHIN_MS, `${ALERTS} alerts`);
  // Naming one brings its whole group.
  const ofGroups = new Map();
  for (let cursor = ''; cursor !== null; ) {
    const page = await ada.ask('GET', `/api/v1/alerts?source=okta&limit=500${cursor && `&cursor=${encodeURIComponent(cursor)}`}`);
    for (const { group, id } of page.items) ofGroups.set(group, id);
    cursor = page.next ?? null;
  }
  const id = await report(ada, 'One intruder in ten thousand sign-ins', 'high');
  for (const some of portions([...ofGroups.values()], 500)) {
    await ada.ask('POST', `/api/v1/incidents/${id}/alerts`, { alerts: some, reason: 'The same intruder' });
  }
  return id;
}

function record(index) {
  const account = `user${Math.floor(index / ALERTS_PER_ACCOUNT)}@example.com`;
  return {
    uuid: `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`,
    published: new Date(START + index * 1_000).toISOString(),
    eventType: EVENT,
    severity: 'INFO',
    displayMessage: `A sign-in, the ${index}th`,
    actor: { id: `00u${index}`, type: 'User', alternateId: account, displayName: account },
    client: { userAgent: { rawUserAgent: 'Mozilla/5.0 (X11; Linux x86_64)' }, ipAddress: `203.0.113.${index % 250}` },
    outcome: { result: 'SUCCESS', reason: null },
    target: [],
  };
}

/** Two thirds are worked off, so that every status finds thousands. */
async function incidents(ada) {
  const ids = await each(INCIDENTS, (index) => {
    const title = `${WORDS[index % WORDS.length]} on host-${(index * 7919) % 900} of site ${index % 23}, case ${index}`;
    const severity = LEVELS[(index * 31) % LEVELS.length];
    return report(ada, title, severity);
  });
  for (const [number, some] of portions(ids, 500).entries()) {
    const status = ['open', 'resolved', 'false_positive'][number % 3];
    if (status !== 'open') await ada.ask('POST', '/api/v1/incidents/bulk', { ids: some, change: { status, reason: 'Looked into' } });
  }
}

async function timeline(ada) {
  const id = await report(ada, 'An intrusion of many months', 'critical');
  const items = Array.from({ length: ITEMS }, (_, index) => ({
    kind: KINDS[index % KINDS.length],
    at: new Date(START + index * 60_000).toISOString(),
    title: `Step ${index}: ${WORDS[index % WORDS.length]} on host-${index % 300}`,
    // Not all are equally high, as they are not in life.
    text: index % 3 === 0 ? `Seen by **somebody** in the log of host-${index % 300}.\n\n- first\n- second` : null,
    references: index % 4 === 0 ? [{ elsewhere: `log of host-${index % 300}, line ${index}` }] : [],
  }));
  for (const some of portions(items, 250)) await ada.ask('POST', `/api/v1/incidents/${id}/timeline`, { items: some });
  return id;
}

async function report(ada, title, severity) {
  return (await ada.ask('POST', '/api/v1/incidents', { title, severity, reason: 'Reported by phone' })).incident.id;
}

function portions(all, size) {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, index) => all.slice(index * size, (index + 1) * size));
}

/** Runs it for 0 to `count`, so many at once. */
async function each(count, run) {
  const made = new Array(count);
  let next = 0;
  const work = async () => {
    while (next < count) {
      const index = next++;
      made[index] = await run(index);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return made;
}
