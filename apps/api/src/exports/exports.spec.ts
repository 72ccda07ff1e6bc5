import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Client, collectPages, type Me, makeClient, OPERATIONS, valueAt } from '#contract';
import { createApiKey, createUser, revokeApiKey } from '#identity';
import { readCsv } from '../../testing/read-csv.ts';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

/** About 30 MB as a file: more than sockets take that nobody reads from. */
const MANY = 10_000;
/** The many are older than everything else. */
const AFTER_MANY = '2025-01-01';
const FEW = 40;
const ACTOR = { kind: 'user', name: 'test' } as const;
const HOSTILE = ['=1+1.csv', '+1', '-1', '@x', 'gpj\u202efdp.exe', 'a"b,c;=d', 'tab\t.csv', '😀 Ü.csv'];

let api: TestApi;
let client: Client;
let oneRun: string;
beforeAll(async () => {
  api = await startTestApi(SAMPLE, { streams: { lookAtRightsEveryMs: 0 } });
  client = makeClient({ url: api.url, key: api.keys.viewer });
  await furnish(api);
  oneRun = (await api.store.db.run.findFirstOrThrow()).id;
});
afterAll(() => api.close());

/** Three are of the same moment each: their order is that of their ids. */
async function furnish({ superuserUrl }: TestApi): Promise<void> {
  const database = new pg.Client({ connectionString: superuserUrl });
  await database.connect();
  await database.query(
    `INSERT INTO run (route_id, trigger, requested_by, state, created_at, finished_at, error_code, parameters)
     SELECT route.id, CASE n % 2 WHEN 0 THEN 'operator' ELSE 'api' END, '=cmd', CASE n % 3 WHEN 0 THEN 'failed' ELSE 'queued' END,
            '2026-01-01'::timestamptz + n / 3 * interval '1 hour', CASE n % 3 WHEN 0 THEN now() END, CASE n % 3 WHEN 0 THEN 'disk_full' END, '{"day": "1"}'
       FROM generate_series(1, $1::int) AS n JOIN transfer_route route ON route.name = CASE n % 4 WHEN 0 THEN 'hourly' ELSE 'nightly' END`,
    [FEW],
  );
  const transfers = `INSERT INTO transfer (run_id, route_id, source_endpoint, source_path, source_size_bytes, source_modified,
      destination_endpoint, destination_path, state, sha256, size_bytes, error_code, error_detail, created_at, finished_at)
    SELECT run.id, run.route_id, 'acme-ftps', '/out/' || n || '.csv', n, gen_random_uuid()::text, 'inbox', '/' || n,`;
  await database.query(
    `${transfers} 'failed', NULL, NULL, 'permission_denied', repeat('x', 2500), '2020-01-01'::timestamptz + n / 3 * interval '1 second', now()
       FROM generate_series(1, $1::int) AS n, (SELECT * FROM run ORDER BY id LIMIT 1) AS run`,
    [MANY],
  );
  await database.query(
    `${transfers} CASE n % 3 WHEN 0 THEN 'failed' ELSE 'planned' END, CASE n % 2 WHEN 1 THEN repeat('ab', 32) END,
            CASE n % 2 WHEN 1 THEN n END, NULL, NULL, run.created_at + n / 3 * interval '1 minute',
            CASE n % 3 WHEN 0 THEN now() END
       FROM generate_series(1, 10) AS n, run`,
  );
  await database.query(
    `INSERT INTO tls_negotiation (id, run_id, endpoint_id, endpoint, session_id, channel, command, mode, protocol, cipher, resumed,
       peer_certificates, name_check, pin_check, chain_check, verdict, error, started_at, handshake_ms)
     SELECT gen_random_uuid(), run.id, endpoint.id, endpoint.name, run.id, CASE n % 2 WHEN 0 THEN 'control' ELSE 'data' END, 'RETR',
            'explicit', CASE n % 3 WHEN 0 THEN 'TLSv1.2' ELSE 'TLSv1.3' END, 'TLS_AES_256_GCM_SHA384', n % 4 = 0, '[]', 'passed',
            'not_applicable', 'passed', CASE n % 5 WHEN 0 THEN 'refused' ELSE 'accepted' END, CASE n % 5 WHEN 0 THEN 'no' END,
            run.created_at + n / 3 * interval '1 ms', 1.25
       FROM generate_series(1, 13) AS n, run JOIN endpoint ON endpoint.name = 'acme-ftps'`,
  );
  for (const name of HOSTILE)
    await database.query(
      `${transfers.replace("'/out/' || n || '.csv'", '$1::text')} 'planned', NULL, NULL, NULL, NULL, '2027-01-01', NULL
         FROM generate_series(1, 1) AS n, (SELECT * FROM run ORDER BY id LIMIT 1) AS run`,
      [name],
    );
  await database.query('ANALYZE');
  await database.end();
}

const LISTS = [
  { list: 'listRuns', file: 'exportRuns', path: '/runs', name: 'waybill-runs' },
  { list: 'listTransfers', file: 'exportTransfers', path: '/transfers', name: 'waybill-transfers' },
  {
    list: 'listTlsNegotiations',
    file: 'exportTlsNegotiations',
    path: '/tls-negotiations',
    name: 'waybill-tls-negotiations',
  },
] as const;
type List = (typeof LISTS)[number]['list'];

function get(path: string, query: Record<string, string> = {}, key = api.keys.viewer) {
  return api.call('GET', `/api/v1${path}/export?${new URLSearchParams(query)}`, key);
}

async function rowsOf(path: string, query: Record<string, string>, key?: string): Promise<object[]> {
  const answer = await get(path, { format: 'json', ...query }, key);
  expect(answer.status, answer.text).toBe(200);
  return JSON.parse(answer.text) as object[];
}

/** The list page by page, as whoever looks at it does. */
function shown(
  list: List,
  query: Record<string, string>,
  { key = api.keys.viewer, limit }: { key?: string; limit?: number } = {},
): Promise<object[]> {
  return collectPages(makeClient({ url: api.url, key }), list, { query } as never, limit);
}

/** The fields of its objects, all of each. */
const wholeOf = (list: List) =>
  Object.keys(OPERATIONS[list].success.schema.shape.items.element.shape).join(',');

async function makeKey(name: string, reach: { routes?: string[] } = {}): Promise<string> {
  return (await createApiKey(api.store, api.identityKeys, { name, role: 'viewer', actor: ACTOR, ...reach }))
    .key;
}

/** What a filter may be asked for: something that some have, and something that nobody has. */
const FILTERS: Readonly<Record<string, readonly string[]>> = {
  route: ['nightly', 'hourly', 'asleep'],
  partner: ['acme', 'other'],
  endpoint: ['acme-ftps', 'inbox', 'nowhere'],
  trigger: ['operator', 'schedule'],
  since: ['2026-01-01T03:00:00Z', AFTER_MANY],
  until: ['2026-01-01T08:00:00Z'],
  from: ['2026-01-01T03:00:00Z'],
  to: ['2026-01-01T08:00:00Z'],
  name: ['*.csv', '?.csv', '*1*'],
  contains: ['out', '.CSV'],
  sha256: ['ab'.repeat(32)],
  sha256Prefix: ['ab'.repeat(4)],
  version: ['TLSv1.2', 'TLSv1.3'],
  cipher: ['TLS_AES_256_GCM_SHA384'],
  verdict: ['accepted', 'refused'],
  resumed: ['true', 'false'],
  channel: ['control', 'data'],
  attemptId: ['0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11'],
};
const STATES: Readonly<Record<List, readonly string[]>> = {
  listRuns: ['failed', 'queued', 'delivered'],
  listTransfers: ['planned', 'failed', 'held'],
  listTlsNegotiations: [],
};

describe.each(LISTS)('GET $path/export', ({ list, file, path, name }) => {
  const filters = Object.keys(OPERATIONS[list].query.shape).filter(
    (one) => !['cursor', 'limit'].includes(one),
  );

  const valuesOf = (filter: string) => {
    if (filter === 'runId') return [oneRun];
    const values = filter === 'state' ? STATES[list] : FILTERS[filter];
    if (!values) throw new Error(`What is ${list} narrowed to by ${filter}? Add values to FILTERS.`);
    return values;
  };

  it('can be narrowed by what the list can be narrowed by', () => {
    const own = ['format', 'columns', 'limit'];
    expect(Object.keys(OPERATIONS[file].query.shape).filter((one) => !own.includes(one))).toEqual(filters);
  });

  it('is the list, whatever it is narrowed by', async () => {
    const alone = filters.flatMap((one) => valuesOf(one).map((value) => ({ [one]: value })));
    const together = fc.sample(
      fc
        .subarray(filters, { minLength: 2, maxLength: 3 })
        .chain((some) =>
          fc.record(Object.fromEntries(some.map((one) => [one, fc.constantFrom(...valuesOf(one))]))),
        ),
      { numRuns: 12, seed: 20261121 },
    );
    const lengths = new Set<number>();
    for (const narrowed of [{}, ...alone, ...together]) {
      // What the many would add is seen below.
      const asked = { ...(path === '/transfers' && { since: AFTER_MANY }), ...narrowed };
      const rows = await rowsOf(path, { ...asked, columns: wholeOf(list) });
      expect(rows, JSON.stringify(asked)).toEqual(await shown(list, asked));
      lengths.add(rows.length);
    }
    expect(lengths.size).toBeGreaterThan(4);
  });

  it('says the same in every format, with the columns of all values', async () => {
    const narrowed = path === '/transfers' ? { until: '2026-12-31' } : {};
    const items = await shown(list, narrowed, { limit: 25 });
    const query = { ...narrowed, limit: '25' };
    const [csv, ndjson] = await Promise.all(
      ['csv', 'ndjson'].map((format) => get(path, { ...query, format })),
    );
    const rows = await rowsOf(path, query);
    expect(
      ndjson!.text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual(rows);
    const [head, ...lines] = readCsv(csv!.text);
    expect(head).toEqual(Object.keys(rows[0]!));
    expect(rows).toEqual(
      items.map((item) => Object.fromEntries(head!.map((column) => [column, valueAt(item, column) ?? null]))),
    );
    expect(lines.map((line) => line.map((cell) => cell.replace(/^'/, '')))).toEqual(
      rows.map((row) => Object.values(row).map((value) => String(value ?? ''))),
    );
    expect([csv, ndjson].map((one) => one!.headers.get('content-type'))).toEqual([
      'text/csv; charset=utf-8',
      'application/x-ndjson',
    ]);
    expect(csv!.headers.get('content-disposition')).toBe(`attachment; filename="${name}.csv"`);
    expect(ndjson!.headers.get('content-disposition')).toBe(`attachment; filename="${name}.ndjson"`);
  });

  it('ends after `limit`, with the first of the list, also where there are several pieces', async () => {
    for (const limit of [1, 7, 501]) {
      const rows = await rowsOf(path, { limit: String(limit), columns: 'id' });
      const all = await shown(list, {}, { limit });
      expect(rows).toEqual(all.map((item) => ({ id: valueAt(item, 'id') })));
    }
  });

  it('refuses columns that there are none of, names the nearest, and what is no number', async () => {
    for (const [query, says] of [
      [{ columns: 'id,strtedAt' }, 'query.columns: there is no column `strtedAt`; did you mean `startedAt`?'],
      [{ columns: 'id,id' }, 'query.columns: names a column twice'],
      [{ columns: '' }, 'query.columns: there is no column ``'],
      [{ columns: '__proto__' }, 'query.columns: there is no column `__proto__`'],
      [{ limit: '0' }, 'query.limit: '],
      [{ format: 'xlsx' }, 'query.format: '],
      [{ cursor: 'x' }, 'query: Unrecognized key'],
    ] as const) {
      const problem = problemOf(await get(path, query));
      expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
      expect(problem.detail).toContain(says);
    }
  });

  it('shows to who is limited to a route what the list shows him', async () => {
    const key = await makeKey(`of-hourly-${name}`, { routes: ['hourly'] });
    const query = path === '/transfers' ? { since: AFTER_MANY } : {};
    const own = await rowsOf(path, { ...query, columns: wholeOf(list) }, key);
    expect(own).toEqual(await shown(list, query, { key }));
    expect(own.length).toBeGreaterThan(0);
    expect(own.length).toBeLessThan((await rowsOf(path, query)).length);
    if (path !== '/tls-negotiations')
      expect(new Set(own.map((row) => valueAt(row, 'route')))).toEqual(new Set(['hourly']));
    expect((await get(path, query, undefined)).status).toBe(200);
    expect((await api.call('GET', `/api/v1${path}/export`)).status).toBe(401);
  });
});

describe('an export of transfers', () => {
  it('is one list in JSON and a line of columns in CSV where there is nothing', async () => {
    const query = { sha256: 'c'.repeat(64), columns: 'id,error.code' };
    expect((await get('/transfers', { ...query, format: 'json' })).text).toBe('[\n]\n');
    expect((await get('/transfers', { ...query, format: 'ndjson' })).text).toBe('');
    expect((await get('/transfers', query)).text).toBe('id,error.code\r\n');
  });

  it('makes names of strangers harmless in CSV, and leaves them as they are in JSON', async () => {
    const query = { since: '2027-01-01', columns: 'sourcePath' };
    const names = (await rowsOf('/transfers', query)).map((row) => valueAt(row, 'sourcePath'));
    expect(names.toSorted()).toEqual(HOSTILE.toSorted());
    const bytes = await fetch(`${api.url}/api/v1/transfers/export?${new URLSearchParams(query)}`, {
      headers: { authorization: `Bearer ${api.keys.viewer}` },
    }).then((answer) => answer.arrayBuffer());
    const text = Buffer.from(bytes).toString();
    expect(text.startsWith('\ufeffsourcePath\r\n')).toBe(true);
    expect(text.trimEnd().split('\r\n').slice(1).toSorted()).toEqual(
      [
        "'=1+1.csv",
        "'+1",
        "'-1",
        "'@x",
        'gpj\\u{202e}fdp.exe',
        '"a""b,c\\u{3b}=d"',
        'tab\\u{9}.csv',
        '😀 Ü.csv',
      ].toSorted(),
    );
    const lines = (await get('/transfers', { ...query, format: 'ndjson' })).text;
    expect(lines).not.toMatch(/[\t\u202e]/);
    expect(lines).toContain('gpj\\u202efdp.exe');
  });

  it('is a link in a browser: the cookie alone opens it, and HEAD says what it would be', async () => {
    const { password } = await createUser(
      api.store,
      api.identityKeys,
      { name: 'anna', role: 'viewer', partners: 'all' },
      ACTOR,
    );
    const signedIn = await api.call('POST', '/api/v1/sign-in', undefined, json({ name: 'anna', password }));
    const headers = { cookie: signedIn.headers.get('set-cookie')!.split(';')[0]! };
    const { session } = JSON.parse(signedIn.text) as Me;
    const chosen = await api.call('POST', '/api/v1/me/password', undefined, {
      ...json({ current: password, next: 'correct horse battery' }),
      headers: {
        ...headers,
        'content-type': 'application/json',
        origin: api.url,
        'x-waybill-csrf': session!.csrfToken,
      },
    });
    expect(chosen.status, chosen.text).toBe(204);
    const path = '/api/v1/transfers/export?limit=3';
    const link = await api.call('GET', path, undefined, { headers });
    expect([link.status, readCsv(link.text).length]).toEqual([200, 4]);
    const head = await api.call('HEAD', path, undefined, { headers });
    expect([head.status, head.headers.get('content-type')]).toEqual([200, 'text/csv; charset=utf-8']);
  });
});

describe('an export of much', () => {
  it('gives every row once, in the order of the list, through the typed client', async () => {
    const stream = await client.exportTransfers({
      query: { until: AFTER_MANY, columns: 'id,sourceSizeBytes' },
    });
    const [, ...rows] = readCsv(await new Response(stream).text());
    const all = await api.store.db.transfer.findMany({
      where: { createdAt: { lt: new Date(AFTER_MANY) } },
      orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
    });
    expect(all).toHaveLength(MANY);
    expect(rows).toEqual(all.map(({ id, sourceSizeBytes }) => [id, String(sourceSizeBytes)]));
  });

  it('waits for its reader, and is cut when the right to it is taken away', async () => {
    const key = await makeKey('soon-revoked');
    const stream = await makeClient({ url: api.url, key }).exportTransfers();
    await revokeApiKey(api.store, 'soon-revoked', ACTOR);
    let lines = 0;
    const reading = async () => {
      for await (const piece of stream) lines += Buffer.from(piece).toString('latin1').split('\n').length - 1;
    };
    await expect(reading()).rejects.toThrow('terminated');
    expect(lines).toBeGreaterThan(0);
    expect(lines).toBeLessThan(MANY);
    const said = api.logged.filter((line) => line.includes('"caller":"soon-revoked"')).join('');
    expect(said).toContain('"export broke off"');
    expect(said).not.toContain('"exported"');
  });

  it('writes no more than is taken: who reads nothing does not fill the memory', async () => {
    const key = await makeKey('idle');
    const idle = await makeClient({ url: api.url, key }).exportTransfers({
      query: { until: AFTER_MANY, limit: MANY * 0.8 },
    });
    // More, begun later and read to its end: by then the other one would be written as well.
    expect((await get('/transfers', { until: AFTER_MANY }, api.keys.operator)).status).toBe(200);
    const ends = (caller: string) =>
      api.logged.filter((line) => line.includes('"exported"') && line.includes(`"caller":"${caller}"`));
    await expect.poll(() => ends('operator').length).toBeGreaterThan(0);
    expect(ends('idle')).toEqual([]);
    await idle.cancel();
  });

  it('has its places with all other exports: two for one identity', async () => {
    const two = await Promise.all(
      [1, 2].map(() => makeClient({ url: api.url, key: api.keys.auditor }).exportTransfers()),
    );
    const status = async (path: string, key: string) =>
      (await api.call('GET', `/api/v1${path}/export?limit=1`, key)).status;
    for (const path of ['/runs', '/tls-negotiations']) expect(await status(path, api.keys.auditor)).toBe(429);
    expect((await api.call('GET', '/api/v1/audit/export', api.keys.auditor)).status).toBe(429);
    expect(await status('/runs', api.keys.admin)).toBe(200);
    for (const stream of two) await stream.cancel();
    await expect.poll(() => status('/runs', api.keys.auditor)).toBe(200);
  });
});
