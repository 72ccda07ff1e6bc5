import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { LOGIN_PAUSE_MS, openIncident } from '#audit';
import type { OverviewObject, SchedulePreviewObject, UpcomingFiresObject } from '#contract';
import { createApiKey } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const ACTOR = { kind: 'user', name: 'test' } as const;
const HOUR_MS = 3_600_000;

let api: TestApi;
/** Reaches acme alone. */
let limited: string;

beforeAll(async () => {
  const [server, inbox] = SAMPLE.endpoints;
  const [nightly] = SAMPLE.routes;
  const cron = { acme: '*/30 * * * *', globex: '7 * * * *', minute: '* * * * *', asleep: '0 * * * *' };
  api = await startTestApi({
    partners: [{ name: 'acme' }, { name: 'globex' }],
    endpoints: [
      ...['acme', 'globex'].map((partner) => ({ ...server!, name: `${partner}-ftps`, partner })),
      inbox!,
    ],
    routes: Object.entries(cron).map(([name, each]) => ({
      ...nightly!,
      name: `${name}-in`,
      enabled: name !== 'asleep',
      source: { ...nightly!.source, endpoint: `${name === 'globex' ? 'globex' : 'acme'}-ftps` },
      schedule: {
        ...{ cron: each, timezone: 'Asia/Tokyo', onHoliday: 'skip', misfire: 'run_once', overlap: 'skip' },
      },
    })),
  });
  const reach = { name: 'viewer-of-acme', role: 'viewer', actor: ACTOR, partners: ['acme'] } as const;
  limited = (await createApiKey(api.store, api.identityKeys, reach)).key;
});
afterAll(() => api.close());

describe('GET /overview', () => {
  beforeAll(async () => {
    await run('acme-in', 'delivered', 1, [
      ['delivered', 100],
      ['delivered', 23],
      ['cancelled', 5],
    ]);
    await run('acme-in', 'partly_delivered', 2, [
      ['delivered', 1],
      ['failed', 7],
    ]);
    await run('globex-in', 'failed', 3, [
      ['failed', 9],
      ['failed', 9],
    ]);
    // At its destination, but its source could not be deleted.
    await run('globex-in', 'held', 4, [['held', 1_000]]);
    await run('acme-in', 'delivered', 20, [['delivered', 50_000]]);
    for (const path of ['/routes/globex-in/pause', '/endpoints/globex-ftps/pause', '/routes/acme-in/pause'])
      await api.call('POST', `/api/v1${path}`, api.keys.operator, json({ reason: `because of ${path}` }));
    await api.store.db.endpoint.updateMany({
      where: { name: { in: ['acme-ftps', 'globex-ftps'] } },
      data: { loginRefusedAt: new Date('2026-11-21T03:00:00Z') },
    });
  });

  /** A run of so many hours ago with a file in each of these states; what is held has its incident. */
  async function run(route: string, state: string, hoursAgo: number, files: [state: string, size: number][]) {
    const { db } = api.store;
    const createdAt = new Date((await api.store.now()).getTime() - hoursAgo * HOUR_MS);
    const { id: routeId } = await db.transferRoute.findUniqueOrThrow({ where: { name: route } });
    const { id: runId } = await db.run.create({
      data: {
        ...{ routeId, trigger: 'operator', requestedBy: 'test', state, createdAt },
        finishedAt: createdAt,
      },
    });
    const [partner] = route.split('-');
    for (const [index, [fileState, size]] of files.entries()) {
      const there = fileState === 'delivered' || fileState === 'held';
      const { id: transferId } = await db.transfer.create({
        data: {
          ...{ runId, routeId, sourceEndpoint: `${partner}-ftps`, sourcePath: `/out/${runId}-${index}` },
          ...{
            sourceSizeBytes: size,
            sourceModified: '1',
            destinationEndpoint: 'inbox',
            destinationPath: '/x',
          },
          ...{ state: fileState, createdAt, finishedAt: createdAt, sizeBytes: size },
          ...(there && {
            ...{
              deliveredAt: createdAt,
              publishIntentAt: createdAt,
              assurance: 'size',
              sha256: 'a'.repeat(64),
            },
          }),
          ...(fileState !== 'delivered' && fileState !== 'cancelled' && { errorCode: 'disposition_failed' }),
        },
      });
      if (fileState === 'held') await incident('transfer_quarantined', route, { runId, transferId });
    }
    return runId;
  }

  const incident = (
    kind: 'transfer_quarantined' | 'run_failed',
    route: string,
    about: object,
    objectId = route,
  ) =>
    api.store.transaction((tx) =>
      openIncident(tx, {
        ...{ kind, object: 'route', objectId, actor: ACTOR, route, summary: `Of ${route}.` },
        ...about,
      }),
    );

  async function overview(query = '', key = api.keys.viewer): Promise<OverviewObject> {
    return (await api.ask('getOverview', `/overview${query}`, key)) as OverviewObject;
  }

  it('counts what was created in the last twelve hours, by the clock of the database', async () => {
    const { from, to, totals } = await overview();
    expect(Date.parse(to) - Date.parse(from)).toBe(12 * HOUR_MS);
    expect(Math.abs(Date.parse(to) - (await api.store.now()).getTime())).toBeLessThan(5_000);
    expect(totals).toEqual({
      runs: { delivered: 1, partly_delivered: 1, failed: 1, held: 1 },
      transfers: { delivered: 3, cancelled: 1, failed: 3, held: 1 },
      filesDelivered: 4,
      bytesDelivered: 1_124,
      failedFiles: 3,
    });
  });

  it('counts the time that is asked for, and the lists show what it counts', async () => {
    const now = (await api.store.now()).getTime();
    const at = (hoursAgo: number) => new Date(now - hoursAgo * HOUR_MS).toISOString();
    const { totals } = await overview(`?from=${at(2.5)}&to=${at(1.5)}`);
    expect(totals).toEqual({
      runs: { partly_delivered: 1 },
      transfers: { delivered: 1, failed: 1 },
      ...{ filesDelivered: 1, bytesDelivered: 1, failedFiles: 1 },
    });
    const listed = await api.ask('listTransfers', `/transfers?since=${at(2.5)}&until=${at(1.5)}`);
    expect((listed as { items: unknown[] }).items).toHaveLength(2);
    expect((await overview(`?from=${at(24)}`)).totals.bytesDelivered).toBe(51_124);
  });

  it('shows what needs a person, whenever it began', async () => {
    const { attention } = await overview('?from=2026-01-01&to=2026-01-02');
    expect(attention).toMatchObject({
      heldTransfers: { count: 1, newest: [{ route: 'globex-in', state: 'held' }] },
      quarantinedTransfers: { count: 1, newest: [{ id: attention.heldTransfers.newest[0]!.id }] },
      incidents: {
        count: 1,
        byKind: { transfer_quarantined: 1 },
        newest: [{ kind: 'transfer_quarantined' }],
      },
      pausedRoutes: {
        count: 2,
        newest: [
          { name: 'acme-in', partners: ['acme'], paused: { by: 'operator' } },
          {
            name: 'globex-in',
            partners: ['globex'],
            paused: { reason: 'because of /routes/globex-in/pause' },
          },
        ],
      },
      pausedEndpoints: {
        count: 1,
        newest: [{ name: 'globex-ftps', partner: 'globex', paused: { by: 'operator' } }],
      },
      refusedLogins: {
        count: 2,
        newest: ['acme', 'globex'].map((partner) => ({
          ...{ endpoint: `${partner}-ftps`, partner, refusedAt: '2026-11-21T03:00:00.000Z' },
          triedAgainFrom: new Date(Date.parse('2026-11-21T03:00:00Z') + LOGIN_PAUSE_MS).toISOString(),
        })),
      },
    });
  });

  it('shows to somebody who is limited to a partner what is his, in numbers too', async () => {
    const seen = await overview('', limited);
    expect(JSON.stringify(seen)).not.toContain('globex');
    expect(seen.totals).toEqual({
      runs: { delivered: 1, partly_delivered: 1 },
      transfers: { delivered: 3, cancelled: 1, failed: 1 },
      ...{ filesDelivered: 3, bytesDelivered: 124, failedFiles: 1 },
    });
    expect(seen.attention).toMatchObject({
      heldTransfers: { count: 0, newest: [] },
      quarantinedTransfers: { count: 0, newest: [] },
      incidents: { count: 0, byKind: {}, newest: [] },
      pausedRoutes: { count: 1, newest: [{ name: 'acme-in' }] },
      pausedEndpoints: { count: 0, newest: [] },
      refusedLogins: { count: 1, newest: [{ endpoint: 'acme-ftps' }] },
    });
  });

  it('shows the newest twenty incidents that nobody has put aside, and counts them all', async () => {
    const ids: string[] = [];
    for (let n = 0; n < 23; n++) ids.push(await incident('run_failed', 'acme-in', {}, `object-${n}`));
    const snoozed = { state: 'snoozed', snoozedUntil: new Date(Date.now() + HOUR_MS) };
    await api.store.db.incident.update({ where: { id: ids[22]! }, data: snoozed });
    await api.store.db.incident.update({
      where: { id: ids[21]! },
      data: { ...snoozed, snoozedUntil: new Date(Date.now() - HOUR_MS) },
    });
    const { incidents } = (await overview('', limited)).attention;
    expect(incidents).toMatchObject({ count: 22, byKind: { run_failed: 22 } });
    expect(incidents.newest.map(({ id }) => id)).toEqual(ids.slice(2, 22).toReversed());
    expect(incidents.newest[0]!.state).toBe('open');
    expect((await overview()).attention.incidents.byKind).toEqual({
      run_failed: 22,
      transfer_quarantined: 1,
    });
    // A file that workers died of stays quarantined while somebody has put its incident aside.
    await api.store.db.incident.updateMany({ where: { kind: 'transfer_quarantined' }, data: snoozed });
    expect((await overview()).attention).toMatchObject({
      quarantinedTransfers: { count: 1 },
      incidents: { byKind: { run_failed: 22 } },
    });
  });

  it.each([
    ['from=2026-11-21&to=2026-11-20', 'must not be after `to`'],
    ['from=2999-01-01', 'must not be after `to`'],
    ['from=2026-11-01T00:00:00Z&to=2026-11-08T00:00:01Z', 'at most 7 days before `to`'],
    ['from=2026-01-01', 'at most 7 days before `to`'],
    ['to=yesterday', ''],
    ['partner=acme', ''],
  ])('refuses %s', async (query, says) => {
    const answer = await api.call('GET', `/api/v1/overview?${query}`, api.keys.viewer);
    const { detail, ...problem } = problemOf(answer);
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    if (says) expect(detail).toContain(says);
  });

  it('takes seven days to the second', async () => {
    await overview('?from=2026-11-01T00:00:00Z&to=2026-11-08T00:00:00Z');
  });
});

describe('GET /fires/upcoming', () => {
  const clock = { now: new Date(0) };
  beforeAll(async () => {
    await api.store.db.$executeRaw`
      UPDATE schedule SET next_fire_at = date_trunc('hour', now()) + CASE transfer_route.name
               WHEN 'globex-in' THEN interval '67 minutes' WHEN 'acme-in' THEN interval '1 hour' END
        FROM transfer_route WHERE transfer_route.id = schedule.route_id AND transfer_route.name <> 'minute-in'`;
    clock.now = await api.store.now();
  });

  async function upcoming(query = '', key = api.keys.viewer): Promise<UpcomingFiresObject> {
    return (await api.ask('listUpcomingFires', `/fires/upcoming${query}`, key)) as UpcomingFiresObject;
  }

  it('shows the fires of all routes that are switched on, in order, as the preview of each does', async () => {
    const seen = await upcoming();
    expect(Date.parse(seen.until) - Date.parse(seen.from)).toBe(12 * HOUR_MS);
    expect(seen).toMatchObject({ truncated: false, completeUntil: seen.until });
    const moments = seen.fires.map(({ dueAt }) => dueAt);
    expect(moments).toEqual(moments.toSorted());
    expect(new Set(seen.fires.map(({ route }) => route))).toEqual(new Set(['acme-in', 'globex-in']));
    expect(seen.fires[0]).toMatchObject({
      ...{ route: 'acme-in', partners: ['acme'], timezone: 'Asia/Tokyo', outcome: 'run', routePaused: true },
      localTime: expect.stringMatching(/T\d\d:00\+09:00$/),
    });
    for (const route of ['acme-in', 'globex-in']) {
      const own = seen.fires.filter((fire) => fire.route === route);
      expect(own.length).toBeGreaterThan(10);
      const path = `/routes/${route}/schedule/preview?count=${own.length}`;
      const { fires } = (await api.ask('previewSchedule', path)) as SchedulePreviewObject;
      expect(own.map(({ dueAt, localTime, outcome }) => [dueAt, localTime, outcome])).toEqual(
        fires.map(({ dueAt, localTime, outcome }) => [dueAt, localTime, outcome]),
      );
    }
  });

  it('shows to somebody who is limited to a partner the fires of its routes', async () => {
    const { fires } = await upcoming('', limited);
    expect(new Set(fires.map(({ route }) => route))).toEqual(new Set(['acme-in']));
  });

  it('goes as far as is asked, and says what it left out', async () => {
    const inTwoHours = new Date(clock.now.getTime() + 2 * HOUR_MS).toISOString();
    const { fires, until } = await upcoming(`?until=${inTwoHours}`);
    expect(until).toBe(inTwoHours);
    expect(fires.length).toBeGreaterThanOrEqual(3);
    expect(fires.every(({ dueAt }) => dueAt <= inTwoHours)).toBe(true);
    const cut = await upcoming('?limit=2');
    expect(cut).toMatchObject({ truncated: true, fires: { length: 2 }, completeUntil: fires[2]!.dueAt });
  });

  it('does not let a route of every minute hide the others', async () => {
    await api.store.db.$executeRaw`
      UPDATE schedule SET next_fire_at = date_trunc('minute', now()) + interval '1 minute'
        FROM transfer_route WHERE transfer_route.id = schedule.route_id AND transfer_route.name = 'minute-in'`;
    const { fires, truncated, completeUntil, until } = await upcoming();
    expect(fires.filter(({ route }) => route === 'minute-in')).toHaveLength(48);
    expect(fires.filter(({ route }) => route === 'globex-in').length).toBeGreaterThan(10);
    expect(truncated).toBe(true);
    expect(completeUntil < until).toBe(true);
  });

  it.each([
    ['until=2026-11-20', 'must not be in the past'],
    ['until=2999-01-01', 'at most 48 hours from now'],
    ['limit=0', ''],
    ['limit=501', ''],
    ['until=soon', ''],
    ['route=acme-in', ''],
  ])('refuses %s', async (query, says) => {
    const answer = await api.call('GET', `/api/v1/fires/upcoming?${query}`, api.keys.viewer);
    const { detail, ...problem } = problemOf(answer);
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    if (says) expect(detail).toContain(says);
  });

  it('makes one of an identity at a time, and says so to who asks for more', async () => {
    const client = new pg.Client({ connectionString: api.superuserUrl });
    await client.connect();
    // Somebody else's lock is what the first one takes long for.
    await client.query('BEGIN');
    await client.query('LOCK TABLE schedule IN ACCESS EXCLUSIVE MODE');
    const ask = (key: string) => api.call('GET', '/api/v1/fires/upcoming', key);
    const locked = `SELECT FROM pg_locks WHERE relation = 'schedule'::regclass AND NOT granted`;
    const waiting = (count: number) =>
      vi.waitFor(async () => expect((await client.query(locked)).rowCount).toBe(count));
    const first = ask(api.keys.viewer);
    await waiting(1);
    expect(problemOf(await ask(api.keys.viewer))).toMatchObject({ status: 429, code: 'too_many_requests' });
    const ofAnother = ask(api.keys.operator);
    await waiting(2);
    await client.query('ROLLBACK');
    await client.end();
    expect([(await first).status, (await ofAnother).status]).toEqual([200, 200]);
    expect((await ask(api.keys.viewer)).status).toBe(200);
  });
});
