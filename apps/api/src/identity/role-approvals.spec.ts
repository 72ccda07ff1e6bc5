import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Approval } from '#contract';
import { createApiKey, findUser } from '#identity';
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
  for (const name of ['eve', 'ida'])
    expect((await call('POST', '/users', { name, role: 'viewer' })).status).toBe(201);
});
afterAll(() => api.close());

function call(method: string, path: string, body: unknown = {}, key = api.keys.admin) {
  return api.call(method, `/api/v1${path}`, key, method === 'GET' ? {} : json(body));
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
    ['/keys', { name: 'puppet', role: 'admin' }],
    ['/users/eve/reset', { secondFactor: 'remove' }],
  ] as const)
    expect(problemOf(await call('POST', path, body)), path).toMatchObject({
      status: 403,
      code: 'second_person_required',
    });
  expect(await Promise.all([api.store.db.user.findMany(), api.store.db.apiKey.count()])).toEqual(before);
});

it('what was asked for is void when the user has changed meanwhile', async () => {
  const first = await ask({ partners: ['acme'] }, 'ida');
  const other = await ask({ role: 'operator' }, 'ida');
  expect((await approve(other.id, second)).status).toBe(200);
  expect(problemOf(await approve(first.id, second)).code).toBe('approval_outdated');
  expect(await findUser(api.store.db, 'ida')).toMatchObject({ role: 'operator', partners: 'all' });
});

it('taking an account away is done at once; giving it back is not', async () => {
  expect((await call('PATCH', '/users/ida', { disabled: true })).status).toBe(200);
  expect(await findUser(api.store.db, 'ida')).toMatchObject({ disabled: true });
  const { id } = await ask({ disabled: false }, 'ida');
  expect(await findUser(api.store.db, 'ida')).toMatchObject({ disabled: true });
  expect((await approve(id, second)).status).toBe(200);
  expect(await findUser(api.store.db, 'ida')).toMatchObject({ disabled: false });
});
