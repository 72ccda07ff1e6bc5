import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '#domain';
import { type KeyEncryptionKeys, KeyFile, Keyring, sealSecret } from '#secrets';
import {
  currentSealingKey,
  findLiveSealingKeys,
  nextSecretVersion,
  openStore,
  putSecret,
  readSecret,
  type Store,
} from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { KeysInChange, prepareSealingKey, rewrapSecrets, rotateKeys } from './rotate-keys.ts';

const ADMIN: Actor = { kind: 'user', name: 'admin' };
const SECRETS = ['acme', 'beta', 'gamma'];
/** Without the lock, one or two are enough to lose a key. */
const ROUNDS = Number(process.env['WAYBILL_ROTATION_ROUNDS'] ?? 12);

let database: TestDatabase;
let folder: string;
let path: string;
/** One for each operator: processes share the database and the file, and nothing else. */
let stores: [Store, Store];
beforeAll(async () => {
  database = await startTestDatabase();
  stores = [await openStore({ url: database.appUrl }), await openStore({ url: database.appUrl })];
  folder = await mkdtemp(join(tmpdir(), 'waybill-rotate-keys-'));
});
afterAll(async () => {
  for (const store of stores) await store.close();
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});

let files = 0;
beforeEach(async () => {
  const { db } = stores[0];
  await db.secret.deleteMany();
  await db.sealingKey.updateMany({
    data: { state: 'retired', retiredAt: new Date(), wrapped: null, wrappedBy: null },
  });
  path = join(folder, `${++files}.key`);
  await KeyFile.open(path, { mayCreate: true });
  await prepareSealingKey(stores[0], await newKeyring(), ADMIN);
});

/** As a command opens it that starts now. */
const newKeyring = async () =>
  new Keyring({ keys: await KeyFile.open(path, { mayCreate: false }), keepMs: 0 });

/** The file, with steps at which something happens. */
async function keysWith(steps: (keys: KeyFile) => Partial<KeyEncryptionKeys>): Promise<Keyring> {
  const keys = await KeyFile.open(path, { mayCreate: false });
  const all: KeyEncryptionKeys = {
    activeId: () => keys.activeId(),
    wrap: (...asked) => keys.wrap(...asked),
    unwrap: (...asked) => keys.unwrap(...asked),
    rotate: () => keys.rotate(),
    retire: (needed) => keys.retire(needed),
  };
  return new Keyring({ keys: { ...all, ...steps(keys) }, keepMs: 0 });
}

async function setSecret(name: string): Promise<void> {
  await stores[0].transaction(async (tx) => {
    const key = await currentSealingKey(tx);
    const version = await nextSecretVersion(tx, name);
    await putSecret(tx, sealSecret(key!, name, version, `${name} ${version}`));
  });
}

/** With the file as it is now, and nothing that a process still has in memory. */
async function findLost(): Promise<string[]> {
  const keyring = await newKeyring();
  const { db } = stores[0];
  const lost: string[] = [];
  for (const pair of await findLiveSealingKeys(db))
    await keyring.openPair(pair).catch(() => lost.push(`${pair.state} ${pair.id} (${pair.wrappedBy})`));
  for (const name of SECRETS) {
    const row = await readSecret(db, name);
    if (row) await keyring.open(row.secret, row.key).catch(() => lost.push(name));
  }
  return lost;
}

/** Only "another one is under way" may keep a command from its work. */
function done(results: readonly PromiseSettledResult<unknown>[]): number {
  for (const result of results)
    if (result.status === 'rejected' && !(result.reason instanceof KeysInChange)) throw result.reason;
  return results.filter(({ status }) => status === 'fulfilled').length;
}

describe('nothing is lost', () => {
  it('when two operators rotate at the same time', async () => {
    for (let round = 0; round < ROUNDS; round++) {
      const keyrings = [await newKeyring(), await newKeyring()] as const;
      const both = await Promise.allSettled([
        rotateKeys(stores[0], keyrings[0], ADMIN),
        rotateKeys(stores[1], keyrings[1], ADMIN),
      ]);
      expect(done(both)).toBeGreaterThan(0);
      await setSecret(SECRETS[round % 3]!);
      expect(await findLost()).toEqual([]);
      if (round % 8 === 7) await rewrapSecrets(stores[0], await newKeyring(), ADMIN);
    }
  });

  it('when one rotates again and again while another one rewraps', async () => {
    let rotations = 0;
    for (let rewraps = 0; rewraps < ROUNDS; ) {
      await setSecret(SECRETS[rewraps % 3]!);
      let over = false;
      const rewrap = rewrapSecrets(stores[0], await newKeyring(), ADMIN).finally(() => {
        over = true;
      });
      const settled = Promise.allSettled([rewrap]);
      do {
        rotations += done(
          await Promise.allSettled([newKeyring().then((keyring) => rotateKeys(stores[1], keyring, ADMIN))]),
        );
      } while (!over);
      rewraps += done(await settled);
      expect(await findLost()).toEqual([]);
    }
    expect(rotations).toBeGreaterThan(0);
  });
});

it.each(['rotate', 'retire'] as const)(
  'while one is at the keys (%s), nobody else rotates or rewraps; afterwards one may',
  async (step) => {
    let meanwhile: PromiseSettledResult<unknown>[] = [];
    const atOnce = async () => {
      const other = await newKeyring();
      meanwhile = await Promise.allSettled([
        rotateKeys(stores[1], other, ADMIN),
        rewrapSecrets(stores[1], other, ADMIN),
      ]);
    };
    const held = await keysWith((keys) => ({
      rotate: step === 'rotate' ? () => atOnce().then(() => keys.rotate()) : () => keys.rotate(),
      retire: (needed) =>
        step === 'retire' ? atOnce().then(() => keys.retire(needed)) : keys.retire(needed),
    }));
    await setSecret('acme');
    await rotateKeys(stores[0], held, ADMIN);
    await rewrapSecrets(stores[0], held, ADMIN);
    const refused = { status: 'rejected', reason: expect.any(KeysInChange) };
    expect(meanwhile).toEqual([refused, refused]);
    expect(await findLost()).toEqual([]);
    await rotateKeys(stores[1], await newKeyring(), ADMIN);
    await rewrapSecrets(stores[1], await newKeyring(), ADMIN);
    expect(await findLost()).toEqual([]);
    expect(await readFile(path, 'utf8')).toMatch(/^[^\n]+\n$/);
  },
);

it('a new key that was overwritten at once seals nothing', async () => {
  const before = await readFile(path, 'utf8');
  const overwritten = await keysWith((keys) => ({
    async wrap(...asked) {
      const wrapped = await keys.wrap(...asked);
      // Somebody brings the file of another machine.
      await writeFile(path, before);
      return wrapped;
    },
  }));
  await expect(rotateKeys(stores[0], overwritten, ADMIN)).rejects.toThrow(KeysInChange);
  await setSecret('acme');
  expect(await findLost()).toEqual([]);
});

it('a rotation that began before another one ended wraps with the key of now, not with that of its start', async () => {
  const early = await newKeyring();
  await rotateKeys(stores[0], await newKeyring(), ADMIN);
  const { wrappedBy } = await rotateKeys(stores[1], early, ADMIN);
  const lines = (await readFile(path, 'utf8')).trim().split('\n');
  expect(lines).toHaveLength(3);
  expect(wrappedBy).toBe(await (await newKeyring()).keys.activeId());
});
