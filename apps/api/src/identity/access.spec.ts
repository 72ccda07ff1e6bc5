import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fullPath, listOperations, type Operation, type OperationId, ROLES } from '#contract';
import { createApiKey, listApiKeys, revokeApiKey } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { sendRaw } from '../../testing/send-raw.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const ACTOR = { kind: 'user', name: 'test' } as const;
const SOME_ID = '0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

function pathOf(operation: Operation): string {
  return fullPath(operation).replace('{name}', 'nightly').replace('{id}', SOME_ID);
}

/** What operations that change something must be told. */
const BODIES: Partial<Record<OperationId, object>> = {
  resolveTransfer: { decision: 'resend', reason: 'test' },
  pauseRoute: { reason: 'test' },
  pauseEndpoint: { reason: 'test' },
  snoozeIncident: { until: '2999-01-01' },
  resolveIncident: { reason: 'test' },
  createUser: { name: 'made', role: 'viewer' },
  changeUser: { role: 'viewer' },
  resetUser: { secondFactor: 'keep' },
  createKey: { name: 'made', role: 'viewer' },
};

const guarded = listOperations().filter(({ operation }) => operation.access !== 'public');
const withRoles = guarded.filter(({ operation }) => operation.access !== 'local');

/** Everything a refused request might have changed. */
async function snapshot() {
  const { run, auditEvent, transfer, apiKey, user, session } = api.store.db;
  return Promise.all([
    ...[run.count(), auditEvent.count(), transfer.count()],
    ...[apiKey.findMany(), user.findMany(), session.findMany()],
  ]);
}

describe('without an identity', () => {
  it.each(withRoles)('$id is refused with 401 and no side effect', async ({ operation }) => {
    const before = await snapshot();
    const answer = await api.call(operation.method, pathOf(operation));
    expect(problemOf(answer)).toMatchObject({ status: 401, code: 'unauthenticated' });
    expect(answer.headers.get('www-authenticate')).toBe('Bearer');
    expect(await snapshot()).toEqual(before);
    expect(api.rung).toEqual([]);
  });

  const spellings: [string, (path: string) => string][] = [
    ['doubled slashes', (path) => path.replaceAll('/', '//')],
    ['a doubled slash in front', (path) => `/${path}`],
    ['/..;/', (path) => path.replace('/v1/', '/v1/health/..;/')],
    ['/../', (path) => path.replace('/v1/', '/v1/health/../')],
    ['%2e%2e', (path) => path.replace('/v1/', '/v1/health/%2e%2e/')],
    ['%2f', (path) => path.replace('/v1/', '/v1%2f')],
    ['a backslash', (path) => path.replace('/v1/', '\\v1\\')],
    ['upper case', (path) => path.toUpperCase()],
    ['a slash at the end', (path) => `${path}/`],
    ['a semicolon', (path) => `${path};x=/health/live`],
    ['an encoded letter', (path) => path.replace('/api', '/%61pi')],
    ['a dot', (path) => path.replace('/v1/', '/./v1/')],
    ['a null byte', (path) => `${path}%00`],
    ['another query', (path) => `${path}?/api/v1/health/live`],
    ['an absolute address', (path) => `http://127.0.0.1${path}`],
  ];

  it.each(spellings)('no operation is reached by %s', async (_, spell) => {
    const before = await snapshot();
    for (const { operation } of withRoles) {
      for (const headers of [
        {},
        { 'x-original-url': '/api/v1/health/live', 'x-forwarded-for': '127.0.0.1' },
      ]) {
        const path = spell(pathOf(operation));
        const { status } = await sendRaw(api.url, { method: operation.method, path, headers });
        expect([400, 401, 404], `${operation.method} ${path}`).toContain(status);
      }
    }
    expect(await snapshot()).toEqual(before);
  });

  it.each(spellings)('even an admin finds nothing by %s: an address has one spelling', async (_, spell) => {
    const headers = { authorization: `Bearer ${api.keys.admin}` };
    const { status } = await sendRaw(api.url, { method: 'GET', path: spell('/api/v1/runs'), headers });
    expect([400, 404]).toContain(status);
  });

  it.each(['OPTIONS', 'HEAD', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'])(
    'no operation answers %s',
    async (method) => {
      for (const { operation } of withRoles) {
        const headers = { 'x-http-method-override': operation.method };
        const { status } = await sendRaw(api.url, { method, path: pathOf(operation), headers });
        expect([401, 404, 405], `${method} ${operation.path}`).toContain(status);
      }
    },
  );

  it('health answers, and says no reasons to who comes through a proxy', async () => {
    api.health.add('database', async () => 'db.internal refused the connection');
    const local = await api.call('GET', '/api/v1/health/ready');
    expect(local.status).toBe(503);
    expect(local.text).toContain('db.internal');
    const proxied = await api.call('GET', '/api/v1/health/ready', undefined, {
      headers: { 'x-forwarded-for': '203.0.113.9' },
    });
    expect(JSON.parse(proxied.text)).toEqual({ status: 'not_ready', checks: { database: { ok: false } } });
    expect((await api.call('GET', '/api/v1/health/live')).text).toBe('{"status":"live"}');
    api.health.add('database', async () => undefined);
    expect((await api.call('GET', '/api/v1/health/ready')).status).toBe(200);
  });

  it('metrics answer the machine itself, and others only with a key', async () => {
    const local = await api.call('GET', '/api/v1/metrics');
    expect(local.text).toContain('waybill_api_requests_total{method="GET",status="401"}');
    const proxied = { headers: { 'x-forwarded-for': '203.0.113.9' } };
    expect((await api.call('GET', '/api/v1/metrics', undefined, proxied)).status).toBe(401);
    expect((await api.call('GET', '/api/v1/metrics', api.keys.viewer, proxied)).status).toBe(200);
    const rebound = await sendRaw(api.url, {
      method: 'GET',
      path: '/api/v1/metrics',
      headers: { host: 'evil.example' },
    });
    expect(rebound.status).toBe(401);
  });
});

describe('with a role', () => {
  it.each(ROLES.flatMap((role) => withRoles.map(({ id, operation }) => ({ role, id, operation }))))(
    '$role at $id',
    async ({ role, id, operation }) => {
      const allowed = (operation.access as readonly string[]).includes(role);
      const before = await snapshot();
      const body = BODIES[id];
      const answer = await api.call(operation.method, pathOf(operation), api.keys[role], body && json(body));
      if (allowed && operation.only?.startsWith('persons') && role !== 'admin')
        return expect(problemOf(answer).code).toBe('person_required');
      if (allowed) {
        // What it says to an empty or odd request is another matter.
        expect(answer.status).toBeLessThan(500);
        return expect(answer.text).not.toMatch(/"code":"(forbidden|unauthenticated)"/);
      }
      expect(problemOf(answer)).toMatchObject({ status: 403, code: 'forbidden' });
      expect(await snapshot()).toEqual(before);
    },
  );
});

describe('API keys', () => {
  const runs = '/api/v1/runs';

  it.each([
    ['a key of another installation', () => `Bearer wbk_${'A'.repeat(43)}`],
    [
      'a key with one letter changed',
      () => `Bearer ${api.keys.admin.slice(0, -1)}${api.keys.admin.endsWith('A') ? 'B' : 'A'}`,
    ],
    ['a key in lower case', () => `Bearer ${api.keys.admin.toLowerCase()}`],
    ['another scheme', () => `Basic ${Buffer.from(`admin:${api.keys.admin}`).toString('base64')}`],
    ['two keys', () => `Bearer ${api.keys.viewer} ${api.keys.admin}`],
    ['nothing after Bearer', () => 'Bearer'],
    ['SQL', () => "Bearer ' OR 1=1 --"],
  ])('%s is refused', async (_, authorization) => {
    const answer = await api.call('GET', runs, undefined, { headers: { authorization: authorization() } });
    expect(problemOf(answer).code).toBe('unauthenticated');
  });

  it('a key in the address is no identity, and its request is answered with 401', async () => {
    for (const name of ['key', 'access_token', 'api_key'])
      expect((await api.call('GET', `${runs}?${name}=${api.keys.admin}`)).status).toBe(401);
  });

  it('a revoked key is refused with the next request, an expired one as well', async () => {
    const { key } = await createApiKey(api.store, api.identityKeys, {
      name: 'leaver',
      role: 'viewer',
      actor: ACTOR,
    });
    expect((await api.call('GET', runs, key)).status).toBe(200);
    expect(await revokeApiKey(api.store, 'leaver', ACTOR)).toBe(true);
    expect((await api.call('GET', runs, key)).status).toBe(401);
    expect(await revokeApiKey(api.store, 'leaver', ACTOR)).toBe(false);
    const old = { name: 'old', role: 'viewer', actor: ACTOR, expiresAt: new Date(Date.now() - 1) } as const;
    expect(
      (await api.call('GET', runs, (await createApiKey(api.store, api.identityKeys, old)).key)).status,
    ).toBe(401);
  });

  it('a name is given once, and each step is in the audit', async () => {
    const twin = { name: 'twin', role: 'admin', actor: ACTOR } as const;
    await createApiKey(api.store, api.identityKeys, twin);
    await expect(createApiKey(api.store, api.identityKeys, twin)).rejects.toThrow('exists');
    const made = (await listApiKeys(api.store.db)).filter(({ name }) => name === 'twin');
    expect(made).toHaveLength(1);
    expect(await api.store.db.auditEvent.count({ where: { action: 'api_key.created' } })).toBe(
      (await listApiKeys(api.store.db)).length,
    );
  });

  it('no key is in the database, in the log or readable by others on the disk', async () => {
    await api.call('GET', runs, api.keys.admin);
    await api.call('GET', `${runs}?key=${api.keys.admin}`, api.keys.viewer);
    const rows = JSON.stringify([
      await api.store.db.$queryRaw`SELECT api_key::text FROM api_key`,
      await api.store.db.$queryRaw`SELECT audit_event::text FROM audit_event`,
    ]);
    for (const key of Object.values(api.keys)) {
      expect(rows).not.toContain(key);
      expect(rows).not.toContain(Buffer.from(key).toString('hex'));
      expect(api.logged.join('')).not.toContain(key);
    }
    const path = join(api.home, 'api.key');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(rows).not.toContain((await readFile(path, 'utf8')).trim());
  });
});
