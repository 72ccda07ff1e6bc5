import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseGroupRole } from '#identity';
import { startProvider, type TestProvider } from '../../testing/identity-provider.ts';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const REDIRECT = 'https://waybill.example/api/v1/sign-in/oidc/callback';
const ROLES = ['waybill-admins=admin', 'ops=operator', 'acme-team=viewer@acme', 'ghost-team=viewer@ghost'];

let provider: TestProvider;
let api: TestApi;
beforeAll(async () => {
  provider = await startProvider(REDIRECT);
  const { issuer, clientId, clientSecret } = provider;
  const roles = ROLES.map((entry) => parseGroupRole(entry)).filter((entry) => typeof entry !== 'string');
  const settings = { issuer, clientId, clientSecret, redirectUri: REDIRECT, scope: 'openid profile' };
  const page = { type: 'text/html', body: Buffer.from(''), gzipped: Buffer.from(''), immutable: false };
  api = await startTestApi(SAMPLE, {
    oidc: { ...settings, groupsClaim: 'groups', roles },
    dashboard: { page, files: new Map() },
  });
});
afterAll(async () => {
  await api.close();
  await provider.close();
});

/** What the browser keeps of an answer. */
function cookieOf(answer: Answer, name: string): string | undefined {
  const found = answer.headers.getSetCookie().find((cookie) => cookie.startsWith(`${name}=`));
  return found?.split(';')[0];
}

async function begin(): Promise<{ location: string; browser: string }> {
  const answer = await api.call('GET', '/api/v1/sign-in/oidc');
  expect(answer.status).toBe(303);
  return { location: answer.headers.get('location')!, browser: cookieOf(answer, '__Host-waybill-oidc')! };
}

function comeBack(returned: string, browser: string | undefined, accept = '*/*'): Promise<Answer> {
  const { pathname, search } = new URL(returned);
  const headers = { accept, ...(browser !== undefined && { cookie: browser }) };
  return api.call('GET', `${pathname}${search}`, undefined, { headers });
}

async function signIn(): Promise<Answer> {
  const { location, browser } = await begin();
  return comeBack(await provider.visit(location), browser);
}

async function me(answer: Answer): Promise<unknown> {
  const cookie = cookieOf(answer, '__Host-waybill')!;
  const { status, text } = await api.call('GET', '/api/v1/me', undefined, { headers: { cookie } });
  return { status, ...JSON.parse(text) };
}

async function refusals(): Promise<unknown[]> {
  const events = await api.store.db.auditEvent.findMany({
    where: { action: 'user.sign_in_refused' },
    orderBy: { id: 'asc' },
  });
  return events.map(({ details }) => (details as { reason: string }).reason);
}

describe('a person who comes from the identity provider', () => {
  it('is made at his first sign-in, with the role of the first group that has one', async () => {
    provider.person = { sub: 'u-1', name: 'ada', groups: ['staff', 'ops', 'waybill-admins'] };
    const answer = await signIn();
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/');
    expect(answer.headers.getSetCookie().join()).toContain('SameSite=Strict');
    expect(await me(answer)).toMatchObject({ status: 200, kind: 'person', name: 'ada', role: 'admin' });
  });

  it('gets the role and the partners that his groups give him today', async () => {
    provider.person = { sub: 'u-2', name: 'bob', groups: ['ops'] };
    expect(await me(await signIn())).toMatchObject({ role: 'operator', partners: 'all' });
    provider.person = { sub: 'u-2', name: 'bob', groups: ['acme-team'] };
    expect(await me(await signIn())).toMatchObject({ role: 'viewer', partners: ['acme'] });
    const changes = await api.store.db.auditEvent.findMany({
      where: { action: 'user.changed', objectId: 'bob' },
    });
    expect(changes.map(({ actorName, details }) => [actorName, details])).toEqual([
      [
        'oidc',
        {
          role: { before: 'operator', after: 'viewer' },
          partners: { before: 'all', after: ['acme'] },
          endedSessions: 0,
        },
      ],
    ]);
  });

  it('without a group that has a role is refused, and what he has open ends', async () => {
    provider.person = { sub: 'u-3', name: 'eve', groups: ['ops'] };
    const before = await signIn();
    provider.person = { sub: 'u-3', name: 'eve', groups: ['former'] };
    const after = await signIn();
    expect(problemOf(after)).toMatchObject({ status: 401, code: 'sign_in_refused' });
    expect(cookieOf(after, '__Host-waybill')).toBeUndefined();
    expect(await me(before)).toMatchObject({ status: 401 });
    expect(await refusals()).toContain('oidc_groups');
  });

  it('does not become the local user of his name', async () => {
    provider.person = { sub: 'u-4', name: 'ada', groups: ['waybill-admins'] };
    expect(problemOf(await signIn())).toMatchObject({ status: 401, code: 'sign_in_refused' });
  });

  it('has no password here, and gets none', async () => {
    const init = json({ name: 'ada', password: 'whatever-it-may-be' });
    const answer = await api.call('POST', '/api/v1/sign-in', undefined, init);
    expect(problemOf(answer)).toMatchObject({ code: 'sign_in_refused' });
    const before = await api.store.db.user.findUniqueOrThrow({ where: { name: 'ada' } });
    expect(before).toMatchObject({ passwordHash: null, totpSecret: null });
    const reset = await api.call(
      'POST',
      '/api/v1/users/ada/reset',
      api.keys.admin,
      json({ secondFactor: 'remove' }),
    );
    expect(problemOf(reset)).toMatchObject({ status: 409, code: 'no_password' });
    expect(problemOf(reset).detail).toContain('identity provider');
    expect(await api.store.db.user.findUniqueOrThrow({ where: { name: 'ada' } })).toEqual(before);
    expect(await api.store.db.auditEvent.count({ where: { action: 'user.reset' } })).toBe(0);
    expect(await api.ask('getUser', '/users/ada')).toMatchObject({ signsInWith: 'identity_provider' });
  });

  it('who signs in again in the same browser leaves no session behind', async () => {
    provider.person = { sub: 'u-10', name: 'ivo', groups: ['ops'] };
    const first = await signIn();
    const elsewhere = await signIn();
    const headers = { cookie: cookieOf(first, '__Host-waybill')! };
    const begun = await api.call('GET', '/api/v1/sign-in/oidc', undefined, { headers });
    const returned = await provider.visit(begun.headers.get('location')!);
    const again = await comeBack(returned, cookieOf(begun, '__Host-waybill-oidc'));
    expect(await me(again)).toMatchObject({ status: 200, name: 'ivo' });
    expect(await me(first)).toMatchObject({ status: 401 });
    expect(await me(elsewhere), 'another browser').toMatchObject({ status: 200 });
  });

  it('is told so when he wants to change one', async () => {
    provider.person = { sub: 'u-6', name: 'fay', groups: ['ops'] };
    const cookie = cookieOf(await signIn(), '__Host-waybill')!;
    const { csrfToken } = (
      JSON.parse((await api.call('GET', '/api/v1/me', undefined, { headers: { cookie } })).text) as {
        session: { csrfToken: string };
      }
    ).session;
    for (const [path, body] of [
      ['/me/password', { current: 'whatever-it-may-be', next: 'correct horse battery' }],
      ['/me/second-factor', { password: 'whatever-it-may-be' }],
      ['/me/second-factor/remove', { password: 'whatever-it-may-be', code: '123456' }],
    ] as const) {
      const headers = { cookie, origin: api.url, 'x-waybill-csrf': csrfToken };
      const init = json(body);
      const answer = await api.call('POST', `/api/v1${path}`, undefined, {
        ...init,
        headers: { ...init.headers, ...headers },
      });
      expect(problemOf(answer), path).toMatchObject({ status: 409, code: 'no_password' });
    }
  });

  it('signs in for the first time with two browsers at once, and is one person', async () => {
    provider.person = { sub: 'u-7', name: 'gus', groups: ['ops'] };
    const answers = await Promise.all([signIn(), signIn(), signIn()]);
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(await api.store.db.user.count({ where: { name: 'gus' } })).toBe(1);
  });

  it('of a partner that does not exist here is refused, and the audit says why', async () => {
    provider.person = { sub: 'u-8', name: 'hal', groups: ['ghost-team'] };
    expect(problemOf(await signIn())).toMatchObject({ status: 401, code: 'sign_in_refused' });
    expect(await refusals()).toContain('oidc_partners');
    expect(await api.store.db.user.count({ where: { name: 'hal' } })).toBe(0);
  });

  it('who is disabled here stays out', async () => {
    provider.person = { sub: 'u-5', name: 'dan', groups: ['ops'] };
    await signIn();
    await api.store.db.user.update({ where: { name: 'dan' }, data: { disabledAt: new Date() } });
    expect(problemOf(await signIn())).toMatchObject({ status: 401, code: 'sign_in_refused' });
    expect(await refusals()).toContain('oidc_disabled');
  });
});

describe('an answer of the provider', () => {
  beforeAll(() => {
    provider.person = { sub: 'u-9', name: 'kim', groups: ['ops'] };
  });

  it('is taken once', async () => {
    const { location, browser } = await begin();
    const returned = await provider.visit(location);
    expect((await comeBack(returned, browser)).status).toBe(303);
    expect(problemOf(await comeBack(returned, browser))).toMatchObject({ code: 'sign_in_refused' });
  });

  it.each([
    ['from another browser', () => begin().then(({ browser }) => browser)],
    ['without the cookie of the browser that began', async () => undefined],
  ])('is refused %s, and used up only by its own', async (_, otherBrowser) => {
    const { location, browser } = await begin();
    const returned = await provider.visit(location);
    expect(problemOf(await comeBack(returned, await otherBrowser()))).toMatchObject({
      code: 'sign_in_refused',
    });
    expect((await comeBack(returned, browser)).status).toBe(303);
  });

  it('with the code of another sign-in is refused: its verifier and nonce are others', async () => {
    const [mine, theirs] = [await begin(), await begin()];
    const [returned, stolen] = [await provider.visit(mine.location), await provider.visit(theirs.location)];
    const mixed = new URL(returned);
    mixed.searchParams.set('code', new URL(stolen).searchParams.get('code')!);
    expect(problemOf(await comeBack(mixed.href, mine.browser))).toMatchObject({ code: 'sign_in_refused' });
    expect(api.logged.filter((line) => line.includes('was not accepted'))).not.toEqual([]);
  });

  it('that names another issuer is refused (mix-up, RFC 9207)', async () => {
    const { location, browser } = await begin();
    const mixed = new URL(await provider.visit(location));
    mixed.searchParams.set('iss', 'https://elsewhere.example');
    expect(problemOf(await comeBack(mixed.href, browser))).toMatchObject({ code: 'sign_in_refused' });
  });

  it('to nothing that was begun here leaves no trace: the audit is not for strangers to fill', async () => {
    const before = await api.store.db.auditEvent.count();
    for (const [search, cookie] of [
      ['?state=x', undefined],
      ['?state=x&code=y', '__Host-waybill-oidc=made-up'],
      ['?error=access_denied', undefined],
      ['', '__Host-waybill-oidc=made-up'],
    ] as const) {
      const headers = cookie === undefined ? {} : { cookie };
      const answer = await api.call('GET', `/api/v1/sign-in/oidc/callback${search}`, undefined, { headers });
      expect(problemOf(answer)).toMatchObject({ status: 401, code: 'sign_in_refused' });
    }
    expect(await api.store.db.auditEvent.count()).toBe(before);
  });

  it('that vouches for nobody leaves no trace either, though the sign-in was begun here: only the log tells', async () => {
    const before = await api.store.db.auditEvent.count();
    const lines = api.logged.length;
    for (const said of ['error=access_denied', 'code=made-up', 'iss=https://elsewhere.example&code=x', '']) {
      const { location, browser } = await begin();
      const state = new URL(location).searchParams.get('state')!;
      const answer = await comeBack(`${REDIRECT}?${said}&state=${state}`, browser);
      expect(problemOf(answer), said).toMatchObject({ status: 401, code: 'sign_in_refused' });
    }
    expect(await api.store.db.auditEvent.count()).toBe(before);
    const told = api.logged.slice(lines).filter((line) => line.includes('was not accepted'));
    expect(told).toHaveLength(4);
    expect(told.join()).not.toContain('made-up');
    expect(told[0]).toContain('OAUTH_');
  });

  it('that is too late is refused', async () => {
    const { location, browser } = await begin();
    const returned = await provider.visit(location);
    await api.store.db.$executeRaw`DELETE FROM oidc_sign_in`;
    expect(problemOf(await comeBack(returned, browser))).toMatchObject({ code: 'sign_in_refused' });
  });

  it('with an error is refused, and says nothing of what the provider wrote', async () => {
    const { location, browser } = await begin();
    const state = new URL(location).searchParams.get('state')!;
    const answer = await comeBack(
      `${REDIRECT}?error=access_denied&error_description=<b>no</b>&state=${state}`,
      browser,
    );
    expect(problemOf(answer)).toMatchObject({ code: 'sign_in_refused' });
    expect(answer.text).not.toContain('<b>');
  });
});

describe('what is kept while a person is at the provider', () => {
  it('is neither nonce nor verifier nor state in clear', async () => {
    const { location } = await begin();
    const { searchParams } = new URL(location);
    const rows = await api.store.db.oidcSignIn.findMany();
    const kept = rows
      .map((row) =>
        [row.stateDigest, row.browserDigest, row.sealed].map((bytes) =>
          Buffer.from(bytes).toString('latin1'),
        ),
      )
      .join();
    expect(kept).not.toContain(searchParams.get('state')!);
    expect(kept).not.toContain(searchParams.get('nonce')!);
    expect(searchParams.get('code_challenge_method')).toBe('S256');
  });
});

describe('entries of WAYBILL_OIDC_ROLES', () => {
  it.each([
    ['ops=operator', { group: 'ops', role: 'operator', partners: 'all' }],
    ['cn=ops,ou=x=viewer@acme+beta', { group: 'cn=ops,ou=x', role: 'viewer', partners: ['acme', 'beta'] }],
    ['ops=root', 'must name one of the roles viewer, operator, admin, auditor'],
    ['ops', 'must be group=role or group=role@partner+partner'],
    ['=admin', 'must be group=role or group=role@partner+partner'],
    ['ops=viewer@', 'must name partners, separated by +'],
  ])('%s', (entry, expected) => {
    expect(parseGroupRole(entry)).toEqual(expected);
  });
});

describe('a browser that is refused', () => {
  const ACCEPT = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

  it('reads why on the page for sign-in, and has no session', async () => {
    provider.person = { sub: 'u-90', name: 'nora', groups: ['nobody'] };
    const { location, browser } = await begin();
    const answer = await comeBack(await provider.visit(location), browser, ACCEPT);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in?refused=groups']);
    expect(cookieOf(answer, '__Host-waybill')).toBeUndefined();
  });

  it('is led by nothing that an address says', async () => {
    const answer = await comeBack(`${REDIRECT}?error=https://elsewhere.example&state=x`, undefined, ACCEPT);
    expect([answer.status, answer.headers.get('location')]).toEqual([303, '/sign-in?refused=not_begun']);
  });
});
