import { randomUUID } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openIncident } from '#audit';
import { fullPath, listOperations, type OperationId, type Page, type Role, type Run } from '#contract';
import { createApiKey, type Reach } from '#identity';
import { SAMPLE } from '../testing/sample-configuration.ts';
import { type Answer, json, problemOf, startTestApi, type TestApi } from '../testing/start-test-api.ts';

// Two partners with a route each, both into our inbox. Whoever asks is limited to `acme`; what he must not see is `globex`.

const ACTOR = { kind: 'user', name: 'test' } as const;
const OURS = 'acme';
const THEIRS = 'globex';

let api: TestApi;
let keys: Record<Role, string>;
let ours: Objects;
let theirs: Objects;

interface Objects {
  partner: string;
  endpoint: string;
  route: string;
  run: string;
  transfer: string;
  attempt: string;
  incident: string;
  probe: string;
  look: string;
}

beforeAll(async () => {
  const [server, inbox] = SAMPLE.endpoints;
  const [nightly] = SAMPLE.routes;
  if (server?.protocol !== 'ftps' || !inbox || !nightly) throw new Error('the sample begins with these');
  const servers = [OURS, THEIRS].map((partner) => ({ ...server, name: `${partner}-ftps`, partner }));
  api = await startTestApi({
    partners: [{ name: OURS }, { name: THEIRS }],
    endpoints: [...servers, inbox],
    routes: [OURS, THEIRS].map((partner) => ({
      ...nightly,
      name: `${partner}-in`,
      source: { ...nightly.source, endpoint: `${partner}-ftps` },
    })),
  });
  keys = Object.fromEntries(
    await Promise.all(
      (['viewer', 'operator', 'auditor', 'admin'] as const).map(async (role) => [
        role,
        await keyOf(`${role}-of-acme`, role, { partners: [OURS] }),
      ]),
    ),
  ) as Record<Role, string>;
  ours = await makeObjects(OURS);
  theirs = await makeObjects(THEIRS);
});
afterAll(() => api.close());

async function keyOf(name: string, role: Role, reach: { partners?: Reach; routes?: Reach }): Promise<string> {
  return (await createApiKey(api.store, api.identityKeys, { name, role, actor: ACTOR, ...reach })).key;
}

async function makeObjects(partner: string): Promise<Objects> {
  const { db } = api.store;
  const [endpoint, route] = [`${partner}-ftps`, `${partner}-in`];
  const run = (await api.ask('triggerRun', `/routes/${route}/runs`)) as Run;
  const { routeId } = await db.run.findUniqueOrThrow({ where: { id: run.id } });
  const transfer = await db.transfer.create({
    data: {
      runId: run.id,
      routeId,
      sourceEndpoint: endpoint,
      sourcePath: `/out/${partner}.csv`,
      sourceSizeBytes: 1n,
      sourceModified: '1',
      destinationEndpoint: 'inbox',
      destinationPath: '/1.csv',
    },
  });
  const transcript = new Uint8Array(gzipSync(partner));
  const attempt = await db.attempt.create({
    data: { transferId: transfer.id, number: 1, fence: 1, worker: 'w', transcript },
  });
  const incident = await api.store.transaction((tx) =>
    openIncident(tx, {
      kind: 'run_failed',
      object: 'route',
      objectId: routeId,
      actor: ACTOR,
      runId: run.id,
      route,
      summary: `A run of ${route} failed.`,
    }),
  );
  const probe = await db.probe.create({ data: { endpoint, requestedBy: 'anna', createdAt: new Date(0) } });
  const look = await db.look.create({
    data: {
      endpoint,
      requestedBy: 'anna',
      createdAt: new Date(0),
      selection: { path: `/${partner}-folder` },
    },
  });
  // Over, so that another one may be asked for.
  await db.probe.update({ where: { id: probe.id }, data: { state: 'done', finishedAt: new Date(0) } });
  await db.look.update({ where: { id: look.id }, data: { state: 'done', finishedAt: new Date(0) } });
  return {
    ...{ partner, endpoint, route, run: run.id, transfer: transfer.id },
    ...{ attempt: attempt.id, incident, probe: probe.id, look: look.id },
  };
}

/** Which object each operation asks for; every row of the table with a place in its address is here or below. */
const ASKS: Partial<Record<OperationId, { object: keyof Objects; body?: object }>> = {
  getPartner: { object: 'partner' },
  getEndpoint: { object: 'endpoint' },
  getRoute: { object: 'route' },
  previewSchedule: { object: 'route' },
  triggerRun: { object: 'route' },
  pauseRoute: { object: 'route', body: { reason: 'x' } },
  resumeRoute: { object: 'route' },
  pauseEndpoint: { object: 'endpoint', body: { reason: 'x' } },
  resumeEndpoint: { object: 'endpoint' },
  probeEndpoint: { object: 'endpoint' },
  getLastProbe: { object: 'endpoint' },
  getProbe: { object: 'probe' },
  lookAtEndpoint: { object: 'endpoint', body: { path: '/' } },
  getLook: { object: 'look' },
  getRun: { object: 'run' },
  cancelRun: { object: 'run' },
  rerunRun: { object: 'run' },
  streamRunEvents: { object: 'run' },
  getTransfer: { object: 'transfer' },
  resolveTransfer: { object: 'transfer', body: { decision: 'resend', reason: 'x' } },
  listAttempts: { object: 'transfer' },
  getTranscript: { object: 'attempt' },
  getIncident: { object: 'incident' },
  acknowledgeIncident: { object: 'incident' },
  snoozeIncident: { object: 'incident', body: { until: '2999-01-01' } },
  resolveIncident: { object: 'incident', body: { reason: 'x' } },
};
/** Configuration, persons, keys and secrets say in their own rooms who may reach them. */
const ELSEWHERE =
  /^(change|delete)(Partner|Endpoint|Route)$|Approval$|User$|Key$|Session$|Secret$|^(put|get|delete)Secret/;

const placed = listOperations().filter(({ operation }) => /\{\w+\}/.test(operation.path));
const asking = placed.flatMap(({ id, operation }) => (ASKS[id] ? [{ id, operation, ...ASKS[id] }] : []));

function ask({ operation, body }: (typeof asking)[number], place: string, key: string): Promise<Answer> {
  const path = fullPath(operation).replace(/\{\w+\}/, place);
  const init = operation.method === 'GET' ? {} : json(body ?? {});
  return api.call(operation.method, path, key, init);
}

/** Somebody who holds a key that may do it as far as its role goes. */
function keyFor({ operation }: (typeof asking)[number]): string {
  const role = (operation.access as readonly Role[]).find((one) => one !== 'admin')!;
  return keys[role];
}

/** Hash of each table's rows: nothing is changed, added or taken away. */
async function snapshot(): Promise<unknown> {
  const tables = await api.store.db.$queryRaw<{ name: string }[]>`
    SELECT relname AS name FROM pg_class
     WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND has_table_privilege(oid, 'SELECT')
       AND relname <> 'api_key' ORDER BY relname`;
  const hashes = [];
  for (const { name } of tables)
    hashes.push(
      await api.store.db.$queryRawUnsafe(
        `SELECT '${name}' AS name, count(*)::int AS rows, md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) AS hash FROM "${name}" t`,
      ),
    );
  return [hashes, api.rung.length];
}

it('every operation with a place in its address is asked for what lies outside, here or in its own room', () => {
  expect(
    placed.map(({ id }) => id as string).filter((id) => !ASKS[id as OperationId] && !ELSEWHERE.test(id)),
  ).toEqual([]);
});

describe.each(asking)('$id', (row) => {
  it("answers another partner's object as one that is not there, and changes nothing", async () => {
    const nobodys = theirs[row.object].includes('-')
      ? /^[0-9a-f]{8}-/.test(theirs[row.object])
        ? randomUUID()
        : 'initech-in'
      : 'initech';
    const before = await snapshot();
    const foreign = await ask(row, theirs[row.object], keyFor(row));
    const unknown = await ask(row, nobodys, keyFor(row));
    expect(await snapshot()).toEqual(before);
    expect(foreign.status, foreign.text).toBe(404);
    const said = (answer: Answer, place: string) => {
      const { requestId: _, detail, ...problem } = problemOf(answer);
      return { ...problem, detail: detail?.replaceAll(place, 'PLACE') };
    };
    expect(said(foreign, theirs[row.object])).toEqual(said(unknown, nobodys));
  });

  it('answers the own one', async () => {
    const answer = await ask(row, ours[row.object], keyFor(row));
    // What does not fit the state of things is a conflict, and no secret.
    expect([200, 202, 409], answer.text).toContain(answer.status);
  });
});

describe('lists', () => {
  const LISTS = [
    ['listPartners', '/partners'],
    ['listEndpoints', '/endpoints'],
    ['listRoutes', '/routes'],
    ['listRuns', '/runs'],
    ['listTransfers', '/transfers'],
    ['listTlsNegotiations', '/tls-negotiations'],
    ['listPosture', '/posture'],
    ['listFires', '/fires'],
    ['listIncidents', '/incidents'],
    ['listAuditEvents', '/audit/events'],
  ] as const;

  it.each(LISTS)('%s shows the own partner alone, on every page, whatever is asked for', async (id, path) => {
    const everything: unknown[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = (await api.ask(
        id,
        `${path}?limit=1${cursor && `&cursor=${cursor}`}`,
        keys.auditor,
      )) as Page<unknown>;
      everything.push(...page.items);
      cursor = page.nextCursor;
    }
    const text = JSON.stringify(everything);
    for (const mark of Object.values(theirs)) expect(text).not.toContain(mark);
    if (!['listFires', 'listTlsNegotiations'].includes(id)) expect(text).toContain(OURS);
  });

  it('goes on from a place, which is no right: a cursor of somebody who sees more shows no more', async () => {
    const wide = (await api.ask('listRuns', '/runs?limit=1')) as Page<Run>;
    const page = (await api.ask('listRuns', `/runs?cursor=${wide.nextCursor}`, keys.viewer)) as Page<Run>;
    expect(page.items.every(({ route }) => route === 'acme-in')).toBe(true);
  });
});

describe('what several share', () => {
  it('an own endpoint is shown to each partner of it, and stopped, examined or answered for by none of them', async () => {
    expect(await api.ask('getEndpoint', '/endpoints/inbox', keys.viewer)).toMatchObject({ name: 'inbox' });
    const incident = await api.store.transaction((tx) =>
      openIncident(tx, {
        kind: 'login_refused',
        object: 'endpoint',
        objectId: 'inbox',
        actor: ACTOR,
        endpoint: 'inbox',
        summary: 'The inbox refused us.',
      }),
    );
    expect(await api.ask('getIncident', `/incidents/${incident}`, keys.viewer)).toMatchObject({
      id: incident,
    });
    const before = await snapshot();
    for (const path of [
      '/endpoints/inbox/pause',
      '/endpoints/inbox/resume',
      '/endpoints/inbox/probe',
      '/endpoints/inbox/looks',
      `/incidents/${incident}/ack`,
      `/incidents/${incident}/resolve`,
    ]) {
      const body = /pause|resolve/.test(path) ? { reason: 'x' } : /looks/.test(path) ? { path: '/' } : {};
      const answer = await api.call('POST', `/api/v1${path}`, keys.operator, json(body));
      expect(problemOf(answer), path).toMatchObject({ status: 403, code: 'forbidden' });
    }
    expect(await snapshot()).toEqual(before);
    // Whoever owns it may look; what he saw in it is not for those who share it.
    const look = (await api.ask(
      'lookAtEndpoint',
      '/endpoints/inbox/looks',
      api.keys.operator,
      json({ path: '/' }),
    )) as { id: string };
    expect(await api.ask('getLook', `/looks/${look.id}`)).toMatchObject({ endpoint: 'inbox' });
    expect((await api.call('GET', `/api/v1/looks/${look.id}`, keys.operator)).status).toBe(404);
    expect(
      (await api.call('POST', '/api/v1/endpoints/inbox/pause', api.keys.operator, json({ reason: 'x' })))
        .status,
    ).toBe(200);
    expect((await api.call('POST', '/api/v1/endpoints/inbox/resume', api.keys.operator)).status).toBe(200);
  });

  it('a key of one route neither sees nor stops what other routes need', async () => {
    const key = await keyOf('erp', 'operator', { routes: ['acme-in'] });
    expect(await api.ask('listRoutes', '/routes', key)).toMatchObject({ items: [{ name: 'acme-in' }] });
    expect((await api.call('GET', '/api/v1/routes/globex-in', key)).status).toBe(404);
    expect((await api.call('POST', '/api/v1/routes/globex-in/runs', key)).status).toBe(404);
    expect((await api.call('POST', '/api/v1/routes/acme-in/runs', key)).status).toBe(202);
    const pause = api.call('POST', '/api/v1/endpoints/acme-ftps/pause', key, json({ reason: 'x' }));
    expect(problemOf(await pause)).toMatchObject({ status: 403 });
  });

  it('an identity that reaches nothing sees nothing and starts nothing', async () => {
    const key = await keyOf('nobody', 'operator', { partners: [] });
    expect(await api.ask('listRuns', '/runs', key)).toEqual({ items: [], nextCursor: null });
    expect((await api.call('POST', '/api/v1/routes/acme-in/runs', key)).status).toBe(404);
  });
});

describe('what is of the whole installation', () => {
  const proxied = { headers: { 'x-forwarded-for': '203.0.113.9' } };

  it('metrics are not for who is limited: they name every endpoint', async () => {
    expect((await api.call('GET', '/api/v1/metrics', api.keys.viewer, proxied)).status).toBe(200);
    for (const role of ['viewer', 'admin'] as const)
      expect(problemOf(await api.call('GET', '/api/v1/metrics', keys[role], proxied))).toMatchObject({
        status: 403,
        code: 'forbidden',
      });
  });

  it('nor are the reasons of health', async () => {
    api.health.add('certificates', async () => 'globex-ftps shows a certificate that ends tomorrow');
    const told = async (key: string) => (await api.call('GET', '/api/v1/health/ready', key, proxied)).text;
    expect(await told(api.keys.viewer)).toContain('globex-ftps');
    expect(await told(keys.admin)).not.toContain('globex');
    api.health.add('certificates', async () => undefined);
  });
});

describe('time', () => {
  /** Both in turn, so that whatever else the machine does happens to both. */
  async function compare(
    path: (place: string) => string,
    place: string,
    nobodys: () => string,
    body?: object,
  ) {
    const times: Record<'foreign' | 'unknown', number[]> = { foreign: [], unknown: [] };
    for (let round = 0; round < 60; round++)
      for (const kind of ['foreign', 'unknown'] as const) {
        const began = performance.now();
        const method = body ? 'POST' : 'GET';
        const at = path(kind === 'foreign' ? place : nobodys());
        const { status } = await api.call(method, `/api/v1${at}`, keys.operator, body && json(body));
        expect(status).toBe(404);
        times[kind].push(performance.now() - began);
      }
    // What else this machine does only adds: the fifth fastest of sixty is near to what the api itself needs.
    const quick = (values: number[]) => values.sort((a, b) => a - b)[4]!;
    return Math.abs(quick(times.foreign) - quick(times.unknown));
  }

  const timed: { what: string; path: (place: string) => string; object: keyof Objects; body?: object }[] = [
    { what: 'a run', path: (place) => `/runs/${place}`, object: 'run' },
    { what: 'a cancel', path: (place) => `/runs/${place}/cancel`, object: 'run', body: {} },
    { what: 'a route', path: (place) => `/routes/${place}`, object: 'route' },
    { what: 'a trigger', path: (place) => `/routes/${place}/runs`, object: 'route', body: {} },
    { what: 'a transcript', path: (place) => `/attempts/${place}/transcript`, object: 'attempt' },
  ];

  it.each(timed)("does not tell another partner's from what is not there: $what", async (one) => {
    const { path, object, body } = one;
    const nobodys = () => (object === 'route' ? 'initech-in' : randomUUID());
    // Far below the 20 ms that would be measurable over a network.
    expect(await compare(path, theirs[object], nobodys, body)).toBeLessThan(5);
  });
});
