import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Approval } from '#contract';
import type { Actor } from '#domain';
import { createApiKey } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const PIN = `sha256/${'A'.repeat(43)}=`;
const BASE = '/api/v1';
/** Who made the keys of the api under test; a key counts as who made it. */
const LOCAL = { kind: 'user', name: 'test' } as const;
const OTHER = { kind: 'user', name: 'somebody-else' } as const;

let api: TestApi;
/** The other admin. */
let second: string;
let refusedHost: string | undefined;
beforeAll(async () => {
  api = await startTestApi(SAMPLE, {
    rules: {
      fourEyes: true,
      hostProblem: (host) => (host === refusedHost ? 'is not to be dialled' : undefined),
    },
  });
  second = await makeKey('second', { actor: OTHER });
});
afterAll(() => api.close());
beforeEach(() => {
  refusedHost = undefined;
});

async function makeKey(name: string, more: { partners?: string[]; actor?: Actor } = {}) {
  const request = { name, role: 'admin', actor: LOCAL, ...more } as const;
  return (await createApiKey(api.store, api.identityKeys, request)).key;
}

async function send(method: string, path: string, body?: unknown, key = api.keys.admin): Promise<Answer> {
  const init = body === undefined ? {} : json(body);
  const tag = method === 'PATCH' || method === 'DELETE' ? await tagOf(path) : '*';
  return api.call(method, `${BASE}${path}`, key, { ...init, headers: { ...init.headers, 'if-match': tag } });
}

async function tagOf(path: string): Promise<string> {
  return (await api.call('GET', `${BASE}${path}`, api.keys.admin)).headers.get('etag') ?? '"none"';
}

const read = async (path: string) =>
  JSON.parse((await api.call('GET', `${BASE}${path}`, api.keys.admin)).text) as Record<string, unknown>;

/** Everything that could take effect. */
async function inForce() {
  const { partner, endpoint, transferRoute, schedule, configurationChange } = api.store.db;
  return Promise.all([
    partner.findMany(),
    endpoint.findMany(),
    transferRoute.findMany(),
    schedule.findMany(),
    configurationChange.findMany(),
  ]);
}

async function ask(method: string, path: string, body: unknown): Promise<Approval> {
  const answer = await send(method, path, body);
  if (answer.status !== 202) throw new Error(`${answer.status} ${answer.text}`);
  const approval = JSON.parse(answer.text) as Approval;
  expect(answer.headers.get('location')).toBe(`${BASE}/approvals/${approval.id}`);
  return approval;
}

const endpoint = {
  name: 'waiting',
  protocol: 'ftps',
  host: 'ftp.new.example',
  username: 'waybill',
  password: { secret: 'new' },
};

describe('with WAYBILL_FOUR_EYES=on', () => {
  it.each<[string, string, string, object]>([
    ['a pin', 'PATCH', '/endpoints/acme-ftps', { tls: { pins: [PIN] } }],
    ['a name in the certificate', 'PATCH', '/endpoints/acme-ftps', { tls: { serverName: 'x.example' } }],
    ['a host', 'PATCH', '/endpoints/acme-ftps', { host: 'evil.example' }],
    [
      'a host with its credentials',
      'PATCH',
      '/endpoints/acme-ftps',
      { host: 'e.example', password: { secret: 'acme-password' } },
    ],
    ['a port', 'PATCH', '/endpoints/acme-ftps', { port: 2121 }],
    [
      'a proxy',
      'PATCH',
      '/endpoints/acme-ftps',
      { proxy: { kind: 'socks5', host: 'evil.example', port: 1080 } },
    ],
    ['a reference to a secret', 'PATCH', '/endpoints/acme-ftps', { password: { secret: 'other' } }],
    ['a user name', 'PATCH', '/endpoints/acme-ftps', { username: 'other' }],
    [
      'a pin beside something harmless',
      'PATCH',
      '/endpoints/acme-ftps',
      { maxSessions: 2, tls: { pins: [PIN] } },
    ],
    ['the folder of our own files', 'PATCH', '/endpoints/inbox', { root: '/etc' }],
    ['the partner of an endpoint', 'PATCH', '/endpoints/inbox', { partner: 'acme' }],
    ['a new endpoint', 'POST', '/endpoints', endpoint],
  ])('%s waits, and one person can do nothing about it', async (_, method, path, body) => {
    const before = await inForce();
    const approval = await ask(method, path, body);
    expect(approval).toMatchObject({
      state: 'pending',
      kind: 'configuration',
      requestedBy: { name: 'admin' },
    });
    const own = await send('POST', `/approvals/${approval.id}/approve`, {});
    expect(problemOf(own)).toMatchObject({ status: 403, code: 'second_person_required' });
    for (const role of ['viewer', 'operator', 'auditor'] as const)
      expect((await send('POST', `/approvals/${approval.id}/approve`, {}, api.keys[role])).status).toBe(403);
    const anotherOwn = await makeKey(`own-${approval.id}`);
    expect(problemOf(await send('POST', `/approvals/${approval.id}/approve`, {}, anotherOwn)).code).toBe(
      'second_person_required',
    );
    expect(await inForce()).toEqual(before);
    expect(await read(`/approvals/${approval.id}`)).toMatchObject({ state: 'pending' });
    await send('POST', `/approvals/${approval.id}/reject`, { reason: 'test' });
    expect(await inForce()).toEqual(before);
  });

  it.each<[string, string, string, object]>([
    ['how many sessions', 'PATCH', '/endpoints/acme-ftps', { maxSessions: 3 }],
    ['a route', 'PATCH', '/routes/nightly', { lanes: 1 }],
    ['a partner', 'POST', '/partners', { name: 'harmless' }],
  ])('%s changes at once', async (_, method, path, body) => {
    expect([200, 201]).toContain((await send(method, path, body)).status);
  });

  it('what another admin approves takes effect, exactly as it was asked for', async () => {
    const approval = await ask('PATCH', '/endpoints/acme-ftps', { tls: { pins: [PIN] } });
    expect(approval.changes).toEqual([
      {
        kind: 'change',
        noun: 'endpoint',
        name: 'acme-ftps',
        fields: [{ path: 'tls.pins', before: [], after: [PIN] }],
      },
    ]);
    const answer = await send('POST', `/approvals/${approval.id}/approve`, { note: 'seen on paper' }, second);
    expect(JSON.parse(answer.text)).toMatchObject({
      state: 'approved',
      decidedBy: { kind: 'api_key', name: 'second' },
      note: 'seen on paper',
    });
    expect(await read('/endpoints/acme-ftps')).toMatchObject({ tls: { pins: [PIN] } });
    const { items } = (await read('/configuration/changes?name=acme-ftps&limit=1')) as { items: object[] };
    expect(items[0]).toMatchObject({ actor: { name: 'admin' }, approvalId: approval.id });
    const again = await send('POST', `/approvals/${approval.id}/approve`, {}, second);
    expect(problemOf(again).code).toBe('approval_decided');
    const events = await api.store.db.auditEvent.findMany({
      where: { objectId: approval.id },
      orderBy: { id: 'asc' },
    });
    expect(events.map(({ action, actorName }) => [action, actorName])).toEqual([
      ['configuration.approval_requested', 'admin'],
      ['configuration.approval_given', 'second'],
    ]);
  });

  it('takes effect once, however many approve it at once', async () => {
    const approval = await ask('PATCH', '/endpoints/acme-ftps', { username: 'once' });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => send('POST', `/approvals/${approval.id}/approve`, {}, second)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([200, ...Array(7).fill(409)]);
    expect(await api.store.db.configurationChange.count({ where: { approvalId: approval.id } })).toBe(1);
  });

  it('what has changed meanwhile is not overwritten by an approval', async () => {
    const approval = await ask('PATCH', '/endpoints/acme-ftps', { username: 'late' });
    await send('PATCH', '/endpoints/acme-ftps', { maxSessions: 7 });
    const before = await inForce();
    expect(problemOf(await send('POST', `/approvals/${approval.id}/approve`, {}, second))).toMatchObject({
      status: 409,
      code: 'approval_outdated',
    });
    expect(await inForce()).toEqual(before);
  });

  it('what has become impossible beside its neighbours meanwhile does not take effect', async () => {
    const narrow = { maxSessions: 1, username: 'narrow' };
    const approval = await ask('PATCH', '/endpoints/acme-ftps', narrow);
    const around = {
      name: 'around',
      source: { endpoint: 'acme-ftps', path: '/out' },
      destination: { endpoint: 'acme-ftps', path: '/in' },
    };
    expect((await send('POST', '/routes', around)).status).toBe(201);
    const before = await inForce();
    expect(problemOf(await send('POST', `/approvals/${approval.id}/approve`, {}, second))).toMatchObject({
      code: 'approval_outdated',
      detail: expect.stringContaining('around'),
    });
    expect(await inForce()).toEqual(before);
    expect((await send('DELETE', '/routes/around')).status).toBe(204);
  });

  it('what has moved under history meanwhile does not take effect', async () => {
    const fields = { protocol: 'ftps', host: 'ftp.example', username: 'u', password: { cleared: true } };
    const made = await ask('POST', '/endpoints', { ...fields, name: 'mover', partner: 'acme' });
    await send('POST', `/approvals/${made.id}/approve`, {}, second);
    const approval = await ask('PATCH', '/endpoints/mover', { partner: 'other' });
    const over = {
      name: 'over-mover',
      source: { endpoint: 'mover', path: '/out' },
      destination: { endpoint: 'inbox', path: '/' },
    };
    expect((await send('POST', '/routes', over)).status).toBe(201);
    const before = await inForce();
    expect(problemOf(await send('POST', `/approvals/${approval.id}/approve`, {}, second)).code).toBe(
      'in_use',
    );
    expect(await inForce()).toEqual(before);
  });

  it('a host that is not allowed any more is refused at the approval too', async () => {
    const approval = await ask('PATCH', '/endpoints/acme-ftps', { host: 'soon.example' });
    refusedHost = 'soon.example';
    const answer = await send('POST', `/approvals/${approval.id}/approve`, {}, second);
    expect(problemOf(answer)).toMatchObject({ code: 'invalid_request' });
    expect(await read(`/approvals/${approval.id}`)).toMatchObject({ state: 'pending' });
  });

  it('who reaches one partner sees and decides what concerns this one only', async () => {
    const acme = await makeKey('acme-second', { partners: ['acme'], actor: OTHER });
    const foreign = await ask('POST', '/endpoints', { ...endpoint, partner: 'other' });
    const own = await ask('PATCH', '/endpoints/acme-ftps', { username: 'ours' });
    const approve = (id: string) => send('POST', `/approvals/${id}/approve`, {}, acme);
    expect(problemOf(await approve(foreign.id)).code).toBe('not_found');
    expect(problemOf(await send('POST', `/approvals/${foreign.id}/reject`, { reason: 'x' }, acme)).code).toBe(
      'not_found',
    );
    const { items } = JSON.parse((await send('GET', '/approvals', undefined, acme)).text) as {
      items: Approval[];
    };
    expect(items.map(({ id }) => id)).not.toContain(foreign.id);
    expect((await approve(own.id)).status).toBe(200);
  });

  it('who reaches one partner approves no secret that he may not name himself', async () => {
    const acme = await makeKey('acme-third', { partners: ['acme'], actor: OTHER });
    const { id } = await ask('PATCH', '/endpoints/acme-ftps', { password: { secret: 'everybodys' } });
    const before = await inForce();
    const refused = problemOf(await send('POST', `/approvals/${id}/approve`, {}, acme));
    expect(refused.errors?.map(({ path }) => path)).toEqual(['body.password']);
    expect(await inForce()).toEqual(before);
    expect((await send('POST', `/approvals/${id}/approve`, {}, second)).status).toBe(200);
  });

  it('a file waits as a whole, and takes effect as a whole', async () => {
    const [, inbox] = SAMPLE.endpoints;
    const wanted = {
      partners: [{ name: 'from-file' }],
      endpoints: [{ ...inbox!, name: 'file-box', partner: 'from-file' }],
      calendars: [],
      routes: [],
      channels: [],
    };
    const author = { actor: LOCAL, partners: 'all', routes: 'all' } as const;
    const outcome = await api.configuration.apply(author, wanted, 'exchange.yaml');
    if (outcome.state !== 'pending') throw new Error('it was applied');
    expect((await send('GET', '/partners/from-file')).status).toBe(404);
    expect((await send('POST', `/approvals/${outcome.approval.id}/approve`, {}, api.keys.admin)).status).toBe(
      403,
    );
    // The key `admin` was made by the same person; that of another one is needed.
    expect((await send('POST', `/approvals/${outcome.approval.id}/approve`, {}, second)).status).toBe(200);
    expect(await read('/endpoints/file-box')).toMatchObject({ partner: 'from-file' });
  });

  it('pages the latest first, by state', async () => {
    const page = (await api.ask('listApprovals', '/approvals?state=pending&limit=1', api.keys.auditor)) as {
      items: Approval[];
      nextCursor: string;
    };
    const next = (await api.ask(
      'listApprovals',
      `/approvals?state=pending&limit=1&cursor=${page.nextCursor}`,
    )) as {
      items: Approval[];
    };
    expect(page.items[0]!.requestedAt >= next.items[0]!.requestedAt).toBe(true);
    expect(page.items[0]!.id).not.toBe(next.items[0]!.id);
    for (const { state } of [...page.items, ...next.items]) expect(state).toBe('pending');
  });

  it.each([
    "UPDATE approval SET state = 'approved', decided_at = now(), decider_kind = requester_kind, decider_name = requester_name WHERE state = 'pending'",
    "UPDATE approval SET payload = '{}'",
    'DELETE FROM approval',
  ])('the database itself refuses %s', async (sql) => {
    await ask('PATCH', '/endpoints/acme-ftps', { username: 'never' });
    await expect(api.store.db.$executeRawUnsafe(sql)).rejects.toThrow();
  });
});
