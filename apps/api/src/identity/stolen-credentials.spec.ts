import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Me } from '#contract';
import type { Actor } from '#domain';
import { changeUser, createApiKey, createUser, revokeApiKey } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const LOCAL = { kind: 'user', name: 'root (local)' } as const;
const PASSWORD = 'correct horse battery';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
});
afterAll(() => api.close());

type Call = (method: string, path: string, body?: unknown) => Promise<Answer>;

/** Somebody with a session, and the password chosen by himself. */
async function settle(name: string, role: Me['role']): Promise<Call> {
  const wanted = { name, role, partners: 'all' } as const;
  const { password } = await createUser(api.store, api.identityKeys, wanted, LOCAL);
  const answer = await api.call('POST', '/api/v1/sign-in', undefined, json({ name, password }));
  const cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
  const { csrfToken } = (JSON.parse(answer.text) as Me).session!;
  const call: Call = (method, path, body) =>
    api.call(method, `/api/v1${path}`, undefined, {
      ...(body !== undefined && { body: JSON.stringify(body) }),
      headers: {
        cookie,
        origin: api.url,
        'x-waybill-csrf': csrfToken,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
    });
  const changed = await call('POST', '/me/password', { current: password, next: PASSWORD });
  expect(changed.status, changed.text).toBe(204);
  return call;
}

async function makeKey(name: string, role: Me['role'], actor: Actor): Promise<string> {
  return (await createApiKey(api.store, api.identityKeys, { name, role, actor })).key;
}

const meOf = async (key: string) => {
  const { status, text } = await api.call('GET', '/api/v1/me', key);
  return status === 200 ? (JSON.parse(text) as Me) : status;
};

describe('a stolen session of an admin', () => {
  let anna: Call;
  beforeAll(async () => {
    anna = await settle('anna', 'admin');
  });

  const account = () => api.store.db.user.findUniqueOrThrow({ where: { name: 'anna' } });

  it('does not become his account: nobody makes his own password anew without the old one', async () => {
    const before = await account();
    for (const secondFactor of ['keep', 'remove']) {
      const answer = await anna('POST', '/users/anna/reset', { secondFactor });
      expect(problemOf(answer)).toMatchObject({ status: 409, code: 'own_account' });
      expect(problemOf(answer).detail).toContain('/me/password');
    }
    expect(await account()).toEqual(before);
    expect((await anna('GET', '/me')).status, 'signed in as before').toBe(200);
  });

  it('nor does it by way of a key that it makes, nor of a key that this key makes', async () => {
    const before = await account();
    let call = anna;
    for (const name of ['made-by-session', 'made-by-key']) {
      const made = await call('POST', '/keys', { name, role: 'admin' });
      const { key } = JSON.parse(made.text) as { key: string };
      call = (method, path, body) => api.call(method, `/api/v1${path}`, key, json(body));
      const answer = await call('POST', '/users/anna/reset', { secondFactor: 'remove' });
      expect(problemOf(answer)).toMatchObject({ status: 409, code: 'own_account' });
    }
    expect(await account()).toEqual(before);
  });

  it('is not that of a key which has his name', async () => {
    const key = await makeKey('anna', 'admin', LOCAL);
    const answer = await api.call('POST', '/api/v1/users/anna/reset', key, json({ secondFactor: 'keep' }));
    expect(answer.status, 'another admin may').toBe(200);
  });
});

describe('a key', () => {
  it('opens nothing while the person behind it is disabled, however many keys lie between', async () => {
    await settle('bert', 'admin');
    await settle('other-admin', 'admin');
    const first = await makeKey('berts', 'admin', { kind: 'user', name: 'bert' });
    const second = await makeKey('of-berts', 'operator', { kind: 'api_key', name: 'berts' });
    expect(await meOf(first)).toMatchObject({ role: 'admin' });
    await changeUser(api.store, 'bert', { disabled: true }, LOCAL);
    for (const key of [first, second]) {
      const answer = await api.call('POST', '/api/v1/routes/nightly/runs', key, json({}));
      expect(problemOf(answer)).toMatchObject({ status: 401, code: 'unauthenticated' });
    }
    const { items } = (await api.ask('listKeys', '/keys?limit=200')) as {
      items: { name: string; stopped: boolean }[];
    };
    expect(items.filter(({ stopped }) => stopped).map(({ name }) => name)).toEqual(['berts', 'of-berts']);
    await changeUser(api.store, 'bert', { disabled: false }, LOCAL);
    expect(await meOf(first)).toMatchObject({ role: 'admin' });
  });

  it('ends with each key that it comes from, however many lie between', async () => {
    const first = await makeKey('leaked', 'admin', LOCAL);
    const between = await makeKey('of-leaked', 'admin', { kind: 'api_key', name: 'leaked' });
    const last = await makeKey('of-of-leaked', 'viewer', { kind: 'api_key', name: 'of-leaked' });
    const other = await makeKey('other', 'viewer', LOCAL);
    // A person has the name of a key: what he makes does not come from that.
    const person = await makeKey('of-person', 'viewer', { kind: 'system', name: 'leaked' });
    for (const key of [first, between, last]) expect(await meOf(key)).toMatchObject({ kind: 'program' });
    await revokeApiKey(api.store, 'leaked', LOCAL);
    for (const key of [first, between, last]) expect(await meOf(key)).toBe(401);
    for (const key of [other, person]) expect(await meOf(key)).toMatchObject({ role: 'viewer' });
    const { items } = (await api.ask('listKeys', '/keys?limit=200')) as {
      items: { name: string; stopped: boolean; revokedAt: string | null }[];
    };
    const stopped = items.filter((key) => key.stopped && key.name.endsWith('-leaked'));
    expect(stopped.map(({ name, revokedAt }) => [name, revokedAt])).toEqual([
      ['of-leaked', null],
      ['of-of-leaked', null],
    ]);
  });

  it('does no more than the person behind it may now', async () => {
    await settle('cleo', 'admin');
    const admin = await makeKey('cleos', 'admin', { kind: 'user', name: 'cleo' });
    const auditor = await makeKey('cleos-audit', 'auditor', { kind: 'api_key', name: 'cleos' });
    await changeUser(api.store, 'cleo', { role: 'operator', partners: ['acme'] }, LOCAL);
    expect(await meOf(admin)).toMatchObject({ role: 'operator', partners: ['acme'] });
    expect(await meOf(auditor)).toMatchObject({ role: 'viewer', partners: ['acme'] });
    expect((await api.call('GET', '/api/v1/users', admin)).status).toBe(403);
    await changeUser(api.store, 'cleo', { role: 'admin', partners: 'all' }, LOCAL);
    expect(await meOf(admin)).toMatchObject({ role: 'admin', partners: 'all' });
  });

  it('made on the machine hangs on nobody, also where a user is named as who made it', async () => {
    const key = await makeKey('of-the-machine', 'admin', { kind: 'system', name: 'bert' });
    await changeUser(api.store, 'bert', { disabled: true }, LOCAL);
    expect(await meOf(key)).toMatchObject({ role: 'admin' });
  });
});
