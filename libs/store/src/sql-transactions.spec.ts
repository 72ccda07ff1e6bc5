import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { openStore, type Store, StoreUnavailable, sql } from './index.ts';

let database: TestDatabase;
let store: Store;
let admin: pg.Client;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  admin = new pg.Client({ connectionString: database.superuserUrl });
  await admin.connect();
  await store.sqlTransaction((tx) => tx.$executeRaw`INSERT INTO partner (name) VALUES ('a'), ('b')`);
});
afterAll(async () => {
  await admin.end();
  await store.close();
  await database.stop();
});

const names = async (like: string) =>
  (await store.db.partner.findMany({ where: { name: { startsWith: like } }, orderBy: { name: 'asc' } })).map(
    ({ name }) => name,
  );

describe('a transaction of statements', () => {
  test('happens whole or not at all', async () => {
    const failure = new Error('change of mind');
    const act = store.sqlTransaction(async (tx) => {
      await tx.$executeRaw`INSERT INTO partner (name) VALUES ('c')`;
      throw failure;
    });
    await expect(act).rejects.toBe(failure);
    expect(await names('c')).toEqual([]);
  });

  test('carries out statements that are asked for at once, in their order', async () => {
    const [, changed, rows] = await store.sqlTransaction((tx) =>
      Promise.all([
        tx.$executeRaw`INSERT INTO partner (name) VALUES ('d1')`,
        tx.$executeRaw`UPDATE partner SET name = 'd2' WHERE name = 'd1'`,
        tx.$queryRaw<{ name: string }[]>`SELECT name FROM partner WHERE ${sql`name LIKE ${'d%'}`}`,
      ]),
    );
    expect({ changed, rows }).toEqual({ changed: 1, rows: [{ name: 'd2' }] });
  });

  test('of which one statement fails leaves nothing, though nobody looked at the failure', async () => {
    const act = store.sqlTransaction(async (tx) => {
      await Promise.allSettled([
        tx.$executeRaw`INSERT INTO partner (name) VALUES ('e')`,
        tx.$executeRaw`INSERT INTO partner (name) VALUES ('a')`,
      ]);
    });
    await expect(act).rejects.toThrow('ROLLBACK');
    expect(await names('e')).toEqual([]);
    expect(await store.sqlTransaction((tx) => tx.$queryRaw`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
  });

  test('gives whole numbers of 64 bits, moments and JSON as what they are', async () => {
    const [row] = await store.sqlTransaction(
      (tx) =>
        tx.$queryRaw<object[]>`
          SELECT ${9_007_199_254_740_993n}::bigint AS big, ARRAY[1, 2] AS list, '{"a": 1}'::jsonb AS json,
                 ${new Date(1_000)}::timestamptz AS moment, ${undefined}::text AS nothing`,
    );
    expect(row).toEqual({
      big: 9_007_199_254_740_993n,
      list: [1, 2],
      json: { a: 1 },
      moment: new Date(1_000),
      nothing: null,
    });
  });

  test('in a deadlock gives way and is tried again', async () => {
    let tries = 0;
    let arrived = 0;
    let open: () => void;
    const bothHoldOne = new Promise<void>((resolve) => {
      open = resolve;
    });
    const update = (first: string, second: string) =>
      store.sqlTransaction(async (tx) => {
        tries++;
        await tx.$executeRaw`UPDATE partner SET created_at = now() WHERE name = ${first}`;
        if (++arrived === 2) open();
        await bothHoldOne;
        await tx.$executeRaw`UPDATE partner SET created_at = now() WHERE name = ${second}`;
      });
    await Promise.all([update('a', 'b'), update('b', 'a')]);
    expect(tries).toBeGreaterThan(2);
  });

  test.each([1, 2])(
    'whose connection is ended before statement %i says that the database is away',
    async (at) => {
      let tries = 0;
      const act = store.sqlTransaction(async (tx) => {
        tries++;
        const [backend] = await tx.$queryRaw<{ pid: number }[]>`SELECT pg_backend_pid() AS pid`;
        if (at === 2) await tx.$executeRaw`INSERT INTO partner (name) VALUES ('f')`;
        await admin.query('SELECT pg_terminate_backend($1, 5000)', [backend!.pid]);
        await tx.$executeRaw`INSERT INTO partner (name) VALUES ('g')`;
      });
      await expect(act).rejects.toBeInstanceOf(StoreUnavailable);
      expect(tries).toBe(1);
      expect([...(await names('f')), ...(await names('g'))]).toEqual([]);
      expect(await store.sqlTransaction((tx) => tx.$queryRaw`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
    },
  );

  test('that waits behind others for a connection gets one', async () => {
    const done = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        store.sqlTransaction((tx) => tx.$queryRaw<{ n: number }[]>`SELECT ${index}::int AS n`),
      ),
    );
    expect(done.map(([row]) => row!.n)).toEqual(Array.from({ length: 20 }, (_, index) => index));
  });
});
