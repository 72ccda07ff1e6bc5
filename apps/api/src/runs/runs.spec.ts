import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

interface RunAnswer {
  id: string;
  state: string;
  trigger: string;
  requestedBy: string;
  idempotencyKey: string | null;
}

function trigger(route: string, idempotencyKey?: string): Promise<RunAnswer> {
  const init = idempotencyKey === undefined ? {} : { headers: { 'idempotency-key': idempotencyKey } };
  return api.ask('triggerRun', `/routes/${route}/runs`, api.keys.operator, init) as Promise<RunAnswer>;
}

function countRuns(): Promise<number> {
  return api.store.db.run.count();
}

describe('POST /routes/{name}/runs', () => {
  it('answers with the queued run, records who asked, and rings the first lane after that, which calls the others', async () => {
    const run = await trigger('nightly');
    expect(run).toMatchObject({ state: 'queued', trigger: 'api', requestedBy: 'operator' });
    expect(api.rung.filter(({ runId }) => runId === run.id).map(({ lane }) => lane)).toEqual([0]);
    const events = await api.ask('listAuditEvents', `/audit/events?runId=${run.id}`, api.keys.auditor);
    expect(events).toMatchObject({
      items: [{ action: 'run.requested', actor: { kind: 'api_key', name: 'operator' } }],
    });
  });

  it('makes one run of 100 parallel requests with one Idempotency-Key', async () => {
    const before = await countRuns();
    const runs = await Promise.all(Array.from({ length: 100 }, () => trigger('nightly', 'order-4711')));
    expect(new Set(runs.map(({ id }) => id)).size).toBe(1);
    expect(await countRuns()).toBe(before + 1);
    expect(api.rung.filter(({ runId }) => runId === runs[0]?.id)).toHaveLength(1);
  });

  it('takes the same key on another route for another run', async () => {
    const [one, other] = await Promise.all([trigger('nightly', 'both'), trigger('hourly', 'both')]);
    expect(one.id).not.toBe(other.id);
  });

  it.each([
    ['an unknown route', '/routes/nightli/runs', {}, 404, 'not_found'],
    ['a route that is switched off', '/routes/asleep/runs', {}, 409, 'route_disabled'],
    [
      'parameters that the route does not declare',
      '/routes/nightly/runs',
      json({ parameters: { day: '1' } }),
      400,
      'invalid_request',
    ],
    ['an unknown field', '/routes/nightly/runs', json({ files: ['/a'] }), 400, 'invalid_request'],
    ['a list as body', '/routes/nightly/runs', json([]), 400, 'invalid_request'],
    [
      'an Idempotency-Key with spaces',
      '/routes/nightly/runs',
      { headers: { 'idempotency-key': 'a b' } },
      400,
      'invalid_request',
    ],
    ['a name that is none', '/routes/-x/runs', {}, 400, 'invalid_request'],
  ])('refuses %s without a trace', async (_, path, init, status, code) => {
    const before = await countRuns();
    const answer = await api.call('POST', `/api/v1${path}`, api.keys.operator, init);
    expect(problemOf(answer)).toMatchObject({ status, code });
    expect(await countRuns()).toBe(before);
  });

  it('names the path of each bad field', async () => {
    const init = json({ parameters: { a: 1, b: 'x' }, extra: true });
    const answer = await api.call('POST', '/api/v1/routes/nightly/runs', api.keys.operator, init);
    expect(problemOf(answer).errors?.map(({ path }) => path)).toEqual(['body.parameters.a', 'body']);
  });
});

describe('GET /runs', () => {
  it('shows every run once over all pages, newest first, also those of one millisecond', async () => {
    // In one transaction, so that all of them have the same instant but for what the database adds.
    const route = await api.store.db.transferRoute.findUniqueOrThrow({ where: { name: 'hourly' } });
    await api.store.db.$executeRaw`
      INSERT INTO run (route_id, trigger, requested_by, created_at)
      SELECT ${route.id}::uuid, 'api', 'test', '2026-01-01T00:00:00Z'::timestamptz + (n / 3) * interval '7 microseconds'
        FROM generate_series(1, 60) AS n`;
    const seen: { id: string; createdAt: string }[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = (await api.ask(
        'listRuns',
        `/runs?route=hourly&limit=7${cursor && `&cursor=${cursor}`}`,
      )) as {
        items: typeof seen;
        nextCursor: string | null;
      };
      expect(page.items.length).toBeLessThanOrEqual(7);
      seen.push(...page.items);
      cursor = page.nextCursor;
    }
    expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
    expect(seen.length).toBe(await api.store.db.run.count({ where: { routeId: route.id } }));
    const expected = await api.store.db.$queryRaw<{ id: string }[]>`
      SELECT id::text FROM run WHERE route_id = ${route.id}::uuid ORDER BY created_at DESC, id DESC`;
    expect(seen.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  });

  it('filters by partner and by what set it off', async () => {
    const count = async (query: string) =>
      ((await api.ask('listRuns', `/runs?limit=200&${query}`)) as { items: unknown[] }).items.length;
    const all = await count('');
    expect(all).toBeGreaterThan(60);
    expect([await count('partner=acme'), await count('trigger=api')]).toEqual([all, all]);
    expect(await count('partner=other')).toBe(0);
    expect(await count('partner=nobody')).toBe(0);
    expect(await count('partner=acme&trigger=schedule')).toBe(0);
    expect(await count('partner=acme&route=nightly')).toBe(await count('route=nightly'));
  });

  it('filters by state and instant', async () => {
    const old = await api.ask('listRuns', '/runs?until=2026-01-02&limit=200');
    expect((old as { items: unknown[] }).items).toHaveLength(60);
    expect(await api.ask('listRuns', '/runs?state=held')).toEqual({ items: [], nextCursor: null });
  });

  it.each([
    'limit=0',
    'limit=201',
    'limit=x',
    'state=done',
    'since=yesterday',
    'stat=held',
    'state=held&state=failed',
  ])('refuses ?%s', async (query) => {
    expect(problemOf(await api.call('GET', `/api/v1/runs?${query}`, api.keys.viewer)).code).toBe(
      'invalid_request',
    );
  });

  it('refuses a cursor of another list and one that is none', async () => {
    const other = Buffer.from('transfers:0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11').toString('base64url');
    for (const cursor of [other, 'AAAA', Buffer.from('runs:1').toString('base64url')])
      expect(problemOf(await api.call('GET', `/api/v1/runs?cursor=${cursor}`, api.keys.viewer)).code).toBe(
        'invalid_cursor',
      );
  });
});

describe('a single run', () => {
  it('is found by its id, and cancelled once', async () => {
    const run = await trigger('nightly');
    expect(await api.ask('getRun', `/runs/${run.id}`, api.keys.viewer)).toMatchObject({ id: run.id });
    const cancelled = await api.ask(
      'cancelRun',
      `/runs/${run.id}/cancel`,
      api.keys.operator,
      json({ reason: 'test' }),
    );
    expect(cancelled).toMatchObject({ id: run.id, state: 'cancelled' });
    const again = await api.call('POST', `/api/v1/runs/${run.id}/cancel`, api.keys.operator);
    expect(problemOf(again).code).toBe('run_finished');
  });

  it('is not found under an id that is none or nobody has', async () => {
    const unknown = await api.call(
      'GET',
      '/api/v1/runs/0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11',
      api.keys.viewer,
    );
    expect(problemOf(unknown).code).toBe('not_found');
    expect(problemOf(await api.call('GET', '/api/v1/runs/1', api.keys.viewer)).code).toBe('invalid_request');
  });
});
