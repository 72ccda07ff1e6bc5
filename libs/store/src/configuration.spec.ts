import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { ScheduleDefinition, TransferRoute } from '#domain';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { aRoute, sampleConfiguration, sampleEndpoints } from '../testing/sample-rows.ts';
import {
  applyConfiguration,
  EVERYTHING,
  findRoute,
  openStore,
  readConfiguration,
  type Store,
} from './index.ts';

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

const SCHEDULE: ScheduleDefinition = {
  cron: '15 2 * * *',
  timezone: 'Europe/London',
  onHoliday: 'skip',
  misfire: 'run_once',
  overlap: 'skip',
};
const FIRST = new Date('2026-11-22T02:15:00Z');
const LATER = new Date('2026-11-23T02:15:00Z');

async function apply(route: TransferRoute, nextFire: Date | null = FIRST): Promise<void> {
  await store.transaction((tx) =>
    applyConfiguration(tx, sampleConfiguration([route]), { firstFire: () => nextFire }),
  );
}

async function nextFire(): Promise<Date | null | undefined> {
  return (await findRoute(store.db, EVERYTHING, 'nightly'))?.nextFireAt;
}

test('is read back as it was applied, without the order of keys', async () => {
  const wanted = sampleConfiguration([aRoute('b', { schedule: SCHEDULE }), aRoute('a', { enabled: false })]);
  await store.transaction((tx) => applyConfiguration(tx, wanted, { firstFire: () => null }));
  const read = await readConfiguration(store.db);
  expect(read).toEqual({ ...wanted, routes: wanted.routes.toReversed() });
});

test('what has not changed is not touched; what is not named stays', async () => {
  await apply(aRoute('nightly'));
  const before = await store.db.endpoint.findMany({ orderBy: { name: 'asc' } });
  const route = await findRoute(store.db, EVERYTHING, 'nightly');
  await apply(aRoute('nightly'));
  expect(await store.db.endpoint.findMany({ orderBy: { name: 'asc' } })).toEqual(before);
  expect(await findRoute(store.db, EVERYTHING, 'nightly')).toEqual(route);

  const [acme, inbox] = sampleEndpoints();
  const moved = { partners: [], endpoints: [{ ...acme!, maxSessions: 9 }], routes: [] };
  await store.transaction((tx) => applyConfiguration(tx, moved, { firstFire: () => null }));
  const after = await store.db.endpoint.findMany({ orderBy: { name: 'asc' } });
  expect(after.map(({ name, maxSessions }) => [name, maxSessions])).toEqual([
    ['acme-ftps', 9],
    ['inbox', inbox!.maxSessions],
  ]);
});

test('a reference to nothing is refused, and nothing of the whole is applied', async () => {
  const wanted = sampleConfiguration([
    aRoute('lost', { source: { ...aRoute('x').source, endpoint: 'none' } }),
  ]);
  wanted.partners.push({ name: 'unfinished' });
  const act = store.transaction((tx) => applyConfiguration(tx, wanted, { firstFire: () => null }));
  await expect(act).rejects.toThrow();
  expect(await store.db.partner.findUnique({ where: { name: 'unfinished' } })).toBeNull();
});

describe('the next fire', () => {
  beforeEach(() => apply(aRoute('nightly', { schedule: { ...SCHEDULE, cron: '0 0 1 1 *' } })));

  test('is computed for a new or changed schedule, and kept while it does not change', async () => {
    await apply(aRoute('nightly', { schedule: SCHEDULE }), FIRST);
    expect(await nextFire()).toEqual(FIRST);
    await apply(aRoute('nightly', { schedule: SCHEDULE }), LATER);
    expect(await nextFire()).toEqual(FIRST);
    await apply(aRoute('nightly', { schedule: SCHEDULE, priority: 1 }), LATER);
    expect(await nextFire()).toEqual(FIRST);
    await apply(aRoute('nightly', { schedule: { ...SCHEDULE, timezone: 'UTC' } }), LATER);
    expect(await nextFire()).toEqual(LATER);
  });

  test('is gone with the schedule, and computed anew when the same schedule comes back', async () => {
    await apply(aRoute('nightly', { schedule: SCHEDULE }), FIRST);
    await apply(aRoute('nightly'));
    expect(await nextFire()).toBeNull();
    await apply(aRoute('nightly', { schedule: SCHEDULE }), LATER);
    expect(await nextFire()).toEqual(LATER);
  });

  test('is computed anew for a route that is switched on again: its pause was no misfire', async () => {
    await apply(aRoute('nightly', { schedule: SCHEDULE, enabled: false }), FIRST);
    await apply(aRoute('nightly', { schedule: SCHEDULE }), LATER);
    expect(await nextFire()).toEqual(LATER);
  });
});
