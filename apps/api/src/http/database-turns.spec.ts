import pg from 'pg';
import { expect, it, vi } from 'vitest';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, problemOf, startTestApi } from '../../testing/start-test-api.ts';

const MANY = 210;

it.each([
  ['transfers', '/transfers?name=*a*b*', 'transfer'],
  ['the posture', '/posture?limit=200', 'tls_negotiation'],
])(
  'lets slow searches of one identity (%s) take turns, so that others find a connection; too many are refused',
  async (_, path, table) => {
    const api = await startTestApi(SAMPLE);
    const client = new pg.Client({ connectionString: api.superuserUrl });
    await client.connect();
    // Somebody else's lock is the longest search there is.
    await client.query('BEGIN');
    await client.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    const answers: Answer[] = [];
    const asked = Array.from({ length: MANY }, async () => {
      answers.push(await api.call('GET', `/api/v1${path}`, api.keys.viewer));
    });
    await vi.waitFor(() => expect(answers).toHaveLength(MANY - 4 - 200), { timeout: 10_000 });
    for (const answer of answers) {
      expect(problemOf(answer)).toMatchObject({ status: 429, code: 'too_many_requests' });
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
    }
    const waiting = `SELECT FROM pg_locks WHERE relation = '${table}'::regclass AND NOT granted`;
    await vi.waitFor(async () => expect((await client.query(waiting)).rowCount).toBeGreaterThanOrEqual(4));
    expect((await api.call('GET', '/api/v1/routes', api.keys.operator)).status).toBe(200);
    // A connection each.
    expect((await client.query(waiting)).rowCount).toBe(4);
    await client.query('ROLLBACK');
    await client.end();
    await Promise.all(asked);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(204);
    expect((await api.call('GET', '/api/v1/transfers', api.keys.viewer)).status).toBe(200);
    await api.close();
  },
);
