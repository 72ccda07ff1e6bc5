import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import { prepareSealingKey, rewrapSecrets, rotateKeys } from '#apps/worker';
import { doorbellOf } from '#audit';
import { storeSecret } from '#configuration';
import type { Actor } from '#domain';
import { KeyFile, KeyPlaces, Keyring, VaultTransit } from '#secrets';
import { VaultFake } from '#secrets/testing';
import { listSealingKeys } from '#store';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';

/** More of it: WAYBILL_ROTATION_TRANSFERS=10000. */
const TRANSFERS = Number(process.env['WAYBILL_ROTATION_TRANSFERS'] ?? 2_000);
const FILES_EACH = 50;
const ROTATION_MS = 400_000 * Math.max(1, TRANSFERS / 2_000);
/** How long Vault is away at least: WAYBILL_OUTAGE_MS=600000. */
const OUTAGE_MS = Number(process.env['WAYBILL_OUTAGE_MS'] ?? 0);

const ADMIN: Actor = { kind: 'user', name: 'admin' };

let folder: string;
let password: string;
let product: Product;
let sim: PartnerSim;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-secret-keys-'));
  password = `pw-${randomBytes(12).toString('hex')}`;
});
afterEach(async () => {
  await product?.close();
  await sim?.close();
  await rm(folder, { recursive: true, force: true });
});

/** The product with a partner whose password is the stored secret `acme-password`; `routes` pull from `/out/<route>`. */
async function start(keyring: Keyring, routes: readonly string[], filesEach: number): Promise<void> {
  product = await startProduct({ keyring, sweepMs: 200 });
  await prepareSealingKey(product.store, keyring, ADMIN);
  await storeSecret(product.store, ADMIN, 'acme-password', password);
  for (const route of routes) {
    await mkdir(join(product.home, 'partner/out', route), { recursive: true });
    await mkdir(join(product.home, 'local', route), { recursive: true });
    for (let index = 0; index < filesEach; index++)
      await writeFile(join(product.home, 'partner/out', route, `${index}.csv`), randomBytes(500));
  }
  sim = await startPartnerSim({ root: join(product.home, 'partner'), username: 'waybill', password });
  await product.apply(
    [
      anEndpointAt(sim, { password: { secret: 'acme-password' }, maxSessions: 16 }),
      aLocalEndpoint('local', join(product.home, 'local')),
    ],
    routes.map((route) =>
      aRoute(
        route,
        { endpoint: 'partner', path: `/out/${route}` },
        { endpoint: 'local', path: `/${route}` },
        // No lane waits for a session of another one: each has its own login, and its own look at the secret.
        { lanes: 1, retry: { maxAttempts: 1, firstDelayMs: 100, factor: 2, maxDelayMs: 1_000, jitter: 0 } },
      ),
    ),
  );
}

async function trigger(routeName: string): Promise<string> {
  const { run } = await product.recorder.createRun({ routeName, trigger: 'operator', requestedBy: ADMIN });
  await product.queue.ring(doorbellOf(run));
  return run.id;
}

const logins = () => sim.commands.filter(({ verb }) => verb === 'PASS').length;
const runOf = (id: string) => product.store.db.run.findUniqueOrThrow({ where: { id } });
const eventsOf = async (runId: string) =>
  (await product.store.db.auditEvent.findMany({ where: { runId }, orderBy: { id: 'asc' } })).map(
    ({ action }) => action,
  );

describe('rotation (K3)', () => {
  it(
    `three times during ${TRANSFERS.toLocaleString('en')} transfers fails none of them, and leaves nothing under an old key`,
    async () => {
      const path = join(folder, 'secrets.key');
      const file = await KeyFile.open(path, { mayCreate: true });
      // Another process's view of the same file, which keeps no key in memory: each login unwraps.
      const workers = await KeyFile.open(path, { mayCreate: false });
      const keyring = new Keyring({ keys: new KeyPlaces('file', { file: workers }), keepMs: 0 });
      const admins = new Keyring({ keys: new KeyPlaces('file', { file }) });
      const routes = Array.from({ length: TRANSFERS / FILES_EACH }, (_, index) => `r${index}`);
      await start(keyring, routes, FILES_EACH);
      const firstKey = await readFile(path, 'utf8');
      const runs = await Promise.all(routes.map(trigger));
      let rotations = 0;
      let over = false;
      const work = (async () => {
        const finished = await Promise.all(runs.map((id) => product.finished(id, ROTATION_MS)));
        over = true;
        return finished;
      })();
      while ((!over && rotations < 6) || rotations < 3) {
        const { secretsToRewrap, keyId } = await rotateKeys(product.store, admins, ADMIN);
        expect(secretsToRewrap).toBe(1);
        // The api sets the secret anew meanwhile: sealed to the key that is current then.
        if (rotations % 2 === 0) await storeSecret(product.store, ADMIN, 'acme-password', password);
        expect(await rewrapSecrets(product.store, admins, ADMIN)).toMatchObject({
          keyId,
          refused: [],
          secretsToRewrap: 0,
        });
        rotations++;
        const before = logins();
        await vi.waitUntil(() => over || logins() > before, { timeout: ROTATION_MS, interval: 20 });
      }
      const finished = await work;
      const transfers = finished.flatMap((run) => run.transfers);
      expect(
        transfers.filter(({ state, attemptCount }) => state !== 'delivered' || attemptCount !== 1),
      ).toEqual([]);
      expect(transfers).toHaveLength(TRANSFERS);
      expect(rotations).toBeGreaterThanOrEqual(3);
      const keys = await listSealingKeys(product.store.db);
      expect(keys.map(({ state, secrets }) => [state, secrets])).toEqual([
        ['current', 1],
        ...Array.from({ length: rotations }, () => ['retired', 0]),
      ]);
      // The first key-encryption key has left the file.
      expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(1);
      expect(await readFile(path, 'utf8')).not.toBe(firstKey);
    },
    ROTATION_MS,
  );
});

describe('Vault away (K6)', () => {
  it(
    'running transfers go on, new runs wait and say why, and nothing falls back',
    async () => {
      const vault = await VaultFake.start();
      const keys = new VaultTransit({
        address: vault.address,
        mount: 'transit',
        key: 'waybill',
        token: async () => vault.token,
        timeoutMs: 500,
      });
      await start(new Keyring({ keys, keepMs: 0 }), ['running', 'waiting'], 10);
      sim.faults = { replyDelayMs: 100 };
      const running = await trigger('running');
      await vi.waitUntil(() => sim.commands.some(({ verb }) => verb === 'RETR'), { timeout: 20_000 });
      await vault.down();
      const awayUntil = performance.now() + OUTAGE_MS;
      const waiting = await trigger('waiting');
      await vi.waitUntil(async () => (await runOf(waiting)).errorCode === 'secret_unavailable', {
        timeout: 20_000,
        interval: 50,
      });
      sim.faults = {};
      expect((await product.finished(running)).state).toBe('delivered');
      const asItWaits = await runOf(waiting);
      expect(asItWaits).toMatchObject({ state: 'queued', planAttempts: 0, planned: false });
      expect(asItWaits.errorDetail).toBe('The keys of its secrets are away.');
      const loginsBefore = logins();
      // Several more looks, and still nobody has logged in and no attempt is counted.
      const looked = asItWaits.notBefore.getTime();
      await vi.waitUntil(async () => (await runOf(waiting)).notBefore.getTime() > looked, {
        timeout: 20_000,
        interval: 50,
      });
      while (performance.now() < awayUntil)
        await new Promise((resolve) => setTimeout(resolve, Math.min(1_000, OUTAGE_MS)));
      expect(logins()).toBe(loginsBefore);
      expect(await runOf(waiting)).toMatchObject({ state: 'queued', planAttempts: 0 });
      await vault.up();
      const finished = await product.finished(waiting);
      expect(finished).toMatchObject({ state: 'delivered', errorCode: null });
      expect(finished.transfers.map(({ attemptCount }) => attemptCount)).toEqual(Array(10).fill(1));
      const events = await eventsOf(waiting);
      expect(events.filter((action) => action === 'run.waits_for_keys')).toHaveLength(1);
      expect(events.filter((action) => action === 'run.secrets_available')).toHaveLength(1);
      await vault.down();
    },
    120_000 + 2 * OUTAGE_MS,
  );
});

describe('a row that was tampered with (row 82)', () => {
  it('is refused before anybody is dialled, and not tried again', async () => {
    const file = await KeyFile.open(join(folder, 'secrets.key'), { mayCreate: true });
    const keyring = new Keyring({ keys: file, keepMs: 0 });
    await start(keyring, ['pull'], 1);
    await storeSecret(product.store, ADMIN, 'other', randomBytes(20).toString('hex'));
    const { db } = product.store;
    const other = await db.secret.findUniqueOrThrow({ where: { name: 'other' } });
    const { sealedKey, nonce, ciphertext } = other;
    await db.secret.update({ where: { name: 'acme-password' }, data: { sealedKey, nonce, ciphertext } });
    const run = await product.run('pull');
    expect(run).toMatchObject({
      state: 'failed',
      errorCode: 'secret_unavailable',
      errorDetail: expect.stringMatching(/"acme-password" \(version 1\) is not as it was stored/),
    });
    expect(logins()).toBe(0);
    // Rotation says so too, and takes the others along.
    await rotateKeys(product.store, keyring, ADMIN);
    expect(await rewrapSecrets(product.store, keyring, ADMIN)).toMatchObject({
      refused: ['acme-password'],
      resealed: 1,
      secretsToRewrap: 1,
      retiredKeys: [],
    });
  });
});
