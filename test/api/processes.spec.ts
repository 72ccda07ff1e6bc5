import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createApiKey, loadIdentityKeys } from '#identity';
import { applyConfiguration, openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { aLocalEndpoint, aRoute } from '../support/builders.ts';
import { makeReady, WaybillProcess } from '../support/waybill-process.ts';

const ACTOR = { kind: 'user', name: 'test' } as const;

/** They have no other program, no thread, no library of the machine, and no code made of text. */
const LOCKED_IN = [
  `--import=${pathToFileURL(join(import.meta.dirname, 'support/refuse-programs.mjs')).href}`,
  '--disallow-code-generation-from-strings',
].join(' ');

const REFUSED = /REFUSED_HERE|EvalError/;

let database: TestDatabase;
let home: string;
/** Outside of the installation's own home, where no endpoint may be. */
let files: string;
const processes: WaybillProcess[] = [];
beforeAll(async () => {
  makeReady();
  database = await startTestDatabase();
  home = await mkdtemp(join(tmpdir(), 'waybill-processes-'));
  files = await mkdtemp(join(tmpdir(), 'waybill-files-'));
}, 180_000);
afterEach(() => {
  for (const one of processes.splice(0)) one.kill();
});
afterAll(async () => {
  await database?.stop();
  for (const folder of [home, files]) await rm(folder, { recursive: true, force: true });
});

function start(kind: string, environment: Record<string, string>): WaybillProcess {
  const one = new WaybillProcess([kind], { WAYBILL_HOME: home, WAYBILL_LOG_LEVEL: 'info', ...environment });
  processes.push(one);
  return one;
}

describe('an installation that may start no program (P6)', () => {
  let store: Store;
  afterAll(() => store?.close());

  it('does its whole work: a run over REST, planned, moved and told', async () => {
    store = await openStore({ url: database.appUrl });
    for (const folder of ['from', 'to']) await mkdir(join(files, folder), { recursive: true });
    await writeFile(join(files, 'from/a.csv'), 'content');
    const port = String(await freePort());
    const environment = { NODE_OPTIONS: LOCKED_IN, DATABASE_URL: database.appUrl, WAYBILL_PORT: port };
    const key = await makeAdminKey();
    await store.transaction((tx) =>
      applyConfiguration(
        tx,
        {
          partners: [],
          endpoints: [aLocalEndpoint('from', join(files, 'from')), aLocalEndpoint('to', join(files, 'to'))],
          routes: [aRoute('move', { endpoint: 'from', path: '/' }, { endpoint: 'to', path: '/' })],
        },
        { firstFire: () => null },
      ),
    );
    const kinds = ['api', 'scheduler', 'worker'];
    const all = kinds.map((kind) => start(kind, environment));
    await Promise.all(all.map((one, index) => saysRunning(one, kinds[index]!)));
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/routes/move/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      body: '{}',
    });
    expect(answer.status, await answer.clone().text()).toBe(202);
    const { id } = (await answer.json()) as { id: string };
    const ended = await fetch(`http://127.0.0.1:${port}/api/v1/runs/${id}?wait=30s`, {
      headers: { authorization: `Bearer ${key}` },
    });
    expect(await ended.json()).toMatchObject({ state: 'delivered' });
    expect(await readFile(join(files, 'to/a.csv'), 'utf8')).toBe('content');
    for (const one of all) expect([...one.output, ...one.complaints].join('\n')).not.toMatch(REFUSED);
  });

  it('and the lock is one: what needs a program of its own does not start there', async () => {
    const one = new WaybillProcess(['start'], {
      NODE_OPTIONS: LOCKED_IN,
      WAYBILL_HOME: join(home, 'embedded'),
      WAYBILL_PORT: '0',
    });
    processes.push(one);
    expect(await one.exit()).not.toBe(0);
    expect([...one.output, ...one.complaints].join('\n')).toMatch(REFUSED);
  });

  async function makeAdminKey(): Promise<string> {
    const keys = await loadIdentityKeys(home, store.db);
    return (await createApiKey(store, keys, { name: 'locked-in', role: 'admin', actor: ACTOR })).key;
  }
});

describe('an unsafe or half configuration (P1, K5, rows 66, 85)', () => {
  const app = () => ({ DATABASE_URL: database.appUrl });
  const long = randomBytes(20).toString('hex');
  const readable = () => join(home, 'readable.key');
  beforeAll(async () => {
    await writeFile(readable(), `${randomBytes(32).toString('base64')}\n`, { mode: 0o644 });
    const store = await openStore({ url: database.appUrl });
    const keys = await loadIdentityKeys(home, store.db);
    await createApiKey(store, keys, { name: 'somebody', role: 'viewer', actor: ACTOR });
    await store.close();
  });

  it.each<[string, string, () => Record<string, string>, RegExp]>([
    ['nothing at all', 'api', () => ({}), /needs DATABASE_URL/],
    ['nothing at all', 'scheduler', () => ({}), /needs DATABASE_URL/],
    ['nothing at all', 'worker', () => ({}), /needs DATABASE_URL/],
    ['a database without an address', 'api', () => ({ DATABASE_URL: '' }), /DATABASE_URL/],
    [
      'a secret from a file that is not there',
      'api',
      () => ({ DATABASE_URL_FILE: '/nowhere' }),
      /cannot be read/,
    ],
    ['the owner of the tables', 'api', () => ({ DATABASE_URL: database.ownerUrl }), /waybill_app/],
    ['a superuser', 'worker', () => ({ DATABASE_URL: database.superuserUrl }), /superuser/],
    [
      'four eyes that are neither open nor shut',
      'api',
      () => ({ ...app(), WAYBILL_FOUR_EYES: 'yes' }),
      /on or off/,
    ],
    [
      'an empty list of places to go',
      'worker',
      () => ({ ...app(), WAYBILL_EGRESS_ALLOW: '' }),
      /WAYBILL_EGRESS_ALLOW/,
    ],
    [
      'a legacy policy by half its name',
      'worker',
      () => ({ ...app(), WAYBILL_ALLOW_LEGACY: 'plain' }),
      /plain_ftp/,
    ],
    [
      'keys that are none',
      'worker',
      () => ({ ...app(), WAYBILL_KEYS: 'environment', WAYBILL_KEY: long }),
      /WAYBILL_KEY/,
    ],
    [
      'a key file that others may read',
      'worker',
      () => ({ ...app(), WAYBILL_KEY_FILE: readable() }),
      /readable\.key .*chmod 600/,
    ],
    [
      'a lost key of people and programs',
      'api',
      () => ({ ...app(), WAYBILL_HOME: join(home, 'restored') }),
      /api\.key is not there.*Restore it from a backup/,
    ],
    [
      'Vault in clear at a host that is only called like this machine',
      'worker',
      () => ({ ...app(), VAULT_ADDR: 'http://localhost.evil.example:8200' }),
      /VAULT_ADDR: .*https/,
    ],
    [
      'an identity provider in clear',
      'api',
      () => ({ ...app(), WAYBILL_OIDC_ISSUER: 'http://id.example', WAYBILL_OIDC_CLIENT_ID: 'waybill' }),
      /WAYBILL_OIDC/,
    ],
    ['Redis and no database', 'worker', () => ({ REDIS_URL: 'redis://127.0.0.1:1' }), /DATABASE_URL/],
  ])('%s starts no %s, in one line, and nothing listens', async (_, kind, environment, words) => {
    const port = String(await freePort());
    const one = start(kind, { WAYBILL_PORT: port, ...environment() });
    expect(await one.exit()).toBe(2);
    const said = one.complaints.filter((line) => line !== '');
    expect(said.join('\n')).toMatch(words);
    expect(said.length).toBeLessThanOrEqual(6);
    expect(said.join('\n')).not.toContain(long);
    expect(said.join('\n')).not.toMatch(/\n\s+at /);
    await expect(fetch(`http://127.0.0.1:${port}/api/v1/health/live`)).rejects.toThrow();
  });

  it('has no administrator and no way over the network to make one (P4)', async () => {
    const empty = await startTestDatabase();
    const store = await openStore({ url: empty.appUrl });
    try {
      const port = String(await freePort());
      const own = await mkdtemp(join(tmpdir(), 'waybill-first-'));
      const one = start('api', { DATABASE_URL: empty.appUrl, WAYBILL_PORT: port, WAYBILL_HOME: own });
      await saysRunning(one, 'api');
      const base = `http://127.0.0.1:${port}`;
      const json = { 'content-type': 'application/json' };
      for (const path of [
        '/setup',
        '/install',
        '/api/v1/setup',
        '/api/v1/users',
        '/api/v1/keys',
        '/api/v1/sign-in/first',
      ])
        for (const method of ['GET', 'POST', 'PUT']) {
          const body =
            method === 'GET' ? undefined : JSON.stringify({ name: 'admin', role: 'admin', password: long });
          const { status } = await fetch(`${base}${path}`, { method, headers: json, ...(body && { body }) });
          expect([401, 404], `${method} ${path}`).toContain(status);
        }
      for (const password of ['', 'admin', 'password', 'waybill', 'changeme', 'admin123']) {
        const body = JSON.stringify({ name: 'admin', password });
        const { status } = await fetch(`${base}/api/v1/sign-in`, { method: 'POST', headers: json, body });
        expect([400, 401, 429]).toContain(status);
      }
      expect([
        await store.db.user.count(),
        await store.db.apiKey.count(),
        await store.db.session.count(),
      ]).toEqual([0, 0, 0]);
      await rm(own, { recursive: true, force: true });
    } finally {
      for (const one of processes.splice(0)) one.kill();
      await store.close();
      await empty.stop();
    }
  });
});

async function saysRunning(one: WaybillProcess, kind: string): Promise<void> {
  const deadline = performance.now() + 40_000;
  while (![...one.output, ...one.complaints].some((line) => line.includes(`${kind} is running`))) {
    if (performance.now() > deadline)
      throw new Error(`${kind}: ${[...one.output, ...one.complaints].join('\n')}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const { port } = probe.address() as { port: number };
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
