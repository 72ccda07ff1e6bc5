import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { explainPlans, rowsOf } from '../../testing/explain-plans.ts';
import { aRoute, sampleEndpoints } from '../../testing/sample-rows.ts';
import {
  applyConfiguration,
  countNegotiations,
  EVERYTHING,
  findArmedSchedules,
  openStore,
  type Page,
  readOverview,
  type Scope,
  type Store,
  searchEvents,
  searchFires,
  searchNegotiations,
  searchRuns,
  searchTransfers,
} from '../index.ts';

const WIDE_ROUTES = 120;
/** Runs of the busy partner, with five files each and four events a file. 200,000 events of him and of the former one are 5,000. */
const BUSY_RUNS = Number(process.env['WAYBILL_BUSY_RUNS'] ?? 300);
const FILES = 5;
const STEPS = ['transfer.claimed', 'transfer.verified', 'transfer.published', 'transfer.delivered'];
const rare: Scope = { partners: ['rare'], routes: 'all' };
/** As many as the busy one, and all of it long ago: whoever reads backwards meets everybody else's first. */
const former: Scope = { partners: ['former'], routes: 'all' };
/** More routes than are asked one by one. */
const wide: Scope = { partners: ['wide'], routes: 'all' };
const NOBODY: Scope = { partners: ['nobody'], routes: 'all' };
const busy: Scope = { partners: ['busy'], routes: 'all' };

let database: TestDatabase;
let store: Store;
let client: pg.Client;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  client = new pg.Client({ connectionString: database.superuserUrl });
  await client.connect();
  const [sample] = sampleEndpoints();
  const names = ['rare', 'former', 'wide', 'busy'];
  const endpoints = [
    ...names.map((partner) => ({ ...sample!, name: `${partner}-ftps`, partner })),
    { name: 'inbox', protocol: 'local' as const, root: '/srv/inbox', maxSessions: 8 },
  ];
  const { source } = aRoute('any');
  const schedule = {
    cron: '0 2 * * *',
    timezone: 'UTC',
    onHoliday: 'skip',
    misfire: 'run_once',
    overlap: 'skip',
  } as const;
  const from = (partner: string, route: string) =>
    aRoute(route, { source: { ...source, endpoint: `${partner}-ftps` }, schedule });
  const routes = [
    ...names.map((name) => from(name, `${name}-in`)),
    ...Array.from({ length: WIDE_ROUTES }, (_, n) => from('wide', `wide-${n}`)),
  ];
  await store.transaction((tx) =>
    applyConfiguration(
      tx,
      { partners: names.map((name) => ({ name })), endpoints, routes },
      { firstFire: () => null },
    ),
  );
  await fill('rare', 1);
  await fill('former', BUSY_RUNS);
  await fill('wide', 3);
  await fill('busy', BUSY_RUNS);
  await client.query('VACUUM ANALYZE');
});
afterAll(async () => {
  await client.end();
  await store.close();
  await database.stop();
});

/** What runs leave behind, by the thousand. */
async function fill(partner: string, runs: number): Promise<void> {
  const route = `(SELECT * FROM transfer_route WHERE name = '${partner}-in') AS route`;
  await client.query(`
    INSERT INTO run (route_id, trigger, requested_by, state, created_at)
    SELECT route.id, 'operator', 'spec', 'queued', now() - interval '1 day' + n * interval '1 ms'
      FROM ${route}, generate_series(1, ${runs}) AS n`);
  await client.query(`
    INSERT INTO transfer (run_id, route_id, source_endpoint, source_path, source_size_bytes, source_modified,
                          destination_endpoint, destination_path, created_at)
    SELECT run.id, run.route_id, '${partner}-ftps', '/out/' || n, 10, '${partner}' || run.id, 'inbox', '/in', run.created_at
      FROM run JOIN ${route} ON route.id = run.route_id, generate_series(1, ${FILES}) AS n`);
  await client.query(`
    INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, run_id, transfer_id, details)
    SELECT 'worker', 'spec', action, 'transfer', transfer.id, transfer.run_id, transfer.id, '{}'
      FROM transfer JOIN ${route} ON route.id = transfer.route_id, unnest(ARRAY['${STEPS.join("','")}']) AS action
     ORDER BY transfer.created_at, transfer.id`);
  await client.query(`
    INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, details) VALUES
      ('user', 'spec', 'partner.created', 'partner', '${partner}', '{}'),
      ('user', 'spec', 'route.created', 'route', '${partner}-in', '{}')`);
  await client.query(`
    INSERT INTO tls_negotiation (id, run_id, endpoint_id, endpoint, session_id, channel, command, mode, resumed, peer_certificates,
                                 name_check, pin_check, chain_check, verdict, protocol, cipher, started_at, handshake_ms)
    SELECT gen_random_uuid(), transfer.run_id, endpoint.id, endpoint.name, gen_random_uuid(), 'data', 'RETR', 'explicit', false,
           '[]', 'passed', 'passed', 'passed', 'accepted', 'TLSv1.3', 'x', transfer.created_at, 5
      FROM transfer JOIN endpoint ON endpoint.name = transfer.source_endpoint WHERE endpoint.name = '${partner}-ftps'`);
  await client.query(`
    INSERT INTO incident (kind, object, object_id, run_id, transfer_id, route, endpoint, summary, opened_at)
    SELECT 'transfer_held', 'transfer', transfer.id, transfer.run_id, transfer.id, route.name, '${partner}-ftps', 'For the spec.',
           transfer.created_at
      FROM transfer JOIN ${route} ON route.id = transfer.route_id WHERE transfer.source_path = '/out/1'`);
  await client.query(`
    INSERT INTO fire (schedule_id, due_at, outcome)
    SELECT schedule.id, now() - interval '1 day' + n * interval '1 ms', 'missed'
      FROM schedule JOIN ${route} ON route.id = schedule.route_id, generate_series(1, ${runs * FILES}) AS n`);
}

/** How many rows the statements of a search look at, as PostgreSQL itself explains it. */
async function rowsRead(search: (db: Store['db']) => Promise<unknown>): Promise<number> {
  return rowsOf(await explainPlans(store, search));
}

const LISTS = {
  events: searchEvents,
  runs: searchRuns,
  transfers: searchTransfers,
  negotiations: searchNegotiations,
  fires: searchFires,
} satisfies Record<string, (db: Store['db'], scope: Scope, search: object) => Promise<Page<unknown>>>;

test.each(Object.entries(LISTS))(
  'a page of %s reads what is shown, not what everybody else has',
  async (_, search) => {
    for (const scope of [rare, former, busy, NOBODY])
      expect(await rowsRead((db) => search(db, scope, { limit: 50 }))).toBeLessThan(500);
  },
);

test('runs and fires of one partner, and runs that somebody asked for, are found among those of everybody', async () => {
  await client.query(`
    INSERT INTO run (route_id, trigger, requested_by, state, created_at)
    SELECT id, 'api', 'spec', 'queued', now() - interval '2 days' FROM transfer_route WHERE name = 'former-in'`);
  const { db } = store;
  const [runs, fires, asked] = [
    (scope: Scope) => searchRuns(db, scope, { partner: 'rare' }),
    (scope: Scope) => searchFires(db, scope, { partner: 'rare' }),
    (scope: Scope) => searchRuns(db, scope, { trigger: 'api' }),
  ];
  for (const scope of [EVERYTHING, rare]) {
    expect((await runs(scope)).items.map(({ route }) => route)).toEqual(['rare-in']);
    expect((await fires(scope)).items.map(({ route }) => route)).toEqual(Array(FILES).fill('rare-in'));
  }
  expect((await asked(EVERYTHING)).items).toMatchObject([{ route: 'former-in', trigger: 'api' }]);
  for (const search of [{ partner: 'rare' }, { trigger: 'api' } as const])
    expect(await rowsRead((each) => searchRuns(each, EVERYTHING, search))).toBeLessThan(500);
  expect(await rowsRead((each) => searchFires(each, EVERYTHING, { partner: 'rare' }))).toBeLessThan(500);
  for (const search of [runs, fires]) expect((await search(busy)).items).toEqual([]);
  expect((await asked(busy)).items).toEqual([]);
});

test('runs of a state and of a route in it are found among those of everybody', async () => {
  await client.query(`
    INSERT INTO run (route_id, trigger, requested_by, state, created_at, finished_at)
    SELECT id, 'operator', 'spec', 'held', now() - interval '3 days', now() FROM transfer_route WHERE name = 'former-in'`);
  for (const search of [{ state: 'held' }, { state: 'held', route: 'former-in' }] as const) {
    for (const scope of [EVERYTHING, former])
      expect((await searchRuns(store.db, scope, search)).items).toMatchObject([{ route: 'former-in' }]);
    expect((await searchRuns(store.db, busy, search)).items).toEqual([]);
    expect(await rowsRead((db) => searchRuns(db, EVERYTHING, search))).toBeLessThan(500);
  }
  const old = { route: 'busy-in', until: new Date('2026-01-01') };
  expect((await searchRuns(store.db, EVERYTHING, old)).items).toEqual([]);
  expect(await rowsRead((db) => searchRuns(db, EVERYTHING, old))).toBeLessThan(500);
});

test('handshakes are counted of what is within, as the list has them, and nothing else is read', async () => {
  const times = { starts: [new Date('2026-01-01'), new Date(Date.now() - 86_400_000 * 1.5)], to: new Date() };
  const count = (db: Store['db'], scope: Scope, search = {}) =>
    countNegotiations(db, scope, { ...times, ...search });
  const counted = async (scope: Scope, search = {}) =>
    (await count(store.db, scope, search)).map(({ bucket, count: found }) => [bucket, found]);
  const all = (1 + 2 * BUSY_RUNS + 3) * FILES;
  expect(await counted(EVERYTHING)).toEqual([[1, all]]);
  expect(await counted(rare)).toEqual([[1, FILES]]);
  expect(await counted(EVERYTHING, { partner: 'rare' })).toEqual([[1, FILES]]);
  expect(await counted(wide)).toEqual([[1, 3 * FILES]]);
  expect(await counted(rare, { endpoint: 'rare-ftps', channel: 'data' })).toEqual([[1, FILES]]);
  for (const search of [{ endpoint: 'busy-ftps' }, { partner: 'busy' }, { channel: 'control' }])
    expect(await counted(rare, search)).toEqual([]);
  expect(await counted(NOBODY)).toEqual([]);
  // Its run is somebody else's: the list does not show it, and it does not count.
  const { rowCount } = await client.query(`
    INSERT INTO tls_negotiation (id, run_id, endpoint_id, endpoint, session_id, channel, command, mode, resumed, peer_certificates,
                                 name_check, pin_check, chain_check, verdict, protocol, cipher, started_at, handshake_ms)
    SELECT gen_random_uuid(), (SELECT run.id FROM run JOIN transfer_route ON transfer_route.id = route_id AND name = 'busy-in' LIMIT 1),
           endpoint_id, endpoint, session_id, channel, command, mode, resumed, peer_certificates, name_check, pin_check, chain_check,
           verdict, protocol, cipher, started_at, handshake_ms
      FROM tls_negotiation WHERE endpoint = 'rare-ftps' LIMIT 1`);
  expect(rowCount).toBe(1);
  expect(await counted(rare)).toEqual([[1, FILES]]);
  expect((await searchNegotiations(store.db, rare, {})).items).toHaveLength(FILES);
  expect(await rowsRead((db) => count(db, rare))).toBeLessThan(500);
});

test('the events of one object, run or file are read alone, by whomever', async () => {
  const { id: transferId, runId } = await store.db.transfer.findFirstOrThrow({
    where: { sourceEndpoint: 'former-ftps' },
  });
  for (const scope of [EVERYTHING, former, rare])
    for (const search of [
      { objectId: transferId },
      { object: 'transfer', objectId: transferId },
      { transferId },
      { runId },
    ] as const) {
      const { items } = await searchEvents(store.db, scope, search);
      const own = 'runId' in search ? FILES * STEPS.length : STEPS.length;
      expect([search, items.length]).toEqual([search, scope === rare ? 0 : own]);
      expect(await rowsRead((db) => searchEvents(db, scope, search))).toBeLessThan(500);
    }
});

test.each([
  ['few', rare, 1],
  ['many', wide, 3],
] as const)('the lists of who has %s routes are whole, and his alone', async (_, scope, runs) => {
  const count = async (search: (typeof LISTS)[keyof typeof LISTS]) => {
    let items = 0;
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page: Page<unknown> = await search(store.db, scope, {
        limit: 2,
        ...(cursor !== '' && { cursor }),
      });
      items += page.items.length;
      cursor = page.nextCursor;
    }
    return items;
  };
  const files = runs * FILES;
  const found = { events: 0, runs: 0, transfers: 0, negotiations: 0, fires: 0 };
  for (const name of Object.keys(found) as (keyof typeof found)[]) found[name] = await count(LISTS[name]);
  expect(found).toEqual({
    events: files * STEPS.length + 2,
    runs,
    transfers: files,
    negotiations: files,
    fires: files,
  });
});

const allEvents = async (scope: Scope, search: object, limit: number) => {
  const ids: bigint[] = [];
  for (let cursor: string | null | undefined; cursor !== null; ) {
    const page: Page<{ id: bigint }> = await searchEvents(store.db, scope, { ...search, limit, cursor });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  }
  return ids;
};

test('the pages together are all that is within, newest first, each once', async () => {
  const ids = await allEvents(rare, {}, 3);
  expect(ids).toHaveLength(FILES * STEPS.length + 2);
  expect(ids).toEqual([...new Set(ids)].sort((one, other) => (one > other ? -1 : 1)));
  expect(await allEvents(rare, {}, 500)).toEqual(ids);
  expect(await allEvents(rare, { object: 'transfer' }, 3)).toHaveLength(FILES * STEPS.length);
  expect(await allEvents(rare, { object: 'route' }, 3)).toHaveLength(1);
  expect(await allEvents(rare, { object: 'secret' }, 3)).toEqual([]);
  for (const scope of [former, busy])
    expect(await allEvents(scope, {}, 500)).toHaveLength(BUSY_RUNS * FILES * STEPS.length + 2);
});

test('behind thousands of files that a route has moved for somebody else, the own ones are found', async () => {
  const lead = (route: string, endpoint: string) =>
    client.query(
      `UPDATE transfer_route SET source_endpoint_id = (SELECT id FROM endpoint WHERE name = $2) WHERE name = $1`,
      [route, endpoint],
    );
  await lead('busy-in', 'rare-ftps');
  try {
    // The files are still the other's; so many pieces are looked through until there is something to show.
    const actions = (await searchEvents(store.db, rare, { limit: 100 })).items.map(({ action }) => action);
    expect(actions).toHaveLength(FILES * STEPS.length + 3);
    expect(actions.filter((action) => action === 'route.created')).toHaveLength(2);
    const ids = await allEvents(rare, {}, 3);
    expect(ids).toHaveLength(FILES * STEPS.length + 3);
    expect(ids).toEqual([...new Set(ids)].sort((one, other) => (one > other ? -1 : 1)));
  } finally {
    await lead('busy-in', 'busy-ftps');
  }
});

test('an overview reads what was created in its time and what is unsettled, not what everybody else has and not the past', async () => {
  const names = ['rare-in', 'busy-in'];
  await client.query(
    `UPDATE incident SET state = 'resolved', resolved_at = now(), resolved_by = 'spec', resolution = 'For the spec.' WHERE endpoint <> 'rare-ftps'`,
  );
  await client.query(`
    UPDATE transfer SET state = 'held', error_code = 'delivery_in_doubt', finished_at = now() WHERE source_path = '/out/1' AND run_id IN (
      SELECT (SELECT id FROM run WHERE run.route_id = transfer_route.id ORDER BY created_at LIMIT 1)
        FROM transfer_route WHERE name IN ('${names.join("','")}'))`);
  await client.query('VACUUM ANALYZE transfer, incident');
  const to = await store.now();
  const hours = (count: number) => ({ from: new Date(to.getTime() - count * 3_600_000), to });
  const seen = await readOverview(store.db, rare, hours(48), 20);
  expect(seen).toMatchObject({
    runs: { queued: 1 },
    transfers: { planned: FILES - 1, held: 1 },
    heldTransfers: { count: 1, newest: [{ route: 'rare-in' }] },
    incidents: { count: 1, byKind: { transfer_held: 1 } },
  });
  const all = await readOverview(store.db, EVERYTHING, hours(12), 20);
  expect(all).toMatchObject({
    runs: {},
    transfers: {},
    heldTransfers: { count: 2 },
    incidents: { count: 1 },
  });
  expect(await rowsRead((db) => readOverview(db, rare, hours(48), 20))).toBeLessThan(300);
  expect(await rowsRead((db) => readOverview(db, EVERYTHING, hours(12), 20))).toBeLessThan(300);
});

test('of schedules that fire next so many are read as are asked for', async () => {
  await client.query(`
    UPDATE schedule SET next_fire_at = now() + interval '1 hour' + (row_number * interval '1 second')
      FROM (SELECT id, row_number() OVER (ORDER BY id) FROM schedule) AS numbered WHERE numbered.id = schedule.id`);
  await client.query('VACUUM ANALYZE schedule');
  const until = new Date(Date.now() + 12 * 3_600_000);
  const found = await findArmedSchedules(store.db, EVERYTHING, { until, limit: 5 });
  expect(found).toHaveLength(5);
  expect(found.map(({ nextFireAt }) => nextFireAt.getTime())).toEqual(
    found.map(({ nextFireAt }) => nextFireAt.getTime()).toSorted((one, other) => one - other),
  );
  expect(await findArmedSchedules(store.db, rare, { until, limit: 5 })).toMatchObject([
    { route: 'rare-in', partners: ['rare'], routePaused: false, schedule: { cron: '0 2 * * *' } },
  ]);
  expect(await rowsRead((db) => findArmedSchedules(db, EVERYTHING, { until, limit: 5 }))).toBeLessThan(100);
});
