import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Actor } from '#domain';
import { type KeyEncryptionKeys, KeyFile, Keyring, VaultTransit } from '#secrets';
import { VaultFake } from '#secrets/testing';
import { openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { secretSources } from './open-secrets.ts';
import { prepareSealingKey, rewrapSecrets, rotateKeys } from './rotate-keys.ts';

const ADMIN: Actor = { kind: 'user', name: 'admin' };

let database: TestDatabase;
let store: Store;
let folder: string;
beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  folder = await mkdtemp(join(tmpdir(), 'waybill-open-secrets-'));
});
afterAll(async () => {
  await store.close();
  await database.stop();
  await rm(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  await store.db.sealingKey.updateMany({
    data: { state: 'retired', retiredAt: new Date(), wrapped: null, wrappedBy: null },
  });
});

/** No key stays in memory. */
const problemWith = (keys: KeyEncryptionKeys) =>
  secretSources(store, new Keyring({ keys, keepMs: 0 }), () => undefined).keysProblem();

describe('keys in Vault', () => {
  let vault: VaultFake;
  let keys: VaultTransit;
  beforeEach(async () => {
    vault = await VaultFake.start();
    const { address, token } = vault;
    const of = { mount: 'transit', key: 'waybill', timeoutMs: 500 };
    keys = new VaultTransit({ address, token: async () => token, ...of });
  });
  afterEach(() => vault.down());

  it('are no problem while it answers, and are one in its words while it does not', async () => {
    await prepareSealingKey(store, new Keyring({ keys }), ADMIN);
    expect(await problemWith(keys)).toBeUndefined();
    vault.mode = 'sealed';
    expect(await problemWith(keys)).toMatch(/^The keys are in Vault at .* \(Vault is sealed\)/);
    await vault.down();
    expect(await problemWith(keys)).toMatch(/cannot be reached/);
  });

  it('are asked for also before there is a key pair', async () => {
    expect(await problemWith(keys)).toBeUndefined();
    await vault.down();
    expect(await problemWith(keys)).toMatch(/cannot be reached/);
  });

  it('are not away where the pair was tampered with: that does not come back by waiting', async () => {
    await prepareSealingKey(store, new Keyring({ keys }), ADMIN);
    const pair = await store.db.sealingKey.findFirstOrThrow({ where: { state: 'current' } });
    const wrapped = Uint8Array.from(pair.wrapped!);
    wrapped[20] = wrapped[20] === 65 ? 66 : 65;
    await store.db.sealingKey.update({ where: { id: pair.id }, data: { wrapped } });
    expect(await problemWith(keys)).toBeUndefined();
  });
});

it('a rotation that passes between reading the pair and unwrapping it is no outage', async () => {
  const path = join(folder, 'secrets.key');
  const admins = new Keyring({ keys: await KeyFile.open(path, { mayCreate: true }), keepMs: 0 });
  await prepareSealingKey(store, admins, ADMIN);
  const keys = await KeyFile.open(path, { mayCreate: false });
  let passed = 0;
  const overtaken: KeyEncryptionKeys = {
    activeId: () => keys.activeId(),
    wrap: (...asked) => keys.wrap(...asked),
    rotate: () => keys.rotate(),
    retire: (needed) => keys.retire(needed),
    async unwrap(...asked) {
      if (passed++ === 0) {
        await rotateKeys(store, admins, ADMIN);
        await rewrapSecrets(store, admins, ADMIN);
      }
      // A process that has just started knows the keys of the file as it is now.
      return (await KeyFile.open(path, { mayCreate: false })).unwrap(...asked);
    },
  };
  expect(await problemWith(overtaken)).toBeUndefined();
  expect(passed).toBe(2);
});
