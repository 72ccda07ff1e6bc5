import { once } from 'node:events';
import { createServer } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { openStore, type Store, StoreUnavailable, WriteConflict } from './index.ts';

let database: TestDatabase;
let store: Store;
let admin: pg.Client;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  admin = new pg.Client({ connectionString: database.superuserUrl });
  await admin.connect();
  await store.transaction((tx) => tx.partner.createMany({ data: [{ name: 'a' }, { name: 'b' }] }));
});
afterAll(async () => {
  await admin.end();
  await store.close();
  await database.stop();
});

async function backend(db: Store['db']): Promise<number> {
  const rows = await db.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
  return rows[0]!.pid;
}

/** Returns when the backend is gone, and its client has heard of it: the socket's end came before the answer here. */
async function terminate(pid: number): Promise<void> {
  await admin.query('SELECT pg_terminate_backend($1, 5000)', [pid]);
  await setImmediate();
}

describe('a transaction', () => {
  test('happens whole or not at all', async () => {
    const failure = new Error('change of mind');
    const act = store.transaction(async (tx) => {
      await tx.partner.create({ data: { name: 'c' } });
      throw failure;
    });
    await expect(act).rejects.toBe(failure);
    expect(await store.db.partner.count({ where: { name: 'c' } })).toBe(0);
  });

  /** Two transactions that update in opposite order: one of them has to give way. */
  async function collide(touch: (tx: Store['db'], name: string) => Promise<unknown>): Promise<number> {
    let tries = 0;
    let arrived = 0;
    let open: () => void;
    const bothHoldOne = new Promise<void>((resolve) => {
      open = resolve;
    });
    const update = (first: string, second: string) =>
      store.transaction(async (tx) => {
        tries++;
        await touch(tx, first);
        if (++arrived === 2) open();
        await bothHoldOne;
        await touch(tx, second);
      });
    await Promise.all([update('a', 'b'), update('b', 'a')]);
    return tries;
  }

  test('in a deadlock gives way and is tried again, whether it spoke through models or in SQL', async () => {
    const now = new Date();
    expect(
      await collide((tx, name) => tx.partner.update({ where: { name }, data: { createdAt: now } })),
    ).toBeGreaterThan(2);
    expect(
      await collide((tx, name) => tx.$executeRaw`UPDATE partner SET created_at = now() WHERE name = ${name}`),
    ).toBeGreaterThan(2);
  });

  test('that always conflicts is given up in the end', async () => {
    let tries = 0;
    const act = store.transaction(async (tx) => {
      tries++;
      await tx.$executeRaw`DO $$ BEGIN RAISE EXCEPTION 'again' USING ERRCODE = 'serialization_failure'; END $$`;
    });
    await expect(act).rejects.toThrow(WriteConflict);
    expect(tries).toBe(5);
  });

  test.each<[string, (tx: Store['db']) => Promise<unknown>]>([
    ['a query', (tx) => tx.partner.count()],
    ['raw SQL', (tx) => tx.$queryRaw`SELECT 1`],
    ['its commit', async () => undefined],
  ])('whose connection is lost before %s fails as StoreUnavailable', async (_, then) => {
    const act = store.transaction(async (tx) => {
      await terminate(await backend(tx));
      await then(tx);
    });
    await expect(act).rejects.toThrow(StoreUnavailable);
    expect(await store.db.partner.count()).toBe(2);
  });

  test('whose connection is lost during a statement fails as StoreUnavailable', async () => {
    const act = store.transaction(async (tx) => {
      const pid = await backend(tx);
      await Promise.all([
        tx.$queryRaw`SELECT pg_sleep(20)::text`,
        admin.query('SELECT pg_terminate_backend($1)', [pid]),
      ]);
    });
    await expect(act).rejects.toThrow(StoreUnavailable);
  });
});

test('idle connections that the server ends harm nobody', async () => {
  await Promise.all(Array.from({ length: 5 }, () => store.now()));
  await admin.query(
    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = 'waybill_app'",
  );
  await setImmediate();
  expect(Math.abs((await store.now()).getTime() - Date.now())).toBeLessThan(60_000);
});

describe('a database that', () => {
  test('is down is StoreUnavailable to every question', async () => {
    const other = await startTestDatabase();
    const opened = await openStore({ url: other.appUrl });
    await other.stop();
    await expect(opened.transaction((tx) => tx.partner.count())).rejects.toThrow(StoreUnavailable);
    await expect(opened.db.partner.count()).rejects.toThrow(StoreUnavailable);
    await expect(opened.now()).rejects.toThrow(StoreUnavailable);
    await opened.close();
    await expect(openStore({ url: other.appUrl })).rejects.toThrow(StoreUnavailable);
  });

  test('takes connections and never speaks is given up in time', async () => {
    const silent = createServer(() => undefined).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const address = silent.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const act = openStore({ url: `postgresql://app@127.0.0.1:${port}/waybill`, connectTimeoutMs: 200 });
    await expect(act).rejects.toThrow(StoreUnavailable);
    silent.close();
  });
});
