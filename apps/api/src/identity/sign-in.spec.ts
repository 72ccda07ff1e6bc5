import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listOperations, type Me, SESSION_COOKIE } from '#contract';
import { createUser, resetUser } from '#identity';
import { codeNow } from '#identity/testing';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const ACTOR = { kind: 'user', name: 'root (local)' } as const;
const PASSWORD = 'correct horse battery';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
  await settle('anna', 'operator');
  await settle('bert', 'viewer');
});
afterAll(() => api.close());

interface Browser {
  cookie: string;
  csrfToken: string;
  /** As our own page would do it. */
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

function signIn(name: string, password: string, headers: Record<string, string> = {}): Promise<Answer> {
  return api.call('POST', '/api/v1/sign-in', undefined, {
    ...json({ name, password }),
    headers: { 'content-type': 'application/json', ...headers },
  });
}

function browserOf(answer: Answer): Browser {
  const cookie = answer.headers.get('set-cookie')!.split(';')[0]!;
  const { session } = JSON.parse(answer.text) as Me;
  const { csrfToken } = session!;
  return {
    cookie,
    csrfToken,
    call: (method, path, body, headers = {}) =>
      api.call(method, `/api/v1${path}`, undefined, {
        ...(body !== undefined && { body: JSON.stringify(body) }),
        headers: {
          cookie,
          origin: api.url,
          'x-waybill-csrf': csrfToken,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
      }),
  };
}

async function settle(name: string, role: Me['role'], partners: Me['partners'] = 'all'): Promise<Browser> {
  const made = await createUser(api.store, api.identityKeys, { name, role, partners }, ACTOR);
  const browser = browserOf(await signIn(name, made.password));
  const changed = await browser.call('POST', '/me/password', { current: made.password, next: PASSWORD });
  expect(changed.status, changed.text).toBe(204);
  return browser;
}

/** Everything that a refused request might have changed. */
async function snapshot() {
  const { user, session, apiKey, run, auditEvent } = api.store.db;
  return Promise.all([
    ...[user.findMany(), session.findMany(), apiKey.findMany(), run.count(), auditEvent.count()],
  ]);
}

describe('a sign-in', () => {
  it('sets a cookie that no script, no other host and no other page gets', async () => {
    const answer = await signIn('anna', PASSWORD);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('set-cookie')).toMatch(
      new RegExp(
        `^${SESSION_COOKIE}=wbs_[\\w-]{43}; Max-Age=43200; Path=/; Secure; HttpOnly; SameSite=Strict$`,
      ),
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(JSON.parse(answer.text)).toMatchObject({ kind: 'person', name: 'anna', role: 'operator' });
    expect(answer.text).not.toContain('wbs_');
    const me = await browserOf(answer).call('GET', '/me');
    expect(JSON.parse(me.text)).toEqual(JSON.parse(answer.text));
  });

  it('that is refused sets none, and says no more than that', async () => {
    const wrong = await signIn('bert', 'wrong');
    const nobody = await signIn('nobody', 'wrong');
    for (const answer of [wrong, nobody]) {
      expect(problemOf(answer)).toMatchObject({ status: 401, code: 'sign_in_refused' });
      expect(answer.headers.get('set-cookie')).toBeNull();
    }
    const withoutId = ({ requestId: _, ...problem }: ReturnType<typeof problemOf>) => problem;
    expect(withoutId(problemOf(wrong))).toEqual(withoutId(problemOf(nobody)));
    expect(api.logged.join('')).not.toContain(PASSWORD);
  });

  it('tried too often has to wait, and says how long', async () => {
    const answers = await Promise.all(Array.from({ length: 12 }, () => signIn('guessed', 'guess')));
    const last = answers.find(({ status }) => status === 429)!;
    expect(problemOf(last)).toMatchObject({ status: 429, code: 'too_many_requests' });
    expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('is refused when another page asks for it', async () => {
    for (const headers of [
      { origin: 'https://evil.example' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ])
      expect(problemOf(await signIn('anna', PASSWORD, headers as Record<string, string>)).code).toBe(
        'csrf_refused',
      );
    expect((await signIn('anna', PASSWORD, { origin: api.url })).status).toBe(200);
  });

  it('with an old cookie works, and the session it replaces is over', async () => {
    const first = browserOf(await signIn('anna', PASSWORD));
    const second = browserOf(await signIn('anna', PASSWORD, { cookie: first.cookie }));
    expect((await first.call('GET', '/me')).status).toBe(401);
    expect((await second.call('GET', '/me')).status).toBe(200);
    const third = await signIn('anna', PASSWORD, { cookie: `${SESSION_COOKIE}=wbs_${'A'.repeat(43)}` });
    expect(third.status).toBe(200);
  });
});

describe('a one-time password', () => {
  it('allows nothing but choosing another one', async () => {
    const made = await createUser(
      api.store,
      api.identityKeys,
      { name: 'fresh', role: 'admin', partners: 'all' },
      ACTOR,
    );
    const browser = browserOf(await signIn('fresh', made.password));
    const before = await snapshot();
    for (const { id, operation } of listOperations()) {
      if (typeof operation.access === 'string' || ['getMe', 'changePassword', 'signOut'].includes(id))
        continue;
      const path = operation.path
        .replace('{name}', 'nightly')
        .replace('{id}', '0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11');
      if (operation.outsidePrefix) continue;
      const answer = await browser.call(operation.method, path);
      expect(problemOf(answer), id).toMatchObject({ status: 403, code: 'password_change_required' });
    }
    expect(await snapshot()).toEqual(before);
    const change = { current: made.password, next: 'fresh password' };
    expect(problemOf(await browser.call('POST', '/me/password', change)).code).toBe('weak_password');
    expect((await browser.call('POST', '/me/password', { ...change, next: PASSWORD })).status).toBe(204);
    expect((await browser.call('GET', '/runs')).status).toBe(200);
    expect(problemOf(await signIn('fresh', made.password)).code).toBe('sign_in_refused');
  });
});

describe('a session', () => {
  const trigger = ['POST', '/routes/nightly/runs', {}] as const;
  const wrong: [string, (browser: Browser) => Record<string, string>][] = [
    ['without a token', () => ({ 'x-waybill-csrf': '' })],
    ['with a token of nobody', () => ({ 'x-waybill-csrf': 'A'.repeat(43) })],
    ['from another page', () => ({ origin: 'https://evil.example' })],
    ['from a page of another port', () => ({ origin: 'http://127.0.0.1:1' })],
    ['from a page without a name', () => ({ origin: 'null' })],
    ['from a name that begins with ours', () => ({ origin: `${api.url}.evil.example` })],
    ['from another site, as the browser says', () => ({ 'sec-fetch-site': 'same-site' })],
    ['with an API key as well', () => ({ authorization: `Bearer ${api.keys.admin}` })],
    ['with two cookies', ({ cookie }) => ({ cookie: `${cookie}; ${cookie}` })],
    ['with the cookie under another name', ({ cookie }) => ({ cookie: cookie.replace('__Host-', '') })],
    ['with the cookie in capitals', ({ cookie }) => ({ cookie: cookie.toUpperCase() })],
  ];

  it.each(wrong)('changes nothing %s', async (_, headers) => {
    const browser = browserOf(await signIn('anna', PASSWORD));
    const before = await snapshot();
    const answer = await browser.call(...trigger, headers(browser));
    expect(['csrf_refused', 'unauthenticated']).toContain(problemOf(answer).code);
    expect(await snapshot()).toEqual(before);
    expect(api.rung).toEqual([]);
  });

  it('changes nothing without an Origin, or with the token of another session', async () => {
    const browser = browserOf(await signIn('anna', PASSWORD));
    const other = browserOf(await signIn('anna', PASSWORD));
    const before = await snapshot();
    const { cookie, csrfToken } = browser;
    const without = await api.call('POST', '/api/v1/routes/nightly/runs', undefined, {
      headers: { cookie, 'x-waybill-csrf': csrfToken },
    });
    expect(problemOf(without).code).toBe('csrf_refused');
    const crossed = await browser.call(...trigger, { 'x-waybill-csrf': other.csrfToken });
    expect(problemOf(crossed).code).toBe('csrf_refused');
    expect(await snapshot()).toEqual(before);
  });

  it('does what its role allows, and is named in the audit', async () => {
    const operator = browserOf(await signIn('anna', PASSWORD));
    const made = await operator.call(...trigger);
    expect(made.status, made.text).toBe(202);
    const viewer = browserOf(await signIn('bert', PASSWORD));
    const before = await snapshot();
    expect(problemOf(await viewer.call(...trigger))).toMatchObject({ status: 403, code: 'forbidden' });
    expect(await snapshot()).toEqual(before);
    const { id } = JSON.parse(made.text) as { id: string };
    const event = await api.store.db.auditEvent.findFirstOrThrow({ where: { runId: id } });
    expect(event).toMatchObject({ actorKind: 'user', actorName: 'anna' });
    api.rung.length = 0;
  });

  it('is over with the next request: signed out, ended by an admin, disabled, reset', async () => {
    const admin = await settle('boss', 'admin');
    const out = browserOf(await signIn('anna', PASSWORD));
    const left = await out.call('POST', '/sign-out');
    expect(left.status).toBe(204);
    expect(left.headers.get('set-cookie')).toContain(`${SESSION_COOKIE}=; Max-Age=0;`);
    expect((await out.call('GET', '/me')).status).toBe(401);

    const ended = browserOf(await signIn('anna', PASSWORD));
    const { session } = JSON.parse((await ended.call('GET', '/me')).text) as Me;
    const path = `/sessions/${session!.id}`;
    const stranger = browserOf(await signIn('bert', PASSWORD));
    expect((await stranger.call('DELETE', path)).status, "another's").toBe(404);
    expect((await ended.call('GET', '/me')).status).toBe(200);
    expect((await admin.call('DELETE', path)).status).toBe(204);
    expect((await ended.call('GET', '/me')).status).toBe(401);
    expect((await admin.call('DELETE', path)).status).toBe(404);

    const disabled = browserOf(await signIn('anna', PASSWORD));
    expect((await admin.call('PATCH', '/users/anna', { disabled: true })).status).toBe(200);
    expect((await disabled.call('GET', '/me')).status).toBe(401);
    expect(problemOf(await signIn('anna', PASSWORD)).code).toBe('sign_in_refused');
    await admin.call('PATCH', '/users/anna', { disabled: false });

    const reset = browserOf(await signIn('anna', PASSWORD));
    await resetUser(api.store, api.identityKeys, 'anna', { actor: ACTOR, secondFactor: 'keep' });
    expect((await reset.call('GET', '/me')).status).toBe(401);
  });

  it('is shown to its owner and to admins only', async () => {
    const carl = await settle('carl', 'auditor');
    const own = JSON.parse((await carl.call('GET', '/sessions')).text) as {
      items: { user: string; current: boolean }[];
    };
    expect(own.items).toMatchObject([{ user: 'carl', current: true }]);
    const admin = browserOf(await signIn('boss', PASSWORD));
    const all = (await admin.call('GET', '/sessions?limit=200')).text;
    expect(all).toContain('"carl"');
    expect(all).not.toContain('wbs_');
    const program = await api.call('GET', '/api/v1/sessions', api.keys.viewer);
    expect(JSON.parse(program.text)).toEqual({ items: [], nextCursor: null });
  });
});

describe('the second factor', () => {
  it('is added, demanded and removed over REST', async () => {
    const dora = await settle('dora', 'viewer');
    const begun = await dora.call('POST', '/me/second-factor', { password: PASSWORD });
    const { secret, uri } = JSON.parse(begun.text) as { secret: string; uri: string };
    expect(uri).toContain(`secret=${secret}`);
    const first = await codeNow(api.store, secret);
    const confirmed = await dora.call('POST', '/me/second-factor/confirm', { code: first });
    const { recoveryCodes } = JSON.parse(confirmed.text) as { recoveryCodes: string[] };
    expect(problemOf(await signIn('dora', PASSWORD))).toMatchObject({
      status: 401,
      code: 'second_factor_required',
    });
    const signedIn = await api.call(
      'POST',
      '/api/v1/sign-in',
      undefined,
      json({ name: 'dora', password: PASSWORD, code: await codeNow(api.store, secret, 1) }),
    );
    expect(JSON.parse(signedIn.text)).toMatchObject({ session: { hasSecondFactor: true } });
    const remove = { password: PASSWORD, code: recoveryCodes[0] };
    expect((await browserOf(signedIn).call('POST', '/me/second-factor/remove', remove)).status).toBe(204);
    expect((await signIn('dora', PASSWORD)).status).toBe(200);
    expect(api.logged.join('')).not.toContain(secret);
  });
});

describe('users and keys', () => {
  const admin = (method: string, path: string, body?: unknown) =>
    api.call(method, `/api/v1${path}`, api.keys.admin, body === undefined ? {} : json(body));

  it('are made, changed and found by admins of the whole installation', async () => {
    const made = await admin('POST', '/users', { name: 'eve', role: 'viewer', partners: ['acme'] });
    expect(made.status, made.text).toBe(201);
    const { password } = JSON.parse(made.text) as { password: string };
    expect((await signIn('eve', password)).status).toBe(200);
    expect(problemOf(await admin('POST', '/users', { name: 'eve', role: 'viewer' })).code).toBe('name_taken');
    const unknown = await admin('PATCH', '/users/eve', { partners: ['nobody'] });
    expect(problemOf(unknown)).toMatchObject({ code: 'unknown_name', errors: [{ path: 'body.partners' }] });
    for (const wrong of [{ role: 'root' }, { partners: [] }, { partners: ['*'] }, { password: 'x' }])
      expect(problemOf(await admin('PATCH', '/users/eve', wrong)).code).toBe('invalid_request');
    expect(JSON.parse((await admin('GET', '/users/eve')).text)).toMatchObject({
      partners: ['acme'],
      passwordIsOneTime: true,
    });
    const reset = await admin('POST', '/users/eve/reset', { secondFactor: 'keep' });
    expect(JSON.parse(reset.text).password).not.toBe(password);
    expect(await api.ask('listUsers', '/users?limit=2')).toMatchObject({ nextCursor: expect.any(String) });
    expect((await admin('GET', '/users/nobody')).status).toBe(404);
  });

  it('are out of reach for an admin of some partners or of some routes, without a trace', async () => {
    const keyOf = async (wanted: object) =>
      JSON.parse((await admin('POST', '/keys', { role: 'admin', ...wanted })).text).key as string;
    const keys = [
      await keyOf({ name: 'some-partners', partners: ['acme'] }),
      await keyOf({ name: 'some-routes', routes: ['nightly'] }),
    ];
    const partly = await settle('partly', 'admin', ['acme']);
    const before = await snapshot();
    const demanding = listOperations().filter(({ operation }) => operation.only === 'whole_installation');
    expect(demanding.length).toBeGreaterThanOrEqual(8);
    for (const { id, operation } of demanding) {
      const path = operation.path
        .replace('{name}', 'eve')
        .replace('{id}', '0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11');
      for (const key of keys)
        expect(problemOf(await api.call(operation.method, `/api/v1${path}`, key)), id).toMatchObject({
          status: 403,
        });
      expect(problemOf(await partly.call(operation.method, path)), id).toMatchObject({ code: 'forbidden' });
    }
    expect((await snapshot())[0]).toEqual(before[0]);
    expect((await snapshot())[4]).toEqual(before[4]);
    expect(JSON.parse((await api.call('GET', '/api/v1/me', keys[1])).text)).toMatchObject({
      kind: 'program',
      partners: 'all',
      routes: ['nightly'],
      session: null,
    });
  });

  it('end: a key with its time or at once; it has no password and no session', async () => {
    const soon = new Date(Date.now() + 3_600_000).toISOString();
    const made = await admin('POST', '/keys', { name: 'brief', role: 'viewer', expiresAt: soon });
    const { key, entry } = JSON.parse(made.text) as { key: string; entry: object };
    expect(entry).toMatchObject({ name: 'brief', createdBy: 'admin', expiresAt: soon });
    for (const [method, path] of [
      ['POST', '/me/password'],
      ['POST', '/sign-out'],
      ['DELETE', '/sessions/0b0e8a4e-6c8f-4a53-9a0c-0f1f3a6f1c11'],
    ] as const)
      expect(problemOf(await api.call(method, `/api/v1${path}`, key)).code).toBe('person_required');
    expect((await admin('DELETE', '/keys/brief')).status).toBe(204);
    expect((await api.call('GET', '/api/v1/me', key)).status).toBe(401);
    expect((await admin('DELETE', '/keys/brief')).status).toBe(404);
    expect((await admin('GET', '/keys')).text).not.toContain(key);
  });
});
