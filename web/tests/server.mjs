// A real server with the demo, started for a test and stopped after it; and calls to its API, as another person would make them.

import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { edrConfig, startEdr } from './edr.mjs';
import { PROVIDER_SECRET, providerConfig, startProvider } from './provider.mjs';

export const PASSWORD = 'a long enough pass phrase 7';
const START_WITHIN_MS = 60_000;
/** Both scripted intrusions take 20 s to arrive, and are worked out while they do. */
const STORIES_WITHIN_MS = 120_000;

/** `options.demo: false` starts it empty; `options.configure(folder)` is more of its configuration. */
export async function startServer(quell, { demo = true, configure = () => '' } = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'quell-console-'));
  const port = await freePort();
  const edr = await startEdr();
  const provider = await startProvider();
  const secret = join(folder, 'provider-secret');
  writeFileSync(secret, PROVIDER_SECRET);
  const playbooks = join(folder, 'playbooks');
  mkdirSync(playbooks);
  cpSync(new URL('two-people.yaml', import.meta.url), join(playbooks, 'two-people.yaml'));
  // Passkeys belong to a name, not to an address.
  const origin = `http://localhost:${port}`;
  const parts = [`public_origin = "${origin}"\n`, edrConfig(edr.url, playbooks), providerConfig(provider.issuer, secret), configure(folder)];
  writeFileSync(join(folder, 'quell.toml'), parts.join(''));
  const process = spawn(quell, ['serve', ...(demo ? ['--demo'] : []), '--data', folder, '--listen', `127.0.0.1:${port}`]);
  let log = '';
  const heard = (bytes) => (log += bytes.toString());
  process.stdout.on('data', heard);
  process.stderr.on('data', heard);
  const stop = async () => {
    process.kill('SIGTERM');
    await new Promise((settle) => process.once('exit', settle));
    edr.stop();
    provider.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const server = { origin, stop, edr, log: () => log };
  const ended = new Promise((_, refuse) => process.once('exit', (code) => refuse(new Error(`the server ended (${code}):\n${log}`))));
  const link = until(() => /\/setup#(\S+)/.exec(log)?.[1], START_WITHIN_MS, 'the set-up link');
  server.setupSecret = await Promise.race([link, ended]);
  ended.catch(() => {});
  return server;
}

/** A person who speaks to the API with a session of their own. */
export class Person {
  constructor(server, cookie) {
    this.server = server;
    this.cookie = cookie;
  }

  async ask(method, path, body) {
    const answer = await fetch(this.server.origin + path, {
      method,
      headers: { 'content-type': 'application/json', origin: this.server.origin, cookie: this.cookie ?? '' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    this.answered = answer;
    return text === '' ? undefined : JSON.parse(text);
  }

  static async signedIn(server, login) {
    const person = new Person(server);
    await person.ask('POST', '/api/v1/session', { login, password: PASSWORD });
    person.cookie = person.answered.headers.get('set-cookie').split(';')[0];
    return person;
  }

  /** Invites somebody, who accepts. */
  async invite(login, role) {
    const { invitation_secret } = await this.ask('POST', '/api/v1/users', { login, display_name: login, role });
    await new Person(this.server).ask('POST', '/api/v1/invitations/accept', { secret: invitation_secret, password: PASSWORD });
    return Person.signedIn(this.server, login);
  }

  /** Waits until both intrusions of the demo are incidents, whole. */
  async awaitStories() {
    const both = async () => {
      const { items } = await this.ask('GET', '/api/v1/incidents?status=new,open&severity=critical');
      const { caught_up: caughtUp } = await this.ask('GET', '/api/v1/system');
      return caughtUp && items.length >= 2 && items.every((one) => one.techniques.length >= 8) ? items : undefined;
    };
    return until(both, STORIES_WITHIN_MS, 'both intrusions as incidents');
  }
}

export async function until(find, withinMs, what) {
  const end = Date.now() + withinMs;
  for (;;) {
    const found = await find();
    if (found) return found;
    if (Date.now() > end) throw new Error(`waited ${withinMs / 1000} s in vain for ${what}`);
    await new Promise((settle) => setTimeout(settle, 200));
  }
}

function freePort() {
  return new Promise((settle) => {
    const listener = createServer();
    listener.listen(0, '127.0.0.1', () => {
      const { port } = listener.address();
      listener.close(() => settle(port));
    });
  });
}
