import pg from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Approval, Me, Page } from '#contract';
import { changeUser, createApiKey, createUser, findUser, parseGroupRole } from '#identity';
import { EVERYTHING } from '#store';
import { startProvider, type TestProvider } from '../../testing/identity-provider.ts';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const REDIRECT = 'https://waybill.example/api/v1/sign-in/oidc/callback';
const ROLES = ['chiefs=admin', 'ops=operator', 'auditors=auditor', 'acme-ops=operator@acme'];
const LOCAL = { kind: 'user', name: 'root (local)' } as const;

let provider: TestProvider;
beforeAll(async () => {
  provider = await startProvider(REDIRECT);
});
afterAll(() => provider.close());

function start(fourEyes: boolean): Promise<TestApi> {
  const { issuer, clientId, clientSecret } = provider;
  const roles = ROLES.map((entry) => parseGroupRole(entry)).filter((entry) => typeof entry !== 'string');
  const settings = { issuer, clientId, clientSecret, redirectUri: REDIRECT, scope: 'openid profile' };
  return startTestApi(SAMPLE, { oidc: { ...settings, groupsClaim: 'groups', roles }, rules: { fourEyes } });
}

/** What a browser does, from our first redirect to our last. */
async function signIn(api: TestApi, name: string, groups: string[]): Promise<Answer> {
  provider.person = { sub: `sub-${name}`, name, groups };
  const begun = await api.call('GET', '/api/v1/sign-in/oidc');
  const { pathname, search } = new URL(await provider.visit(begun.headers.get('location')!));
  const cookie = begun.headers.getSetCookie()[0]!.split(';')[0]!;
  return api.call('GET', `${pathname}${search}`, undefined, { headers: { cookie } });
}

function sessionOf(answer: Answer): string {
  const cookie = answer.headers.getSetCookie().find((each) => each.startsWith('__Host-waybill='));
  return cookie!.split(';')[0]!;
}

async function me(api: TestApi, cookie: string): Promise<Me | undefined> {
  const { status, text } = await api.call('GET', '/api/v1/me', undefined, { headers: { cookie } });
  return status === 200 ? (JSON.parse(text) as Me) : undefined;
}

describe('the last admin', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await start(false);
  });
  afterAll(() => api.close());

  it('stays admin whatever his groups say, and does nothing with it', async () => {
    const cookie = sessionOf(await signIn(api, 'ada', ['chiefs']));
    expect(await me(api, cookie)).toMatchObject({ role: 'admin' });
    for (const groups of [['ops'], ['acme-ops']]) {
      const answer = await signIn(api, 'ada', groups);
      expect(problemOf(answer)).toMatchObject({ status: 401, code: 'sign_in_refused' });
      expect(problemOf(answer).detail).toContain('last admin');
      expect(answer.headers.getSetCookie()).toEqual([]);
    }
    expect(await findUser(api.store.db, 'ada')).toMatchObject({ role: 'admin', partners: 'all' });
    expect(await me(api, cookie), 'what he had open has ended').toBeUndefined();
    const events = await api.store.db.auditEvent.findMany({ where: { action: 'user.sign_in_refused' } });
    expect(events.map(({ objectId, details }) => [objectId, details])).toMatchObject(
      Array(2).fill(['ada', { reason: 'oidc_last_admin' }]),
    );
  });

  it('is one of several as soon as there is another, and then follows his groups', async () => {
    const two = { name: 'two', role: 'admin', partners: 'all' } as const;
    await createUser(api.store, api.identityKeys, two, LOCAL);
    const cookie = sessionOf(await signIn(api, 'ada', ['ops']));
    expect(await me(api, cookie)).toMatchObject({ role: 'operator' });
    // A disabled admin is none.
    for (const name of ['bea', 'cid']) await signIn(api, name, ['chiefs']);
    await changeUser(api.store, 'two', { disabled: true }, LOCAL);
    await signIn(api, 'bea', ['ops']);
    expect((await signIn(api, 'cid', ['ops'])).status).toBe(401);
    expect(await findUser(api.store.db, 'bea')).toMatchObject({ role: 'operator' });
    expect(await findUser(api.store.db, 'cid')).toMatchObject({ role: 'admin' });
  });
});

describe('with WAYBILL_FOUR_EYES=on', () => {
  let api: TestApi;
  let second: string;
  beforeAll(async () => {
    api = await start(true);
    const other = { kind: 'user', name: 'somebody-else' } as const;
    const request = { name: 'second', role: 'admin', actor: other } as const;
    second = (await createApiKey(api.store, api.identityKeys, request)).key;
    await createUser(api.store, api.identityKeys, { name: 'chief', role: 'admin', partners: 'all' }, LOCAL);
  });
  afterAll(() => api.close());
  let name: string;
  let count = 0;
  beforeEach(() => {
    name = `person-${++count}`;
  });

  async function asked(): Promise<Approval[]> {
    const { items } = (await api.ask('listApprovals', '/approvals?limit=200')) as Page<Approval>;
    return items.filter(({ changes }) => changes[0]?.name === name);
  }

  const pending = async () => (await asked()).filter(({ state }) => state === 'pending');
  const decide = (id: string, how: 'approve' | 'reject', key = second) =>
    api.call(
      'POST',
      `/api/v1/approvals/${id}/${how}`,
      key,
      json({ [how === 'approve' ? 'note' : 'reason']: 'x' }),
    );

  it('a new person has nothing until an admin agrees', async () => {
    const cookie = sessionOf(await signIn(api, name, ['ops']));
    expect(await me(api, cookie)).toMatchObject({ role: 'viewer', partners: [] });
    const runs = await api.call('GET', '/api/v1/routes', undefined, { headers: { cookie } });
    expect(JSON.parse(runs.text)).toMatchObject({ items: [] });
    const [approval, ...more] = await pending();
    expect(more).toEqual([]);
    expect(approval).toMatchObject({ requestedBy: { kind: 'user', name } });
    expect(approval!.changes[0]!.fields).toEqual([
      { path: 'role', before: 'viewer', after: 'operator' },
      { path: 'partners', before: [], after: 'all' },
    ]);
    expect((await decide(approval!.id, 'approve')).status).toBe(200);
    expect(await me(api, cookie)).toMatchObject({ role: 'operator', partners: 'all' });
    const events = await api.store.db.auditEvent.findMany({
      where: { action: 'user.changed', objectId: name },
    });
    expect(events.map(({ actorName }) => actorName)).toEqual(['oidc']);
    await signIn(api, name, ['ops']);
    expect(await pending(), 'what he has is not asked for').toEqual([]);
  });

  it('is asked once, however often he signs in', async () => {
    for (let times = 0; times < 3; times++) await signIn(api, name, ['chiefs']);
    expect(await asked()).toHaveLength(1);
    expect(await findUser(api.store.db, name)).toMatchObject({ role: 'viewer', partners: [] });
  });

  it('less is in force at once, and only the rest waits', async () => {
    await signIn(api, name, ['ops']);
    await decide((await pending())[0]!.id, 'approve');
    const cookie = sessionOf(await signIn(api, name, ['auditors']));
    expect(await me(api, cookie)).toMatchObject({ role: 'viewer', partners: 'all' });
    const [approval] = await pending();
    expect(approval!.changes[0]!.fields).toEqual([{ path: 'role', before: 'viewer', after: 'auditor' }]);
    await signIn(api, name, ['acme-ops']);
    expect(await me(api, cookie)).toMatchObject({ role: 'viewer', partners: ['acme'] });
    expect((await pending()).map(({ changes }) => changes[0]!.fields)).toEqual([
      [{ path: 'role', before: 'viewer', after: 'operator' }],
    ]);
  });

  it('what his groups do not say any more cannot be approved', async () => {
    await signIn(api, name, ['chiefs']);
    const [chief] = await pending();
    await signIn(api, name, ['ops']);
    expect(problemOf(await decide(chief!.id, 'approve')).code).toBe('approval_decided');
    const [operator, ...more] = await pending();
    expect(more).toEqual([]);
    // In no group at all.
    expect((await signIn(api, name, ['former'])).status).toBe(401);
    expect(problemOf(await decide(operator!.id, 'approve')).code).toBe('approval_decided');
    expect(await findUser(api.store.db, name)).toMatchObject({ role: 'viewer', partners: [] });
    const all = await asked();
    expect(all.map(({ state, decidedBy }) => [state, decidedBy?.name])).toEqual(
      Array(2).fill(['rejected', 'oidc']),
    );
    await signIn(api, name, ['ops']);
    expect(await pending(), 'asked anew, as nobody has refused it').toHaveLength(1);
  });

  it('what an admin has refused is not asked again until his groups say something else', async () => {
    await signIn(api, name, ['ops']);
    await decide((await pending())[0]!.id, 'reject');
    await signIn(api, name, ['ops']);
    expect(await pending()).toEqual([]);
    await signIn(api, name, ['auditors']);
    expect(await pending()).toHaveLength(1);
  });

  it('nobody approves his own rise, with a key from better days neither', async () => {
    await signIn(api, name, ['chiefs']);
    await decide((await pending())[0]!.id, 'approve');
    const admin = { kind: 'user', name } as const;
    const request = { name: `key-of-${name}`, role: 'admin', actor: admin } as const;
    const { key } = await createApiKey(api.store, api.identityKeys, request);
    await signIn(api, name, ['ops']);
    await signIn(api, name, ['chiefs']);
    const [approval] = await pending();
    expect(problemOf(await decide(approval!.id, 'approve', key)).code, 'it is cut to what he may').toBe(
      'forbidden',
    );
    const asKey = { ...EVERYTHING, actor: { kind: 'api_key', name: request.name } } as const;
    await expect(api.configuration.approvals.approve(asKey, approval!.id, '')).rejects.toMatchObject({
      code: 'second_person_required',
    });
    expect(await findUser(api.store.db, name)).toMatchObject({ role: 'operator' });
  });

  it('is asked anew when nobody has decided for 14 days', async () => {
    await signIn(api, name, ['ops']);
    const [first] = await pending();
    const superuser = new pg.Client({ connectionString: api.superuserUrl });
    await superuser.connect();
    await superuser.query('ALTER TABLE approval DISABLE TRIGGER approval_deciding');
    await superuser.query(`UPDATE approval SET requested_at = now() - interval '15 days' WHERE id = $1`, [
      first!.id,
    ]);
    await superuser.query('ALTER TABLE approval ENABLE ALWAYS TRIGGER approval_deciding');
    await superuser.end();
    expect(problemOf(await decide(first!.id, 'approve')).code).toBe('approval_outdated');
    await signIn(api, name, ['ops']);
    const [again, ...more] = await pending();
    expect(more).toEqual([]);
    expect(again!.id).not.toBe(first!.id);
    expect((await decide(again!.id, 'approve')).status).toBe(200);
  });

  it('what is approved while his groups change gives him no more than they say now', async () => {
    await signIn(api, name, ['ops']);
    await decide((await pending())[0]!.id, 'approve');
    for (let round = 0; round < 4; round++) {
      await signIn(api, name, ['chiefs']);
      const [rise] = await pending();
      const [approved, signedIn] = await Promise.all([
        decide(rise!.id, 'approve'),
        signIn(api, name, ['ops']),
      ]);
      expect([200, 409]).toContain(approved.status);
      expect(signedIn.status, signedIn.text).toBe(303);
      expect(await findUser(api.store.db, name)).toMatchObject({ role: 'operator', partners: 'all' });
      expect(await pending()).toEqual([]);
    }
  });
});
