import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { SchedulePreviewObject } from '#contract';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  const [, hourly] = SAMPLE.routes;
  api = await startTestApi({
    ...SAMPLE,
    routes: [
      ...SAMPLE.routes,
      {
        ...hourly!,
        name: 'new-york',
        schedule: { ...hourly!.schedule!, cron: '30 2 * * *', timezone: 'America/New_York', misfire: 'skip' },
      },
    ],
  });
});
afterAll(() => api.close());

async function preview(route: string, query = ''): Promise<SchedulePreviewObject> {
  const path = `/routes/${route}/schedule/preview${query}`;
  return (await api.ask('previewSchedule', path, api.keys.viewer)) as SchedulePreviewObject;
}

describe('GET /routes/{name}/schedule/preview', () => {
  it('shows the next ten fires, by the clock of the database', async () => {
    const { route, cron, fires, notes, from } = await preview('hourly');
    const now = await api.store.now();
    expect({ route, cron, notes }).toEqual({ route: 'hourly', cron: '0 * * * *', notes: [] });
    expect(Math.abs(Date.parse(from) - now.getTime())).toBeLessThan(5_000);
    expect(fires).toHaveLength(10);
    expect(Date.parse(fires[0]!.dueAt) - Date.parse(from)).toBeLessThanOrEqual(3_600_000);
    for (const { dueAt, outcome } of fires) {
      expect(outcome).toBe('run');
      expect(dueAt).toMatch(/:00:00\.000Z$/);
    }
  });

  it('explains a change of the clock, and what an outage would do', async () => {
    const spring = await preview('new-york', '?from=2027-03-14&count=1');
    expect(spring.fires).toMatchObject([
      { dueAt: '2027-03-14T07:00:00.000Z', localTime: '2027-03-14T03:00-04:00' },
    ]);
    expect(spring.fires[0]!.notes).toMatchObject([{ kind: 'clock_forward' }]);
    const down = await preview('new-york', '?from=2026-11-01&downUntil=2026-11-02T12:00:00Z&count=3');
    expect(down.misfire.policy).toBe('skip');
    expect(down.fires.map(({ outcome }) => outcome)).toEqual(['missed', 'missed', 'run']);
    expect(down.fires[0]!.reason).toContain('no scheduler ran');
  });

  it('begins with what the scheduler has not taken yet', async () => {
    await api.store.db.$executeRaw`
      UPDATE schedule SET next_fire_at = date_trunc('hour', now()) - interval '2 hours'
        FROM transfer_route WHERE transfer_route.id = schedule.route_id AND transfer_route.name = 'hourly'`;
    const { fires } = await preview('hourly', '?count=4');
    expect(fires.map(({ outcome }) => outcome)).toEqual(['coalesced', 'coalesced', 'run', 'run']);
  });

  it('says that a paused route makes runs that wait', async () => {
    const body = { body: '{"reason":"x"}', headers: { 'content-type': 'application/json' } };
    await api.ask('pauseRoute', '/routes/hourly/pause', api.keys.operator, body);
    expect((await preview('hourly')).notes).toMatchObject([{ kind: 'route_paused' }]);
    await api.ask('resumeRoute', '/routes/hourly/resume', api.keys.operator, body);
  });

  it('a route without a schedule is a conflict that says so, one that does not exist is not found', async () => {
    const ask = (name: string) => api.call('GET', `/api/v1/routes/${name}/schedule/preview`, api.keys.viewer);
    expect(problemOf(await ask('nightly'))).toMatchObject({
      code: 'no_schedule',
      detail: 'The route nightly has no schedule; it runs only when asked to.',
    });
    expect(problemOf(await ask('no-such'))).toMatchObject({
      code: 'not_found',
      detail: 'There is no route "no-such".',
    });
  });

  it('makes one of an identity at a time, and says so to who asks for more', async () => {
    const client = new pg.Client({ connectionString: api.superuserUrl });
    await client.connect();
    // Somebody else's lock is what the first one takes long for.
    await client.query('BEGIN');
    await client.query('LOCK TABLE transfer_route IN ACCESS EXCLUSIVE MODE');
    const ask = (key: string) => api.call('GET', '/api/v1/routes/hourly/schedule/preview', key);
    const locked = `SELECT FROM pg_locks WHERE relation = 'transfer_route'::regclass AND NOT granted`;
    const waiting = (count: number) =>
      vi.waitFor(async () => expect((await client.query(locked)).rowCount).toBe(count));
    const first = ask(api.keys.viewer);
    await waiting(1);
    const second = await ask(api.keys.viewer);
    expect(problemOf(second)).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(Number(second.headers.get('retry-after'))).toBeGreaterThan(0);
    const unsaved = { schedule: { cron: '* * * * *', timezone: 'UTC' } };
    const other = await api.call('POST', '/api/v1/schedule/preview', api.keys.viewer, json(unsaved));
    expect(problemOf(other)).toMatchObject({ status: 429, code: 'too_many_requests' });
    const ofAnother = ask(api.keys.operator);
    await waiting(2);
    await client.query('ROLLBACK');
    await client.end();
    expect([(await first).status, (await ofAnother).status]).toEqual([200, 200]);
    expect((await ask(api.keys.viewer)).status).toBe(200);
  });

  it.each(['count=0', 'count=101', 'from=yesterday', 'from=2200-01-01', 'downUntil=1969-12-31', 'at=now'])(
    'refuses %s',
    async (query) => {
      const answer = await api.call(
        'GET',
        `/api/v1/routes/hourly/schedule/preview?${query}`,
        api.keys.viewer,
      );
      expect(problemOf(answer)).toMatchObject({ status: 400, code: 'invalid_request' });
    },
  );
});

describe('POST /schedule/preview', () => {
  const schedule = { cron: '30 2 * * *', timezone: 'America/New_York' };
  const ask = (body: object, key = api.keys.viewer) =>
    api.call('POST', '/api/v1/schedule/preview', key, json(body));

  it('says of a schedule that nobody has saved what it says of one that is', async () => {
    const moments = { from: '2026-11-01', downUntil: '2026-11-02T12:00:00Z' };
    const unsaved = await api.ask(
      'previewUnsavedSchedule',
      '/schedule/preview',
      api.keys.viewer,
      json({ schedule: { ...schedule, misfire: 'skip' }, ...moments, count: 3 }),
    );
    const saved = await preview('new-york', `?${new URLSearchParams({ ...moments, count: '3' })}`);
    expect(unsaved).toEqual({ ...saved, route: null });
  });

  it('begins now, with ten, and says when the window is closed', async () => {
    const window = { from: '20:00', to: '06:00', timezone: 'UTC' };
    const answer = await ask({ schedule: { cron: '0 12 * * *', timezone: 'UTC' }, window });
    expect(answer.status).toBe(200);
    const { fires, notes, misfire } = JSON.parse(answer.text) as SchedulePreviewObject;
    expect({ count: fires.length, notes, policy: misfire.policy }).toEqual({
      ...{ count: 10, notes: [], policy: 'run_once' },
    });
    expect(Date.parse(fires[0]!.dueAt)).toBeGreaterThan((await api.store.now()).getTime() - 5_000);
    for (const fire of fires) expect(fire.notes).toMatchObject([{ kind: 'window_closed' }]);
  });

  it.each<[string, object, string, string]>([
    ['no schedule', {}, 'body.schedule', 'expected record'],
    [
      'a cron that never fires',
      { schedule: { cron: '0 0 30 2 *', timezone: 'UTC' } },
      'body.schedule.cron',
      '',
    ],
    [
      'a zone that is misspelt',
      { schedule: { cron: '* * * * *', timezone: 'Europe/Londn' } },
      'body.schedule.timezone',
      'did you mean `Europe/London`?',
    ],
    ['a key that is none', { schedule: { ...schedule, tz: 'UTC' } }, 'body.schedule.tz', 'unknown key'],
    [
      'a window of no length',
      { schedule, window: { from: '20:00', to: '20:00', timezone: 'UTC' } },
      'body.window.to',
      'of no length',
    ],
    ['too many', { schedule, count: 101 }, 'body.count', '100'],
    ['a day that is none', { schedule, from: 'yesterday' }, 'body.from', ''],
    ['more than it takes', { schedule, route: 'hourly' }, 'body', 'route'],
  ])('refuses %s', async (_, body, path, words) => {
    const problem = problemOf(await ask(body));
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors).toContainEqual({ path, message: expect.stringContaining(words) });
  });
});
