import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { openStore, type Store, StoreUnavailable } from './index.ts';

let database: TestDatabase;
let frozen: Store;
let awake: Store;

beforeAll(async () => {
  database = await startTestDatabase();
  frozen = await openStore({ url: database.appUrl, idleTransactionMs: 300 });
  awake = await openStore({ url: database.appUrl });
  await awake.transaction((tx) => tx.partner.create({ data: { name: 'acme' } }));
});

afterAll(async () => {
  await frozen.close();
  await awake.close();
  await database.stop();
});

// A process that stands still (SIGSTOP, a suspended machine) keeps its connection, and with it every lock.
it('ends a transaction whose process stands still, so that others get its rows', async () => {
  const taken = Promise.withResolvers<void>();
  const wakes = Promise.withResolvers<void>();
  const standing = frozen.transaction(async (tx) => {
    await tx.$executeRaw`UPDATE partner SET created_at = to_timestamp(1) WHERE name = 'acme'`;
    taken.resolve();
    await wakes.promise;
    await tx.$executeRaw`UPDATE partner SET created_at = to_timestamp(2) WHERE name = 'acme'`;
  });
  standing.catch(() => undefined);
  await taken.promise;
  await awake.transaction(
    (tx) => tx.$executeRaw`UPDATE partner SET created_at = to_timestamp(3) WHERE name = 'acme'`,
  );

  wakes.resolve();
  await expect(standing).rejects.toBeInstanceOf(StoreUnavailable);
  const partner = await awake.db.partner.findFirstOrThrow({ where: { name: 'acme' } });
  expect(partner.createdAt).toEqual(new Date(3_000));
  // The store itself goes on.
  expect(await frozen.db.partner.count()).toBe(1);
});
