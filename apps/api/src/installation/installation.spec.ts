import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '#config';
import type { InstallationObject, SignInWays } from '#contract';
import { createApiKey, parseGroupRole } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { sendRaw } from '../../testing/send-raw.ts';
import { problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const ACTOR = { kind: 'user', name: 'test' } as const;
const PROXY = '127.0.0.2';
const PUBLIC_URL = new URL('https://waybill.example');
const SECRET = 'hunter2';
const GROUPS = ['ops,eu=operator@acme+other', 'admins=admin'];
const { trustedProxies } = readConfig({ WAYBILL_TRUSTED_PROXIES: PROXY }).http;

let plain: TestApi;
let api: TestApi;
beforeAll(async () => {
  const roles = GROUPS.map(parseGroupRole).filter((entry) => typeof entry !== 'string');
  const provider = { issuer: new URL(`https://anna:${SECRET}@login.example/realm?x=${SECRET}`), roles };
  const client = { clientId: 'waybill', clientSecret: SECRET, redirectUri: `${PUBLIC_URL.href}callback` };
  [plain, api] = await Promise.all([
    startTestApi(SAMPLE),
    startTestApi(SAMPLE, {
      ...{ trustedProxies, publicUrl: PUBLIC_URL },
      oidc: { ...provider, ...client, scope: 'openid profile', groupsClaim: 'groups' },
      environment: {
        DATABASE_URL: `postgresql://app:${SECRET}@db/waybill`,
        DATABASE_OWNER_URL: `postgresql://owner:${SECRET}@db/waybill`,
        REDIS_URL: `rediss://:${SECRET}@cache`,
        VAULT_ADDR: 'https://vault.example',
        VAULT_TOKEN_FILE: `/run/secrets/${SECRET}`,
        WAYBILL_VAULT_KEY: 'waybill',
        WAYBILL_EGRESS_ALLOW: 'public,10.1.0.0/16:990,*.partner.example',
        WAYBILL_EGRESS_DENY: '[2001:db8::7]:21-22',
        WAYBILL_ALLOW_LEGACY: 'plain_ftp',
        WAYBILL_FOUR_EYES: 'on',
        WAYBILL_KEEP_SESSIONS_DAYS: '31',
        WAYBILL_LOCAL_ROOTS: '/srv/exchange',
      },
    }),
  ]);
});
afterAll(() => Promise.all([plain.close(), api.close()]));

async function installation(of: TestApi, key = of.keys.auditor): Promise<InstallationObject> {
  return (await of.ask('getInstallation', '/installation', key)) as InstallationObject;
}

describe('GET /installation', () => {
  it('shows how an installation is set up about which nobody has said anything', async () => {
    const { default: root } = await import('../../../../package.json', { with: { type: 'json' } });
    const shown = await installation(plain);
    expect(shown).toEqual({
      version: root.version,
      nodeVersion: process.versions.node,
      database: { kind: 'embedded', version: expect.stringMatching(/^\d+\.\d+$/), time: expect.any(String) },
      queue: 'postgres',
      publicUrl: null,
      oidc: null,
      egress: { allow: ['public', 'private'], deny: [] },
      allowedLegacyPolicies: [],
      fourEyes: false,
      retention: { requestDays: 30, callbackDays: 30, sessionDays: 90, probeDays: 90 },
      rates: plain.http.rates,
      localRoots: [`${plain.home}/files`],
    });
    expect(Math.abs(Date.parse(shown.database.time) - (await plain.store.now()).getTime())).toBeLessThan(
      5_000,
    );
  });

  it('shows what was set, and no secret of it', async () => {
    const shown = await installation(api, api.keys.admin);
    expect(shown).toMatchObject({
      database: { kind: 'services' },
      queue: 'redis',
      publicUrl: 'https://waybill.example',
      oidc: {
        ...{ issuer: 'https://login.example/realm', clientId: 'waybill', groupsClaim: 'groups' },
        groups: [
          { group: 'ops,eu', role: 'operator', partners: ['acme', 'other'] },
          { group: 'admins', role: 'admin', partners: 'all' },
        ],
      },
      egress: { allow: ['public', '10.1.0.0/16:990', '*.partner.example'], deny: ['[2001:db8::7]:21-22'] },
      allowedLegacyPolicies: ['plain_ftp'],
      fourEyes: true,
      retention: { sessionDays: 31 },
      localRoots: ['/srv/exchange'],
    });
    for (const hidden of [SECRET, 'vault', 'secrets.key', '@db', 'cache', 'anna'])
      expect(JSON.stringify(shown)).not.toContain(hidden);
  });

  it('is for admins and auditors who are limited to nothing', async () => {
    const ask = (key: string) => api.call('GET', '/api/v1/installation', key);
    for (const role of ['viewer', 'operator'] as const)
      expect(problemOf(await ask(api.keys[role]))).toMatchObject({ status: 403, code: 'forbidden' });
    for (const reach of [{ partners: ['acme'] }, { routes: ['nightly'] }]) {
      const name = `auditor-of-${Object.keys(reach)}`;
      const { key } = await createApiKey(api.store, api.identityKeys, {
        ...{ name, role: 'auditor', actor: ACTOR },
        ...reach,
      });
      expect(problemOf(await ask(key))).toMatchObject({ status: 403, code: 'forbidden' });
    }
  });
});

describe('GET /sign-in', () => {
  async function ways(of: TestApi, headers: Record<string, string> = {}, from?: string): Promise<SignInWays> {
    const call = { method: 'GET', path: '/api/v1/sign-in', headers };
    const { status, text } = await sendRaw(of.url, { ...call, ...(from !== undefined && { from }) });
    expect(status, text).toBe(200);
    return JSON.parse(text) as SignInWays;
  }

  it('says without an identity which ways there are', async () => {
    expect(await plain.call('GET', '/api/v1/sign-in')).toMatchObject({ status: 200 });
    expect(await ways(plain)).toMatchObject({ password: true, identityProvider: null });
    const said = await ways(api);
    expect(said.identityProvider).toEqual({ name: 'login.example', path: '/api/v1/sign-in/oidc' });
    expect(JSON.stringify(said)).not.toContain(SECRET);
    const begun = await plain.call('GET', '/api/v1/sign-in/oidc');
    expect(problemOf(begun).code).toBe('not_found');
  });

  const asked = (host: string, more: Record<string, string> = {}) => ({ host, ...more });
  it.each<[string, boolean, Record<string, string>]>([
    ['on this machine', true, asked('127.0.0.1:8421')],
    ['on this machine by its name', true, asked('localhost:8421')],
    ['on this machine over IPv6', true, asked('[::1]:8421')],
    ['over http at another one', false, asked('files.example:8421')],
    ['at a name that only begins like this machine', false, asked('localhost.evil.example')],
    ['by a browser that trusts the way', true, asked('files.example', { 'sec-fetch-site': 'same-origin' })],
  ])('%s: a browser would keep the cookie: %s', async (_, secure, headers) => {
    expect((await ways(plain, headers)).secure).toBe(secure);
  });

  it('believes a trusted proxy before everybody, and takes the public address for what it is', async () => {
    const through = (scheme: string) => ({ host: 'waybill.example', 'x-forwarded-proto': scheme });
    expect((await ways(api, through('https'), PROXY)).secure).toBe(true);
    expect((await ways(api, { ...through('http'), 'sec-fetch-site': 'none' }, PROXY)).secure).toBe(false);
    expect((await ways(api, { host: 'waybill.example' })).secure).toBe(true);
    // A stranger says what he likes.
    expect((await ways(plain, { host: 'files.example', 'x-forwarded-proto': 'https' })).secure).toBe(false);
  });
});
