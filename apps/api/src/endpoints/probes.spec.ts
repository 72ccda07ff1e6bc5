import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LookObject, ProbeObject } from '#contract';
import { claimLook, claimProbe, finishLook, finishProbe } from '#store';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const BELOW = '/endpoints/acme-ftps/probe';
const PATH = `/api/v1${BELOW}`;
const NO_SUCH_ID = '0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

describe('POST /endpoints/{name}/probe', () => {
  it.each(['viewer', 'auditor'] as const)('is refused to a %s, with no row', async (role) => {
    expect(problemOf(await api.call('POST', PATH, api.keys[role])).status).toBe(403);
    expect(await api.store.db.probe.count()).toBe(0);
  });

  it.each([['in'], ['../in'], ['/in\r\nDELE x'], [''], ['/a\u0000']])(
    'refuses the folder %j',
    async (folder) => {
      const answer = await api.call('POST', PATH, api.keys.operator, json({ folder }));
      expect(problemOf(answer).status).toBe(400);
      expect(await api.store.db.probe.count()).toBe(0);
    },
  );

  it('is 404 for an endpoint that does not exist, and for one never examined', async () => {
    const unknown = PATH.replace('acme-ftps', 'nope');
    expect(problemOf(await api.call('POST', unknown, api.keys.operator, json({}))).status).toBe(404);
    expect(problemOf(await api.call('GET', unknown, api.keys.viewer)).status).toBe(404);
    expect(problemOf(await api.call('GET', PATH, api.keys.viewer)).detail).toMatch(/never examined/);
    expect(problemOf(await api.call('GET', `/api/v1/probes/${NO_SUCH_ID}`, api.keys.viewer)).status).toBe(
      404,
    );
  });

  it('queues one, tells everybody what it has found so far, and refuses the next one in words', async () => {
    const asked = (await api.ask(
      'probeEndpoint',
      BELOW,
      api.keys.operator,
      json({ folder: '/in', workerTag: 'dmz' }),
    )) as ProbeObject;
    const wanted = { folder: '/in', workerTag: 'dmz' };
    expect(asked).toMatchObject({ endpoint: 'acme-ftps', state: 'queued', ...wanted, findings: [] });
    const again = problemOf(await api.call('POST', PATH, api.keys.operator, json({})));
    expect(again).toMatchObject({ status: 409, code: 'probe_under_way' });
    expect(again.detail).toMatch(/waits for a worker/);

    const findings = [
      { step: 'name', outcome: 'failed' as const, says: 'No.', set: { 'tls.pins': ['sha256/x'] }, ms: 3 },
    ];
    await api.store.transaction((tx) => claimProbe(tx, { worker: 'w1', tags: ['dmz'] }, 60_000));
    await api.store.transaction((tx) => finishProbe(tx, asked.id, 'w1', { findings, profile: null }));
    for (const [id, path] of [
      ['getProbe', `/probes/${asked.id}`],
      ['getLastProbe', BELOW],
    ] as const)
      expect(await api.ask(id, path, api.keys.viewer)).toMatchObject({
        id: asked.id,
        state: 'done',
        findings,
      });

    const soon = problemOf(await api.call('POST', PATH, api.keys.admin, json({})));
    expect(soon).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(soon.detail).toMatch(/Ask again in \d+ s/);
  });

  it('is an audit event with the name of who asked', async () => {
    const events = await api.store.db.auditEvent.findMany({ where: { action: 'endpoint.probe_requested' } });
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      object: 'endpoint',
      objectId: 'acme-ftps',
      actorKind: 'api_key',
      details: { folder: '/in' },
    });
  });
});

describe('POST /endpoints/{name}/looks', () => {
  const looks = '/endpoints/acme-ftps/looks';
  const ask = (body: unknown, key = api.keys.operator) =>
    api.call('POST', `/api/v1${looks}`, key, json(body as object));

  it.each(['viewer', 'auditor'] as const)('is refused to a %s, with no row', async (role) => {
    expect(problemOf(await ask({ path: '/in' }, api.keys[role])).status).toBe(403);
    expect(await api.store.db.look.count()).toBe(0);
  });

  it.each<[string, object, string, string]>([
    ['no path', {}, 'body.path', 'is missing'],
    ['a path that is none', { path: '../in' }, 'body.path', 'is not absolute'],
    ['a path with a line break', { path: '/in\r\nDELE x' }, 'body.path', 'control characters'],
    ['an endpoint of its own', { path: '/in', endpoint: 'inbox' }, 'body.endpoint', 'in the address'],
    ['a key that is misspelt', { path: '/in', selekt: ['*'] }, 'body.selekt', 'did you mean `select`?'],
    ['globs beside an expression', { path: '/', select: ['*'], regex: '.*' }, 'body.select', 'exclude each'],
    ['an expression that is none', { path: '/', regex: '(?=a)' }, 'body.regex', 'no look-around'],
    ['one marker for all', { path: '/', marker: 'all.done' }, 'body.marker', 'it needs {name}'],
    ['an endless wait', { path: '/', settleMs: 4e6 }, 'body.settleMs', 'at most 3600000'],
    ['a parameter', { path: '/in/{param.day}' }, 'body.path', 'a look has no values for parameters'],
    ['a parameter in a glob', { path: '/', select: ['a', '{param.x}*'] }, 'body.select.1', '{param.x}'],
  ])('refuses %s in the words of a route, with no row', async (_, body, path, words) => {
    const problem = problemOf(await ask(body));
    expect(problem).toMatchObject({ status: 400, code: 'invalid_request' });
    expect(problem.errors).toContainEqual({ path, message: expect.stringContaining(words) });
    expect(await api.store.db.look.count()).toBe(0);
  });

  it('is a conflict at an endpoint that is paused, and says who did that', async () => {
    await api.ask(
      'pauseEndpoint',
      '/endpoints/acme-ftps/pause',
      api.keys.operator,
      json({ reason: 'moves' }),
    );
    const problem = problemOf(await ask({ path: '/in' }));
    expect(problem).toMatchObject({ status: 409, code: 'endpoint_paused' });
    expect(problem.detail).toContain('was paused by operator (moves)');
    await api.ask('resumeEndpoint', '/endpoints/acme-ftps/resume', api.keys.operator, json({}));
    expect(await api.store.db.look.count()).toBe(0);
  });

  it('queues one with its defaults, shows what it has seen as text, and refuses the next one in words', async () => {
    const wish = { path: '/in', select: ['*.csv'], settleMs: 0 };
    const asked = (await api.ask(
      'lookAtEndpoint',
      `${looks}?workerTag=dmz`,
      api.keys.operator,
      json(wish),
    )) as LookObject;
    expect(asked).toMatchObject({
      ...{ endpoint: 'acme-ftps', workerTag: 'dmz', requestedBy: 'operator', state: 'queued', path: '/in' },
      source: { path: '/in', select: ['*.csv'], exclude: [], recursive: false, settleMs: 0 },
      ...{ files: [], seen: 0, matched: 0, leftOut: {}, error: null, finishedAt: null },
    });
    expect(asked.source).not.toHaveProperty('endpoint');
    expect(problemOf(await ask(wish))).toMatchObject({
      ...{ status: 409, code: 'look_under_way' },
      detail: expect.stringMatching(/^A look at acme-ftps waits for a worker already/),
    });

    const hostile = '/in/<img src=x onerror=alert(1)>\u202etxt.csv';
    const facts = { sizeBytes: 7n, modified: '20261121090000', says: null };
    const files = [
      { path: hostile, ...facts, why: null },
      { path: '/in/b.txt', ...facts, why: 'not_selected' as const },
    ];
    const result = { files, seen: 2, matched: 1, leftOut: { not_selected: 1 } };
    await api.store.transaction((tx) => claimLook(tx, { worker: 'w1', tags: ['dmz'] }, 60_000));
    await api.store.transaction((tx) => finishLook(tx, asked.id, 'w1', { result }));
    expect(await api.ask('getLook', `/looks/${asked.id}`, api.keys.auditor)).toMatchObject({
      ...{ id: asked.id, state: 'done', seen: 2, matched: 1, leftOut: { not_selected: 1 } },
      files: [
        { path: hostile, sizeBytes: 7, matches: true, why: null },
        { path: '/in/b.txt', matches: false, why: 'not_selected' },
      ],
    });
    const soon = await ask(wish, api.keys.admin);
    expect(problemOf(soon)).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(Number(soon.headers.get('retry-after'))).toBeLessThanOrEqual(10);
  });

  it('is shown to those who may look into the dialogue, and is no file of a viewer', async () => {
    const { id } = await api.store.db.look.findFirstOrThrow();
    const get = (key: string, which = id) => api.call('GET', `/api/v1/looks/${which}`, key);
    expect(problemOf(await get(api.keys.viewer)).status).toBe(403);
    expect(problemOf(await get(api.keys.operator, NO_SUCH_ID)).detail).toBe(
      `There is no look ${NO_SUCH_ID}.`,
    );
  });

  it('is an audit event: who looked where', async () => {
    const events = await api.store.db.auditEvent.findMany({ where: { action: 'endpoint.look_requested' } });
    expect(events).toMatchObject([
      {
        ...{ object: 'endpoint', objectId: 'acme-ftps', actorKind: 'api_key', actorName: 'operator' },
        details: { path: '/in', look: expect.any(String) },
      },
    ]);
  });
});
