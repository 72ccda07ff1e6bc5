import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Lie, type LyingProvider, startLyingProvider } from '../../testing/lying-provider.ts';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const CLIENT = 'waybill';
const REDIRECT = 'https://waybill.example/api/v1/sign-in/oidc/callback';

let provider: LyingProvider;
let api: TestApi;
beforeAll(async () => {
  provider = await startLyingProvider(CLIENT);
  api = await startTestApi(SAMPLE, {
    oidc: {
      issuer: provider.issuer,
      clientId: CLIENT,
      clientSecret: undefined,
      redirectUri: REDIRECT,
      scope: 'openid profile',
      groupsClaim: 'groups',
      roles: [{ group: 'ops', role: 'operator', partners: 'all' }],
    },
  });
});
afterAll(async () => {
  await api.close();
  await provider.close();
});

async function signIn(lie: Lie): Promise<Answer> {
  const begun = await api.call('GET', '/api/v1/sign-in/oidc');
  const { searchParams } = new URL(begun.headers.get('location')!);
  provider.nonce = searchParams.get('nonce')!;
  provider.lie = lie;
  const cookie = begun.headers.getSetCookie()[0]!.split(';')[0]!;
  const answer = `${new URL(REDIRECT).pathname}?code=abc&state=${searchParams.get('state')}`;
  return api.call('GET', answer, undefined, { headers: { cookie } });
}

const PAST = Math.floor(Date.now() / 1000) - 3_600;

describe('a token of the identity provider', () => {
  it('that is as it should be lets its person in', async () => {
    expect((await signIn({})).status).toBe(303);
  });

  it.each<[string, Lie]>([
    ['is not signed (alg none)', { header: { alg: 'none' }, unsigned: true }],
    ['is signed with HMAC of the public key', { header: { alg: 'HS256' } }],
    ['is signed by a key that was never published', { foreignKey: true }],
    ['names a key that does not exist', { header: { kid: 'other' }, foreignKey: true }],
    ['has no signature at all', { unsigned: true }],
    ['was made for another program', { claims: { aud: 'somebody-else' } }],
    [
      'was made for several programs and says not for whom',
      { claims: { aud: [CLIENT, 'somebody-else'], azp: 'somebody-else' } },
    ],
    ['comes from another issuer', { claims: { iss: 'https://elsewhere.example' } }],
    ['is over', { claims: { iat: PAST - 300, exp: PAST } }],
    ['is of another sign-in', { claims: { nonce: 'of-yesterday' } }],
    ['is of no sign-in', { claims: { nonce: undefined } }],
    ['names nobody', { claims: { sub: undefined } }],
    ['is missing', { withoutIdToken: true }],
    ['speaks of another person than its userinfo', { userinfo: { sub: 'u-2' } }],
  ])('that %s lets nobody in', async (_, lie) => {
    const sessions = await api.store.db.session.count();
    const answer = await signIn(lie);
    expect(problemOf(answer)).toMatchObject({ status: 401, code: 'sign_in_refused' });
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await api.store.db.session.count()).toBe(sessions);
  });
});

describe('an identity provider that does not answer', () => {
  it('is told so, and asked again the next time', async () => {
    const dead = await startLyingProvider(CLIENT);
    await dead.close();
    const oidc = { issuer: dead.issuer, clientId: CLIENT, clientSecret: undefined, redirectUri: REDIRECT };
    const other = await startTestApi(SAMPLE, {
      oidc: { ...oidc, scope: 'openid', groupsClaim: 'groups', roles: [] },
    });
    try {
      for (const _ of [1, 2]) {
        const answer = await other.call('GET', '/api/v1/sign-in/oidc');
        expect(problemOf(answer)).toMatchObject({ status: 503, code: 'unavailable' });
      }
    } finally {
      await other.close();
    }
  });
});
