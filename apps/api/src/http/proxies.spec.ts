import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type HttpConfig, readConfig } from '#config';
import { type Me, problemSchema } from '#contract';
import { createUser } from '#identity';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type RawAnswer, sendRaw } from '../../testing/send-raw.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

/** All of 127/8 is this machine: the proxy and the stranger are connections from two of its addresses. */
const PROXY = '127.0.0.2';
const STRANGER = '127.0.0.3';
const { trustedProxies } = readConfig({ WAYBILL_TRUSTED_PROXIES: `${PROXY}, 10.0.0.0/24` }).http;
const HOST = 'waybill.example';
const CLIENT = '203.0.113.9';
const ACTOR = { kind: 'user', name: 'root (local)' } as const;
const PASSWORD = 'correct horse battery';

const codeOf = ({ text }: RawAnswer) => problemSchema.parse(JSON.parse(text)).code;

describe('how often strangers may ask', () => {
  const rates: HttpConfig['rates'] = {
    perIdentity: { perSecond: 1, burst: 100 },
    perAddress: { perSecond: 0.01, burst: 5 },
  };
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi(SAMPLE, { rates, trustedProxies });
  });
  afterAll(() => api.close());

  async function ask(from: string, forwardedFor: (n: number) => string, times: number): Promise<number[]> {
    const statuses: number[] = [];
    for (let n = 1; n <= times; n++) {
      const headers = { 'x-forwarded-for': forwardedFor(n) };
      statuses.push((await sendRaw(api.url, { method: 'GET', path: '/api/v1/runs', headers, from })).status);
    }
    return statuses;
  }
  const FIVE = [401, 401, 401, 401, 401];

  it('is counted for the connection of who is no trusted proxy, whatever it says', async () => {
    expect(await ask(STRANGER, (n) => `198.51.100.${n}`, 7)).toEqual([...FIVE, 429, 429]);
    expect(await ask(STRANGER, (n) => `198.51.100.${n}, ${PROXY}`, 1)).toEqual([429]);
  });

  it('is counted for each client behind a trusted one, whatever these claim', async () => {
    expect(await ask(PROXY, (n) => `198.51.100.${n}, ${CLIENT}`, 7)).toEqual([...FIVE, 429, 429]);
    // The same through a second proxy, and with a port.
    expect(await ask(PROXY, () => `127.0.0.1, ${CLIENT}, 10.0.0.9`, 1)).toEqual([429]);
    expect(await ask(PROXY, (n) => `${CLIENT}:${50_000 + n}`, 1)).toEqual([429]);
    // Somebody else there, and the stranger as whom it claimed to be.
    expect(await ask(PROXY, () => '203.0.113.10', 1)).toEqual([401]);
    expect(await ask(PROXY, () => '198.51.100.1', 1)).toEqual([401]);
  });

  it('is counted for a whole /64 of IPv6', async () => {
    expect(await ask(PROXY, (n) => `2001:db8:7:7::${n}`, 6)).toEqual([...FIVE, 429]);
  });
});

describe('a person behind a proxy', () => {
  let api: TestApi;
  beforeAll(async () => {
    api = await startTestApi(SAMPLE, { trustedProxies });
    const { password } = await createUser(
      api.store,
      api.identityKeys,
      { name: 'anna', role: 'operator', partners: 'all' },
      ACTOR,
    );
    const first = await signIn(password);
    const change = JSON.stringify({ current: password, next: PASSWORD });
    expect((await post('/me/password', browserOf(first), {}, change)).status).toBe(204);
  });
  afterAll(() => api.close());

  const behind = { host: HOST, 'x-forwarded-for': CLIENT, 'x-forwarded-proto': 'https' };
  const own = { origin: `https://${HOST}` };

  function signIn(
    password = PASSWORD,
    headers: Record<string, string> = {},
    from = PROXY,
  ): Promise<RawAnswer> {
    return sendRaw(api.url, {
      method: 'POST',
      path: '/api/v1/sign-in',
      headers: { ...behind, ...own, 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ name: 'anna', password }),
      from,
    });
  }

  function browserOf({ headers, text }: RawAnswer): Record<string, string> {
    const { session } = JSON.parse(text) as Me;
    return { cookie: headers['set-cookie']![0]!.split(';')[0]!, 'x-waybill-csrf': session!.csrfToken };
  }

  function post(path: string, browser: object, headers: Record<string, string> = {}, body = '{}') {
    return sendRaw(api.url, {
      method: 'POST',
      path: `/api/v1${path}`,
      headers: { ...behind, ...own, 'content-type': 'application/json', ...browser, ...headers },
      body,
      from: PROXY,
    });
  }

  const lastSession = () => api.store.db.session.findFirstOrThrow({ orderBy: { createdAt: 'desc' } });

  it('has a cookie for https and this host alone, and his own address in session and audit', async () => {
    const answer = await signIn();
    expect(answer.status, answer.text).toBe(200);
    expect(answer.headers['set-cookie']![0]).toMatch(
      /^__Host-waybill=[^;]+;.* Path=\/; Secure; HttpOnly; SameSite=Strict$/,
    );
    expect((await lastSession()).address).toBe(CLIENT);
    const event = await api.store.db.auditEvent.findFirstOrThrow({
      where: { object: 'session' },
      orderBy: { id: 'desc' },
    });
    expect(event.details).toMatchObject({ address: CLIENT });
  });

  it('is not whom a stranger claims to be', async () => {
    await signIn(PASSWORD, { 'x-forwarded-for': '192.0.2.1' }, STRANGER);
    expect((await lastSession()).address).toBe(STRANGER);
  });

  it('changes something from the own page alone, over https alone', async () => {
    const browser = browserOf(await signIn());
    const before = await api.store.db.run.count();
    for (const origin of [
      `http://${HOST}`,
      `https://${HOST}:8443`,
      'https://evil.example',
      `https://${HOST}.evil.example`,
    ])
      expect(codeOf(await post('/routes/nightly/runs', browser, { origin })), origin).toBe('csrf_refused');
    // The host that a proxy was asked for is not taken from a header that anybody may write.
    const forged = { origin: 'https://evil.example', 'x-forwarded-host': 'evil.example' };
    expect(codeOf(await post('/routes/nightly/runs', browser, forged))).toBe('csrf_refused');
    expect(await api.store.db.run.count()).toBe(before);
    expect((await post('/routes/nightly/runs', browser)).status).toBe(202);
  });

  it('does not sign in where his way to the proxy is in clear', async () => {
    const before = await api.store.db.session.count();
    const answer = await signIn(PASSWORD, { 'x-forwarded-proto': 'http', origin: `http://${HOST}` });
    expect(codeOf(answer)).toBe('https_required');
    expect(answer.headers['set-cookie']).toBeUndefined();
    expect(await api.store.db.session.count()).toBe(before);
  });

  it('is nobody of this machine, though the proxy is and names no client', async () => {
    const local = { method: 'GET', path: '/api/v1/metrics', headers: { host: 'localhost' } };
    for (const from of [PROXY, STRANGER, '127.0.0.1'])
      expect((await sendRaw(api.url, { ...local, from })).status, from).toBe(401);
  });
});

it('is taken for one of this machine where no proxy is named and none shows itself', async () => {
  const api = await startTestApi(SAMPLE);
  const ask = async (headers: Record<string, string>) =>
    (
      await sendRaw(api.url, {
        method: 'GET',
        path: '/api/v1/metrics',
        headers: { host: 'localhost', ...headers },
      })
    ).status;
  expect(await ask({})).toBe(200);
  for (const name of [
    'x-forwarded-for',
    'x-forwarded-proto',
    'x-forwarded-port',
    'x-real-ip',
    'forwarded',
    'via',
  ])
    expect(await ask({ [name]: 'for=127.0.0.1' }), name).toBe(401);
  await api.close();
});

it('knows its pages by the public address where a proxy asks for another host', async () => {
  const api = await startTestApi(SAMPLE, { trustedProxies, publicUrl: new URL(`https://${HOST}`) });
  const ask = async (origin: string) =>
    codeOf(
      await sendRaw(api.url, {
        method: 'POST',
        path: '/api/v1/sign-in',
        headers: {
          'x-forwarded-for': CLIENT,
          'x-forwarded-proto': 'https',
          origin,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ name: 'nobody', password: 'wrong' }),
        from: PROXY,
      }),
    );
  expect(await ask(`https://${HOST}`)).toBe('sign_in_refused');
  expect(await ask(`http://${HOST}`)).toBe('csrf_refused');
  expect(await ask('https://evil.example')).toBe('csrf_refused');
  await api.close();
});
