import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import { prepareSealingKey } from '#apps/worker';
import { SESSION_COOKIE } from '#contract';
import { createUser } from '#identity';
import { PASSWORD, settleUser } from '#identity/testing';
import { KeyFile, Keyring } from '#secrets';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { SAMPLE } from '../../apps/api/testing/sample-configuration.ts';
import { json, startTestApi, type TestApi } from '../../apps/api/testing/start-test-api.ts';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../support/builders.ts';
import { findCanaries, makeCanaries, readTables } from '../support/canaries.ts';
import { type Product, startProduct } from '../support/product.ts';
import { readSource } from '../support/read-imports.ts';
import { reachableFrom } from './support/built-code.ts';
import { restoreDump } from './support/restore-dump.ts';

const ACTOR = { kind: 'user', name: 'test' } as const;
const ONE_TRY = { maxAttempts: 1, firstDelayMs: 10, factor: 1, maxDelayMs: 10, jitter: 0 };
const [password, other] = makeCanaries(2) as [string, string];

let folder: string;
let api: TestApi;
let sim: PartnerSim;
let keyring: Keyring;
/** What the thief has of his own: a database server, key files, the whole program. */
let stolen: TestDatabase;
/** What lets people and programs in here. */
const credentials: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-dump-'));
  await mkdir(join(folder, 'partner/out'), { recursive: true });
  await writeFile(join(folder, 'partner/out/a.csv'), 'content');
  [api, stolen, sim] = await Promise.all([
    startTestApi(SAMPLE),
    startTestDatabase(),
    startPartnerSim({ root: join(folder, 'partner'), username: 'waybill', password }),
  ]);
  keyring = new Keyring({ keys: await KeyFile.open(join(folder, 'ours.key'), { mayCreate: true }) });
  await prepareSealingKey(api.store, keyring, ACTOR);
  for (const [name, value] of Object.entries({ 'partner-password': password, other }))
    expect((await api.call('PUT', `/api/v1/secrets/${name}`, api.keys.admin, json({ value }))).status).toBe(
      200,
    );
  await letPeopleIn();
  const before = await openProduct(api.database, keyring);
  expect((await before.run('pull')).state).toBe('delivered');
  await before.close();
  expect(await restoreDump(api.superuserUrl, stolen.superuserUrl)).toContain('secret');
}, 60_000);

afterAll(async () => {
  await api?.close();
  await sim?.close();
  await stolen?.stop();
  await rm(folder, { recursive: true, force: true });
});

async function openProduct(database: TestDatabase, keys: Keyring): Promise<Product> {
  const product = await startProduct({
    database: { ...database, stop: async () => undefined },
    keyring: keys,
    sweepMs: 100,
  });
  await mkdir(join(product.home, 'in'));
  await product.apply(
    [anEndpointAt(sim, { password: { secret: 'partner-password' } }), aLocalEndpoint('local', product.home)],
    [
      aRoute(
        'pull',
        { endpoint: 'partner', path: '/out' },
        { endpoint: 'local', path: '/in' },
        { retry: ONE_TRY },
      ),
    ],
  );
  return product;
}

async function letPeopleIn(): Promise<void> {
  const bench = { store: api.store, keys: api.identityKeys };
  const { token } = await settleUser(bench, { name: 'anna', role: 'admin' });
  const made = await createUser(
    api.store,
    api.identityKeys,
    { name: 'bert', role: 'viewer', partners: 'all' },
    ACTOR,
  );
  const begin = await api.call('POST', '/api/v1/me/second-factor', undefined, {
    ...json({ password: PASSWORD }),
    headers: {
      'content-type': 'application/json',
      cookie: `${SESSION_COOKIE}=${token}`,
      origin: api.url,
      'x-waybill-csrf': api.identityKeys.csrfTokenOf(token),
    },
  });
  const { secret } = JSON.parse(begin.text) as { secret: string };
  credentials.push(token, made.password, secret, PASSWORD, ...Object.values(api.keys));
}

describe('a dump of the database without the key (K2)', () => {
  it('holds no secret, no password, no key and no session, whatever one looks for', async () => {
    for (const url of [api.superuserUrl, stolen.superuserUrl]) {
      const tables = await readTables(url);
      expect(tables.includes('partner-password')).toBe(true);
      expect(findCanaries([password, other, ...credentials], { tables })).toEqual([]);
    }
  });

  it('restored elsewhere opens nothing: nobody hears of us, and the run says why', async () => {
    const heard = sim.commands.length;
    const theirs = new Keyring({ keys: await KeyFile.open(join(folder, 'theirs.key'), { mayCreate: true }) });
    const product = await openProduct(stolen, theirs);
    try {
      await writeFile(join(folder, 'partner/out/b.csv'), 'content');
      const { run } = await product.recorder.createRun({
        routeName: 'pull',
        trigger: 'operator',
        requestedBy: ACTOR,
      });
      await product.queue.ring({ runId: run.id, lane: 0 });
      await expect
        .poll(
          async () => (await product.store.db.run.findUniqueOrThrow({ where: { id: run.id } })).errorCode,
          {
            timeout: 20_000,
          },
        )
        .toBe('secret_unavailable');
      expect(sim.commands.length).toBe(heard);
    } finally {
      await product.close();
    }
    // With the key it is all there: it was the key that was missing, and nothing else.
    const again = await openProduct(stolen, keyring);
    expect((await again.run('pull')).state).toBe('delivered');
    await again.close();
  }, 60_000);

  it('lets nobody in with what stands in it', async () => {
    const { db } = api.store;
    const columns = await db.$queryRaw<{ value: string }[]>`
      SELECT encode(digest, 'hex') AS value FROM api_key UNION ALL
      SELECT encode(digest, 'hex') FROM session UNION ALL
      SELECT password_hash FROM user_account`;
    expect(columns.length).toBeGreaterThanOrEqual(6);
    for (const { value } of columns) {
      const text = Buffer.from(value, 'hex').toString('base64url');
      for (const said of [value, text, `wbk_${text}`, `wbs_${text}`]) {
        const bearer = { headers: { authorization: `Bearer ${said}` } };
        expect((await api.call('GET', '/api/v1/runs', undefined, bearer)).status).toBe(401);
        const cookie = { headers: { cookie: `${SESSION_COOKIE}=${said}` } };
        expect((await api.call('GET', '/api/v1/runs', undefined, cookie)).status).toBe(401);
      }
      const guess = json({ name: 'anna', password: value });
      expect([401, 429]).toContain((await api.call('POST', '/api/v1/sign-in', undefined, guess)).status);
    }
  });
});

describe('the api by itself (K2)', () => {
  it('cannot open what it has sealed: nothing that opens is asked for by any of its files', () => {
    const files = reachableFrom('apps/api/src/index.js').filter(
      ({ path }) => !path.startsWith('libs/secrets/'),
    );
    const names = files.flatMap(({ text }) =>
      readSource(text)
        .imports.filter(({ specifier }) => specifier === '#secrets')
        .flatMap(({ clause }) => clause.replace(/[{}]/g, '').split(',')),
    );
    const used = [...new Set(names.map((name) => name.trim()).filter((name) => name !== ''))];
    // Sealing to the public key; the file of the keys of identity, and what is wrapped with those: no key of secrets.
    expect(used.sort()).toEqual(['loadOrCreateKey', 'sealSecret', 'unwrapWith', 'wrapWith']);
  });

  it('has sealed all of this in a home without a key of secrets, and shows no value to anybody', async () => {
    const page = await api.call('GET', '/api/v1/secrets?limit=200', api.keys.admin);
    expect(findCanaries([password, other], { page: page.text, log: api.logged.join('') })).toEqual([]);
    for (const path of ['/secrets/other', '/secrets/other/value', '/secrets/other?reveal=true'])
      expect((await api.call('GET', `/api/v1${path}`, api.keys.admin)).status).toBe(404);
  });
});

describe('a ciphertext in another row (K4, row 82)', () => {
  it.each(['sealed_key', 'nonce', 'ciphertext', 'version', 'name'])(
    'with its %s exchanged opens for nobody',
    async (column) => {
      const { rows, back } = await exchange(column);
      expect(rows).toBe(2);
      const product = await openProduct(api.database, keyring);
      const heard = sim.commands.length;
      try {
        expect(await product.run('pull')).toMatchObject({ state: 'failed', errorCode: 'secret_unavailable' });
        expect(sim.commands.length).toBe(heard);
      } finally {
        await product.close();
        await back();
      }
    },
  );

  async function exchange(column: string) {
    const { db } = api.store;
    const before = await db.secret.findMany({ orderBy: { name: 'asc' } });
    const rows =
      column === 'name'
        ? await db.$executeRaw`
            UPDATE secret SET sealed_key = other.sealed_key, nonce = other.nonce, ciphertext = other.ciphertext, key_id = other.key_id
              FROM secret other WHERE other.name <> secret.name`
        : column === 'version'
          ? await db.$executeRaw`UPDATE secret SET version = version + 1`
          : column === 'nonce'
            ? await db.$executeRaw`UPDATE secret SET nonce = other.nonce FROM secret other WHERE other.name <> secret.name`
            : column === 'ciphertext'
              ? await db.$executeRaw`UPDATE secret SET ciphertext = other.ciphertext FROM secret other WHERE other.name <> secret.name`
              : await db.$executeRaw`UPDATE secret SET sealed_key = other.sealed_key FROM secret other WHERE other.name <> secret.name`;
    return {
      rows,
      async back() {
        for (const { name, version, sealedKey, nonce, ciphertext, keyId } of before)
          await db.secret.update({ where: { name }, data: { version, sealedKey, nonce, ciphertext, keyId } });
      },
    };
  }
});
