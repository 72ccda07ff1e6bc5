import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { openStore, type Store } from '../open-store.ts';
import {
  countSecretsToReseal,
  findLiveSealingKeys,
  findSecretsToReseal,
  isAnythingSealed,
  listSealingKeys,
  lockSealingKeys,
  putCurrentSealingKey,
  resealSecretRow,
  retireSealingKeys,
  rewrapSealingKeyRow,
} from './sealing-keys.ts';
import {
  currentSealingKey,
  deleteSecret,
  findSecret,
  findSecretOwners,
  findSecretUsers,
  listSecrets,
  nextSecretVersion,
  putSecret,
  readSecret,
  searchSecrets,
} from './secrets.ts';

let database: TestDatabase;
let store: Store;
beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
});
afterAll(async () => {
  await store.close();
  await database.stop();
});

const bytes = (length: number, of = length) => new Uint8Array(length).fill(of);
const key = (id: string, wrappedBy = 'file:1') => ({
  id,
  publicKey: bytes(32),
  wrapped: bytes(60),
  wrappedBy,
});
const secret = (name: string, keyId: string | null, version = 1) => ({
  name,
  version,
  keyId,
  sealedKey: bytes(80),
  nonce: bytes(12),
  ciphertext: bytes(30),
});
const put = (row: ReturnType<typeof secret>) => store.transaction((tx) => putSecret(tx, row));
const makeCurrent = (id: string) =>
  store.transaction(async (tx) => {
    await lockSealingKeys(tx);
    await putCurrentSealingKey(tx, key(id));
  });

describe('secrets and their keys', () => {
  test('are nothing before the first one', async () => {
    expect(await isAnythingSealed(store.db)).toBe(false);
    expect(await store.transaction(currentSealingKey)).toBeUndefined();
    await put(secret('legacy', null));
    expect(await isAnythingSealed(store.db)).toBe(true);
    expect(await readSecret(store.db, 'legacy')).toEqual({ secret: secret('legacy', null), key: null });
    expect(await readSecret(store.db, 'none')).toBeNull();
  });

  test('a row comes with its key, as the bytes they were', async () => {
    await makeCurrent('sk-1');
    expect(await store.transaction(currentSealingKey)).toEqual({ id: 'sk-1', publicKey: bytes(32) });
    await put(secret('a', 'sk-1'));
    await put(secret('a', 'sk-1', 2));
    expect(await readSecret(store.db, 'a')).toEqual({ secret: secret('a', 'sk-1', 2), key: key('sk-1') });
    expect(await store.transaction((tx) => nextSecretVersion(tx, 'a'))).toBe(3);
    expect(await store.transaction((tx) => nextSecretVersion(tx, 'new'))).toBe(1);
  });

  test('are listed in pages, by name and without a byte of what is sealed', async () => {
    const first = await searchSecrets(store.db, { limit: 1 });
    expect(first.items).toEqual([
      {
        name: 'a',
        version: 2,
        keyId: 'sk-1',
        partner: null,
        createdAt: expect.any(Date),
        updatedAt: expect.any(Date),
      },
    ]);
    const second = await searchSecrets(store.db, { limit: 1, cursor: first.nextCursor! });
    expect([second.items.map(({ name }) => name), second.nextCursor]).toEqual([['legacy'], null]);
    await expect(searchSecrets(store.db, { cursor: 'x' })).rejects.toThrow('cursor');
    expect((await listSecrets(store.db)).map(({ name }) => name)).toEqual(['a', 'legacy']);
  });

  test('an old key stays while a row needs it, and then loses its private half for ever', async () => {
    await makeCurrent('sk-2');
    expect(await countSecretsToReseal(store.db, 'sk-2')).toBe(2);
    expect((await findSecretsToReseal(store.db, 'sk-2', '')).map(({ name }) => name)).toEqual([
      'a',
      'legacy',
    ]);
    const retire = () =>
      store.transaction(async (tx) => {
        await lockSealingKeys(tx);
        return retireSealingKeys(tx);
      });
    expect(await retire()).toEqual([]);
    const moved = { ...secret('a', 'sk-2', 2), sealedKey: bytes(80, 7) };
    expect(await store.transaction((tx) => resealSecretRow(tx, moved, 'sk-9'))).toBe(false);
    expect(await store.transaction((tx) => resealSecretRow(tx, moved, 'sk-1'))).toBe(true);
    expect(await retire()).toEqual(['sk-1']);
    expect(await findLiveSealingKeys(store.db)).toEqual([{ ...key('sk-2'), state: 'current' }]);
    expect(await listSealingKeys(store.db)).toMatchObject([
      { id: 'sk-2', state: 'current', wrappedBy: 'file:1', secrets: 1, retiredAt: null },
      { id: 'sk-1', state: 'retired', wrappedBy: null, secrets: 0, retiredAt: expect.any(Date) },
    ]);
    // A row that is put back under the retired key has no key any more.
    await put(secret('a', 'sk-1', 2));
    expect((await readSecret(store.db, 'a'))?.key).toBeNull();
  });

  test('a wrapping that has changed since is not written over', async () => {
    const rewrapped = key('sk-2', 'vault:1');
    expect(await store.transaction((tx) => rewrapSealingKeyRow(tx, rewrapped, 'file:9'))).toBe(false);
    expect(await store.transaction((tx) => rewrapSealingKeyRow(tx, rewrapped, 'file:1'))).toBe(true);
  });

  test('rotation waits for whoever is sealing', async () => {
    const { promise: sealing, resolve: seal } = Promise.withResolvers<void>();
    const { promise: mayEnd, resolve: end } = Promise.withResolvers<void>();
    const order: string[] = [];
    const writer = store.transaction(async (tx) => {
      await currentSealingKey(tx);
      seal();
      await mayEnd;
      await putSecret(tx, secret('late', 'sk-2'));
      order.push('written');
    });
    await sealing;
    const rotation = makeCurrent('sk-3').then(() => order.push('rotated'));
    // The database says that it waits.
    for (;;) {
      const [row] = await store.db.$queryRaw<{ waiting: number }[]>`
        SELECT count(*)::int AS waiting FROM pg_locks WHERE locktype = 'advisory' AND NOT granted`;
      if (row!.waiting > 0) break;
    }
    end();
    await Promise.all([writer, rotation]);
    expect(order).toEqual(['written', 'rotated']);
    expect((await readSecret(store.db, 'late'))?.key).toEqual(key('sk-2', 'vault:1'));
  });

  test('there are never two current keys, nor a retired one with a private half', async () => {
    await expect(
      store.db.sealingKey.create({ data: { ...key('sk-x'), state: 'current' } }),
    ).rejects.toThrow();
    await expect(
      store.db.sealingKey.create({ data: { ...key('sk-y'), state: 'retired', retiredAt: new Date() } }),
    ).rejects.toThrow();
  });

  test('a deleted one is gone', async () => {
    expect(await store.transaction((tx) => deleteSecret(tx, 'late'))).toBe(true);
    expect(await store.transaction((tx) => deleteSecret(tx, 'late'))).toBe(false);
  });

  test("are a partner's or everybody's, and stay so when a new value says nothing of it", async () => {
    await store.db.partner.create({ data: { name: 'acme' } });
    const set = (name: string, version: number, partner?: string | null) =>
      store.transaction((tx) => putSecret(tx, secret(name, null, version), partner));
    await set('bound', 1, 'acme');
    await set('free', 1);
    await set('bound', 2);
    expect(await findSecretOwners(store.db, ['bound', 'free', 'absent'])).toEqual(
      new Map([
        ['bound', 'acme'],
        ['free', null],
      ]),
    );
    await set('bound', 3, null);
    expect(await findSecret(store.db, 'bound')).toMatchObject({ version: 3, partner: null });
    expect(await findSecret(store.db, 'absent')).toBeUndefined();
    await expect(set('bound', 4, 'nobody')).rejects.toThrow();
  });

  test('are used by the endpoints that refer to them, and not by those that only look so', async () => {
    const make = (name: string, settings: object) =>
      store.db.endpoint.create({ data: { name, protocol: 'ftps', settings } });
    await make('refers', { tls: { clientCertificate: { pkcs12: { secret: 'wanted' } } } });
    await make('similar', { password: { secret: 'wanted2' } });
    await make('quotes', { username: '"secret": "wanted"', password: { env: 'wanted' } });
    expect(await findSecretUsers(store.db, 'wanted')).toEqual([{ name: 'refers', partner: null }]);
  });
});
