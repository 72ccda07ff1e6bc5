import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeClient, OPERATIONS, type Page } from '#contract';
import { createApiKey, revokeApiKey } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

/** About 30 MB of lines: more than sockets take that nobody reads from. */
const MANY = 15_000;
const MANY_FROM = '2020-01-01';
const ACTOR = { kind: 'user', name: 'test' } as const;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE, { streams: { lookAtRightsEveryMs: 0 } });
  for (const route of ['nightly', 'hourly'])
    await api.call('POST', `/api/v1/routes/${route}/runs`, api.keys.operator);
});
afterAll(() => api.close());

const event = OPERATIONS.listAuditEvents.success.schema.shape.items.element;

const linesIn = (piece: Uint8Array) => Buffer.from(piece).toString('latin1').split('\n').length - 1;

async function exported(query: string, key = api.keys.auditor) {
  const answer = await api.call('GET', `/api/v1/audit/export${query}`, key);
  expect(answer.status, answer.text).toBe(200);
  expect(answer.headers.get('content-type')).toMatch(/^application\/x-ndjson/);
  expect(answer.headers.get('content-disposition')).toContain('waybill-audit.ndjson');
  const lines = answer.text.split('\n');
  expect(lines.pop()).toBe('');
  return lines.map((line) => event.parse(JSON.parse(line)));
}

async function fill({ superuserUrl }: TestApi): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  await client.query(
    `INSERT INTO audit_event (at, actor_kind, actor_name, action, object, object_id, details)
     SELECT $1::timestamptz + n * interval '1 millisecond', 'system', 'spec', 'x.many', 'process', 'p',
            jsonb_build_object('text', repeat('x', 2000))
       FROM generate_series(1, $2) AS n`,
    [MANY_FROM, MANY],
  );
  await client.end();
}

describe('GET /audit/export', () => {
  it('is what the list says, oldest first, one event a line', async () => {
    const lines = await exported('?from=2026-01-01');
    const { items } = (await api.ask('listAuditEvents', '/audit/events?limit=200')) as Page<{ id: string }>;
    expect(lines).toEqual(items.toReversed());
    expect(lines.length).toBeGreaterThan(3);
  });

  it('begins at `from` and ends before `to`', async () => {
    const lines = await exported('');
    const [first, second, third] = new Set(lines.map(({ at }) => at));
    expect(await exported(`?from=${second}&to=${third}`)).toEqual(lines.filter(({ at }) => at === second));
    expect(await exported(`?to=${first}`)).toEqual([]);
    expect(await exported('?from=2021-01-01&to=2021-02-01')).toEqual([]);
  });

  it('shows to a limited auditor what he may see and nothing else', async () => {
    const { key } = await createApiKey(api.store, api.identityKeys, {
      ...{ name: 'auditor-of-nightly', role: 'auditor', actor: ACTOR },
      routes: ['nightly'],
    });
    const lines = await exported('', key);
    expect(new Set(lines.map(({ object }) => object))).toEqual(new Set(['run']));
    expect(lines.length).toBeGreaterThan(0);
    expect(JSON.stringify(lines)).not.toContain('hourly');
  });

  it('refuses viewers and operators, and ranges that are none', async () => {
    for (const role of ['viewer', 'operator'] as const)
      expect(problemOf(await api.call('GET', '/api/v1/audit/export', api.keys[role])).status).toBe(403);
    for (const query of ['from=yesterday', 'object=run', 'to=1969-01-01'])
      expect(
        problemOf(await api.call('GET', `/api/v1/audit/export?${query}`, api.keys.auditor)),
      ).toMatchObject({ code: 'invalid_request' });
  });
});

describe('an export of much', () => {
  beforeAll(() => fill(api));

  it('gives all of many, as a stream, through the typed client', async () => {
    const client = makeClient({ url: api.url, key: api.keys.auditor });
    const stream = await client.exportAuditEvents({ query: { from: MANY_FROM, to: '2020-02-01' } });
    let lines = 0;
    for await (const piece of stream) lines += linesIn(piece);
    expect(lines).toBe(MANY);
  });

  it('waits for its reader, and is cut when the right to it is taken away', async () => {
    const name = 'soon-revoked';
    const { key } = await createApiKey(api.store, api.identityKeys, { name, role: 'auditor', actor: ACTOR });
    const stream = await makeClient({ url: api.url, key }).exportAuditEvents();
    await revokeApiKey(api.store, name, ACTOR);
    let lines = 0;
    const reading = async () => {
      for await (const piece of stream) lines += linesIn(piece);
    };
    await expect(reading()).rejects.toThrow('terminated');
    expect(lines).toBeGreaterThan(0);
    expect(lines).toBeLessThan(MANY);
  });

  it('writes no more than is taken: who reads nothing does not fill the memory', async () => {
    const name = 'idle';
    const { key } = await createApiKey(api.store, api.identityKeys, { name, role: 'auditor', actor: ACTOR });
    const idle = await makeClient({ url: api.url, key }).exportAuditEvents();
    // Begun later, read to its end: by then the other one would be written as well.
    expect(await exported('', api.keys.admin)).not.toHaveLength(0);
    const ends = (caller: string) =>
      api.logged.filter((line) => line.includes('exported') && line.includes(`"caller":"${caller}"`));
    await expect.poll(() => ends('admin').length).toBeGreaterThan(0);
    expect(ends(name)).toEqual([]);
    await idle.cancel();
  });

  it('serves two at once for one identity, and others beside it', async () => {
    const client = makeClient({ url: api.url, key: api.keys.auditor });
    const two = [await client.exportAuditEvents(), await client.exportAuditEvents()];
    const third = await api.call('GET', '/api/v1/audit/export', api.keys.auditor);
    expect(problemOf(third)).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(third.headers.get('retry-after')).not.toBeNull();
    expect(await exported('?from=2026-01-01', api.keys.admin)).not.toEqual([]);
    for (const stream of two) await stream.cancel();
    await expect
      .poll(
        async () => (await api.call('GET', '/api/v1/audit/export?from=2026-01-01', api.keys.auditor)).status,
      )
      .toBe(200);
  });

  it('is cut, and not ended, when the api ends', async () => {
    const own = await startTestApi(SAMPLE);
    await fill(own);
    const stream = await makeClient({ url: own.url, key: own.keys.auditor }).exportAuditEvents();
    const closing = own.close();
    let lines = 0;
    const reading = async () => {
      for await (const piece of stream) lines += linesIn(piece);
    };
    await expect(reading()).rejects.toThrow('terminated');
    await closing;
    expect(lines).toBeLessThan(MANY);
  });
});
