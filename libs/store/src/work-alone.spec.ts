import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { openStore, type Store, StoreUnavailable } from './index.ts';

let database: TestDatabase;
let here: Store;
let there: Store;
let admin: pg.Client;
beforeAll(async () => {
  database = await startTestDatabase();
  here = await openStore({ url: database.appUrl });
  there = await openStore({ url: database.appUrl });
  admin = new pg.Client({ connectionString: database.superuserUrl });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  await here.close();
  await there.close();
  await database.stop();
});

const DONE = { done: true };

it('one process at a time does a work, and another one hears so instead of waiting', async () => {
  const seen = await here.workAlone('keys', async () => ({
    same: await there.workAlone('keys', async () => DONE),
    twice: await here.workAlone('keys', async () => DONE),
    other: await there.workAlone('others', async () => DONE),
  }));
  expect(seen).toEqual({ same: undefined, twice: undefined, other: DONE });
  expect(await there.workAlone('keys', async () => DONE)).toBe(DONE);
});

it('a work that fails leaves nothing behind', async () => {
  const failure = new Error('the disk is full');
  await expect(here.workAlone('keys', () => Promise.reject(failure))).rejects.toBe(failure);
  expect(await there.workAlone('keys', async () => DONE)).toBe(DONE);
});

it('whoever has lost the lock with its connection hears so before the next step', async () => {
  const outcome = here.workAlone('keys', async (stillAlone) => {
    await stillAlone();
    await admin.query(`
      SELECT pg_terminate_backend(pid, 5000) FROM pg_locks
       WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
    expect(await there.workAlone('keys', async () => DONE)).toBe(DONE);
    await stillAlone();
    return DONE;
  });
  await expect(outcome).rejects.toThrow(StoreUnavailable);
  expect(await here.workAlone('keys', async () => DONE)).toBe(DONE);
});
