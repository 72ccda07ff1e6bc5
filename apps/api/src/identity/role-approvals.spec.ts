import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Approval } from '#contract';
import { createApiKey, findUser, lockUser } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

/** Not who made the other keys: a key counts as who made it. */
const ACTOR = { kind: 'user', name: 'root (local)' } as const;

let api: TestApi;
let second: string;
let limited: string;
beforeAll(async () => {
  api = await startTestApi(SAMPLE, { rules: { fourEyes: true } });
  const make = (name: string, partners: 'all' | string[]) =>
    createApiKey(api.store, api.identityKeys, { name, role: 'admin', partners, actor: ACTOR });
  second = (await make('second', 'all')).key;
  limited = (await make('limited', ['acme'])).key;
  for (const name of ['eve', 'ida']) await makeSettled(name);
});
afterAll(() => api.close());

function call(method: string, path: string, body: unknown = {}, key = api.keys.admin) {
  return api.call(method, `/api/v1${path}`, key, method === 'GET' ? {} : json(body));
}

/** With a password that nobody else has seen. */
async function makeSettled(name: string): Promise<void> {
  expect((await call('POST', '/users', { name, role: 'viewer' })).status).toBe(201);
  await choosePassword(name);
}

async function choosePassword(name: string): Promise<void> {
  const data = { passwordOneTime: false, passwordExpiresAt: null };
  await api.store.db.user.update({ where: { name }, data });
}

async function ask(change: object, name = 'eve'): Promise<Approval> {
  const answer = await call('PATCH', `/users/${name}`, change);
  expect(answer.status, answer.text).toBe(202);
  const approval = JSON.parse(answer.text) as Approval;
  expect(answer.headers.get('location')).toBe(`/api/v1/approvals/${approval.id}`);
  return approval;
}

const approve = (id: string, key: string) => call('POST', `/approvals/${id}/approve`, {}, key);

it('a role is in force when a second admin has approved it, and not before', async () => {
  const { id, changes } = await ask({ role: 'admin' });
  expect(changes).toEqual([
    {
      kind: 'change',
      noun: 'user',
      name: 'eve',
      fields: [{ path: 'role', before: 'viewer', after: 'admin' }],
    },
  ]);
  expect(await findUser(api.store.db, 'eve')).toMatchObject({ role: 'viewer' });
  expect(problemOf(await approve(id, api.keys.admin)).code).toBe('second_person_required');
  expect((await approve(id, limited)).status, 'of another partner').toBe(404);
  expect(await findUser(api.store.db, 'eve')).toMatchObject({ role: 'viewer' });
  expect((await approve(id, second)).status).toBe(200);
  expect(await findUser(api.store.db, 'eve')).toMatchObject({ role: 'admin' });
  expect(problemOf(await approve(id, second)).code).toBe('approval_decided');
});

it('nobody makes his second person himself', async () => {
  const before = await Promise.all([api.store.db.user.findMany(), api.store.db.apiKey.count()]);
  for (const [path, body] of [
    ['/users', { name: 'puppet', role: 'admin' }],
    ['/users', { name: 'puppet', role: 'operator' }],
    ['/users', { name: 'puppet', role: 'auditor' }],
    ['/users/eve/reset', { secondFactor: 'remove' }],
  ] as const)
    expect(problemOf(await call('POST', path, body)), path).toMatchObject({
      status: 403,
      code: 'second_person_required',
    });
  expect(await Promise.all([api.store.db.user.findMany(), api.store.db.apiKey.count()])).toEqual(before);
});

describe('an API key', () => {
  it.each(['operator', 'admin', 'auditor'])('of an %s opens nothing until it is approved', async (role) => {
    const name = `asked-${role}`;
    const expiresAt = new Date(Date.now() + 3_600_000).toISOString();
    const answer = await call('POST', '/keys', { name, role, partners: ['acme'], expiresAt });
    expect(answer.status, answer.text).toBe(202);
    const { approval, key } = JSON.parse(answer.text) as { approval: Approval; key: string };
    expect(answer.headers.get('location')).toBe(`/api/v1/approvals/${approval.id}`);
    expect(approval).toMatchObject({ state: 'pending', changes: [{ noun: 'api_key', name }] });
    const opens = async () => (await call('GET', '/me', undefined, key)).status;
    expect(await opens()).toBe(401);
    expect(problemOf(await approve(approval.id, api.keys.admin)).code).toBe('second_person_required');
    expect(await opens()).toBe(401);
    expect((await approve(approval.id, second)).status).toBe(200);
    expect(await opens()).toBe(200);
    expect(JSON.parse((await call('GET', '/me', undefined, key)).text)).toMatchObject({
      role,
      partners: ['acme'],
    });
    const row = await api.store.db.apiKey.findUniqueOrThrow({ where: { name } });
    expect(row).toMatchObject({
      createdBy: 'admin',
      createdByKind: 'api_key',
      expiresAt: new Date(expiresAt),
    });
    const kept = JSON.stringify([
      await api.store.db.approval.findMany(),
      (await api.store.db.auditEvent.findMany()).map(({ details }) => details),
      api.logged,
    ]);
    expect(kept).not.toContain(key);
  });

  it('counts as who asked for it, and not as who approved it', async () => {
    const answer = await call('POST', '/keys', { name: 'own-second', role: 'admin' });
    const { approval, key } = JSON.parse(answer.text) as { approval: Approval; key: string };
    expect((await approve(approval.id, second)).status).toBe(200);
    const { id } = await ask({ partners: ['acme'] }, 'ida');
    expect(problemOf(await approve(id, key)).code).toBe('second_person_required');
    expect((await call('POST', `/approvals/${id}/reject`, { reason: 'test' }, key)).status).toBe(200);
  });

  it('that is rejected never opens anything', async () => {
    const answer = await call('POST', '/keys', { name: 'unwanted', role: 'operator' });
    const { approval, key } = JSON.parse(answer.text) as { approval: Approval; key: string };
    expect((await call('POST', `/approvals/${approval.id}/reject`, { reason: 'no' }, second)).status).toBe(
      200,
    );
    expect((await call('GET', '/me', undefined, key)).status).toBe(401);
    expect(problemOf(await approve(approval.id, second)).code).toBe('approval_decided');
    expect(await api.store.db.apiKey.count({ where: { name: 'unwanted' } })).toBe(0);
  });

  it('of a viewer is made at once, and nobody is asked about one that cannot be', async () => {
    expect((await call('POST', '/keys', { name: 'reader', role: 'viewer' })).status).toBe(201);
    const before = await api.store.db.approval.count();
    for (const [body, code] of [
      [{ name: 'reader', role: 'operator' }, 'name_taken'],
      [{ name: 'lost', role: 'operator', routes: ['nothing'] }, 'unknown_name'],
    ] as const)
      expect(problemOf(await call('POST', '/keys', body)).code).toBe(code);
    expect(await api.store.db.approval.count()).toBe(before);
  });
});

it('what was asked for is void when the user has changed meanwhile', async () => {
  const first = await ask({ partners: ['acme'] }, 'ida');
  const other = await ask({ role: 'operator' }, 'ida');
  expect((await approve(other.id, second)).status).toBe(200);
  expect(problemOf(await approve(first.id, second)).code).toBe('approval_outdated');
  expect(await findUser(api.store.db, 'ida')).toMatchObject({ role: 'operator', partners: 'all' });
});

describe('somebody whose one-time password another one has seen', () => {
  const reset = (name: string) => call('POST', `/users/${name}/reset`, { secondFactor: 'keep' });
  const roleOf = async (name: string) => (await findUser(api.store.db, name))!.role;

  it.each(['operator', 'admin', 'auditor'])('is made no %s before he has chosen his own', async (role) => {
    const name = `new-${role}`;
    expect((await call('POST', '/users', { name, role: 'viewer' })).status).toBe(201);
    const { id } = await ask({ role }, name);
    const refused = problemOf(await approve(id, second));
    expect(refused).toMatchObject({ status: 409, code: 'approval_outdated' });
    expect(refused.detail).toContain('password');
    expect(await roleOf(name)).toBe('viewer');
    await choosePassword(name);
    expect((await approve(id, second)).status).toBe(200);
    expect(await roleOf(name)).toBe(role);
  });

  it('is not somebody for whom more rights are asked: his password is made anew when that is decided', async () => {
    await makeSettled('bob');
    const { id } = await ask({ role: 'admin' }, 'bob');
    const before = await api.store.db.user.findUniqueOrThrow({ where: { name: 'bob' } });
    expect(problemOf(await reset('bob'))).toMatchObject({ status: 403, code: 'second_person_required' });
    expect(await api.store.db.user.findUniqueOrThrow({ where: { name: 'bob' } })).toEqual(before);
    expect((await call('POST', `/approvals/${id}/reject`, { reason: 'x' })).status).toBe(200);
    expect((await reset('bob')).status).toBe(200);
  });

  it('nor while his password is being made anew: the request waits until that is done', async () => {
    await makeSettled('carl');
    let answered = false;
    const { asking } = await api.store.transaction(async (tx) => {
      await lockUser(tx, 'carl');
      const outcome = call('PATCH', '/users/carl', { role: 'admin' }).finally(() => {
        answered = true;
      });
      await expect.poll(async () => answered || (await somebodyWaits()), { timeout: 10_000 }).toBe(true);
      expect(answered).toBe(false);
      return { asking: outcome };
    });
    expect((await asking).status).toBe(202);
  });

  async function somebodyWaits(): Promise<boolean> {
    const [row] = await api.store.db.$queryRaw<{ waits: boolean }[]>`
      SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user
                        AND wait_event_type = 'Lock') AS waits`;
    return row!.waits;
  }

  it('is neither by a reset at the very moment of the request or of the approval', async () => {
    for (let round = 0; round < 4; round++) {
      const name = `hasty-${round}`;
      await makeSettled(name);
      const [asked, first] = await Promise.all([
        call('PATCH', `/users/${name}`, { role: 'admin' }),
        reset(name),
      ]);
      expect([200, 403]).toContain(first.status);
      const { id } = JSON.parse(asked.text) as Approval;
      const [approved, again] = await Promise.all([approve(id, second), reset(name)]);
      expect([200, 409]).toContain(approved.status);
      expect(again.status, 'it waits, or he is admin').toBe(403);
      const user = (await findUser(api.store.db, name))!;
      expect([user.role, user.passwordIsOneTime]).not.toEqual(['admin', true]);
    }
  });
});

describe('a partner whose name was given anew since it was asked', () => {
  const route = {
    name: 'weekly',
    source: { endpoint: 'acme-ftps', path: '/out' },
    destination: { endpoint: 'inbox', path: '/' },
  };

  async function make(noun: 'partners' | 'routes', object: { name: string }): Promise<void> {
    const answer = await call('POST', `/${noun}`, object);
    expect(answer.status, answer.text).toBe(201);
  }

  async function remove(noun: 'partners' | 'routes', name: string): Promise<void> {
    const init = { headers: { 'if-match': '*' } };
    const answer = await api.call('DELETE', `/api/v1/${noun}/${name}`, api.keys.admin, init);
    expect(answer.status, answer.text).toBe(204);
  }

  async function refused(id: string, name: string): Promise<void> {
    const problem = problemOf(await approve(id, second));
    expect(problem).toMatchObject({ status: 409, code: 'approval_outdated' });
    expect(problem.detail).toContain(name);
  }

  it('is reached by neither the key nor the user that waited', async () => {
    await make('partners', { name: 'gamma' });
    await makeSettled('gus');
    const asked = await call('POST', '/keys', { name: 'gammas', role: 'operator', partners: ['gamma'] });
    const key = (JSON.parse(asked.text) as { approval: Approval }).approval;
    const user = await ask({ role: 'operator', partners: ['gamma'] }, 'gus');
    await remove('partners', 'gamma');
    await make('partners', { name: 'gamma' });
    await refused(key.id, 'gamma');
    await refused(user.id, 'gamma');
    expect(await api.store.db.apiKey.count({ where: { name: 'gammas' } })).toBe(0);
    expect(await findUser(api.store.db, 'gus')).toMatchObject({ role: 'viewer', partners: 'all' });
    const anew = await ask({ partners: ['gamma'] }, 'gus');
    expect((await approve(anew.id, second)).status).toBe(200);
  });

  it('and one that is gone is told so, as a route is', async () => {
    await make('partners', { name: 'delta' });
    await make('routes', route);
    const asked = await call('POST', '/keys', {
      name: 'deltas',
      role: 'operator',
      partners: ['delta'],
      routes: ['weekly'],
    });
    const { approval } = JSON.parse(asked.text) as { approval: Approval };
    await remove('routes', 'weekly');
    await make('routes', route);
    await refused(approval.id, 'weekly');
    await remove('partners', 'delta');
    await refused(approval.id, 'delta');
  });

  it('nobody is asked about one that does not exist', async () => {
    const answer = await call('PATCH', '/users/ida', { partners: ['nobodys'] });
    expect(problemOf(answer)).toMatchObject({ status: 400, code: 'unknown_name' });
  });
});

it('taking an account away is done at once; giving it back is not', async () => {
  expect((await call('PATCH', '/users/ida', { disabled: true })).status).toBe(200);
  expect(await findUser(api.store.db, 'ida')).toMatchObject({ disabled: true });
  const { id } = await ask({ disabled: false }, 'ida');
  expect(await findUser(api.store.db, 'ida')).toMatchObject({ disabled: true });
  expect((await approve(id, second)).status).toBe(200);
  expect(await findUser(api.store.db, 'ida')).toMatchObject({ disabled: false });
});
