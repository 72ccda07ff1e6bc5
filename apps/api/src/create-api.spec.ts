import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Health, Metrics } from '#telemetry';
import { SAMPLE } from '../testing/sample-configuration.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { createApi, hiddenRoutes } from './create-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

function another(apiPort: number, health = new Health()) {
  return createApi({
    ...api,
    config: { ...api.config, apiPort },
    queue: { ring: async () => undefined },
    metrics: new Metrics(),
    health,
    log: api.log,
  });
}

describe('createApi', () => {
  it('says that the port is taken instead of pretending to listen', async () => {
    await expect(another(Number(new URL(api.url).port)).listen()).rejects.toMatchObject({
      code: 'EADDRINUSE',
    });
  });

  it('has no address before it listens', () => {
    expect(() => another(0).url).toThrow('does not listen');
  });

  it('finishes requests under way when it is closed, and takes no new ones', async () => {
    const health = new Health();
    const { promise: asked, resolve: ask } = Promise.withResolvers<void>();
    const { promise: answer, resolve: goOn } = Promise.withResolvers<undefined>();
    health.add('slow', () => {
      ask();
      return answer;
    });
    const second = another(0, health);
    await second.listen();
    const url = `${second.url}/api/v1/health/ready`;
    const response = fetch(url);
    await asked;
    const closed = second.close();
    await expect(fetch(url)).rejects.toThrow();
    goOn(undefined);
    expect((await response).status).toBe(200);
    await closed;
  });

  it('accepts a run while the queue is away: the sweep rings later', async () => {
    const second = createApi({
      ...api,
      config: api.config,
      queue: { ring: () => Promise.reject(new Error('away')) },
      metrics: new Metrics(),
      log: api.log,
    });
    await second.listen();
    const response = await fetch(`${second.url}/api/v1/routes/nightly/runs`, {
      method: 'POST',
      headers: { authorization: `Bearer ${api.keys.operator}` },
    });
    expect(response.status).toBe(202);
    expect(api.logged.join('')).toContain('did not take the doorbell');
    await second.close();
  });
});

it('does not start where one address stands behind another one that takes its requests', () => {
  const [list, one, file, cancel] = [
    'GET /runs',
    'GET /runs/:id',
    'GET /runs/export',
    'POST /runs/:id/cancel',
  ];
  expect(hiddenRoutes([list, file, one, cancel])).toEqual([]);
  expect(hiddenRoutes([list, one, file, cancel])).toEqual([file]);
  expect(hiddenRoutes(['GET /a.b', 'GET /axb', 'POST /a/:id', 'GET /a/b'])).toEqual([]);
});

it('gives up a search that takes too long, at the database as well, and says so', async () => {
  const slow = await startTestApi(SAMPLE, { statementMs: 300 });
  const client = new pg.Client({ connectionString: slow.superuserUrl });
  await client.connect();
  // Somebody else's lock is the longest search there is.
  await client.query('BEGIN');
  await client.query('LOCK TABLE transfer IN ACCESS EXCLUSIVE MODE');
  const { status, text } = await slow.call('GET', '/api/v1/transfers?name=*a*b*', slow.keys.viewer);
  expect(status).toBe(503);
  expect(JSON.parse(text)).toMatchObject({
    code: 'unavailable',
    detail: expect.stringContaining('took too long'),
  });
  const waiting = await client.query(`SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock'`);
  expect(waiting.rowCount).toBe(0);
  await client.query('ROLLBACK');
  await client.end();
  expect((await slow.call('GET', '/api/v1/transfers', slow.keys.viewer)).status).toBe(200);
  await slow.close();
});

it('answers 503 while the database is away, and says so', async () => {
  const lonely = await startTestApi(SAMPLE);
  await lonely.stopDatabase();
  const { status, text } = await lonely.call('GET', '/api/v1/runs', lonely.keys.viewer);
  expect(status).toBe(503);
  expect(JSON.parse(text)).toMatchObject({ code: 'unavailable', detail: 'The database does not answer.' });
  await lonely.close();
});
