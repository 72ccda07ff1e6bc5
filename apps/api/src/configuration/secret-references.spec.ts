import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { prepareSealingKey } from '#apps/worker';
import { storeSecret } from '#configuration';
import type { FtpsEndpoint } from '#domain';
import { createApiKey } from '#identity';
import { KeyFile, Keyring } from '#secrets';
import { EVERYTHING } from '#store';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const LOCAL = { kind: 'user', name: 'test' } as const;
const BASE = '/api/v1';

let api: TestApi;
let free: TestApi;
/** An admin of acme, who is to be kept from what is others'. */
let acme: string;
beforeAll(async () => {
  api = await startTestApi(SAMPLE);
  free = await startTestApi(SAMPLE, { rules: { restLocalReferences: true } });
  const request = { name: 'acme-admin', role: 'admin', partners: ['acme'], actor: LOCAL } as const;
  acme = (await createApiKey(api.store, api.identityKeys, request)).key;
  const keys = await KeyFile.open(join(api.home, 'secrets.key'), { mayCreate: true });
  await prepareSealingKey(api.store, new Keyring({ keys }), LOCAL);
  for (const name of ['everybodys', 'webhook']) await storeSecret(api.store, LOCAL, name, 'x');
  await set('acmes', 'acme');
  await set('others', 'other');
});
afterAll(async () => {
  await api.close();
  await free.close();
});
let number = 0;
let fresh: string;
beforeEach(() => {
  fresh = `x${++number}`;
});

const set = (name: string, partner: string | null) =>
  api.ask('setSecret', `/secrets/${name}`, api.keys.admin, json({ value: 'x', partner }));

async function send(method: string, path: string, body?: unknown, key = api.keys.admin, on = api) {
  const init = body === undefined ? {} : json(body);
  const headers: Record<string, string> = { 'if-match': '*' };
  return on.call(method, `${BASE}${path}`, key, { ...init, headers: { ...init.headers, ...headers } });
}

const ftps = (more: object = {}) => ({
  name: fresh,
  partner: 'acme',
  protocol: 'ftps',
  host: 'ftp.acme.example',
  username: 'waybill',
  password: { secret: 'acmes' },
  ...more,
});

const made = async (more: object = {}) => {
  const answer = await send('POST', '/endpoints', ftps(more));
  if (answer.status !== 201) throw new Error(answer.text);
};
const patch = (body: object, key = api.keys.admin) => send('PATCH', `/endpoints/${fresh}`, body, key);

async function stored(name = fresh): Promise<FtpsEndpoint | undefined> {
  return (await api.configuration.read()).endpoints.find((one) => one.name === name) as FtpsEndpoint;
}

function wrongPaths(answer: Answer): string[] {
  const { code, errors } = problemOf(answer);
  expect(code).toBe('invalid_request');
  return (errors ?? []).map(({ path }) => path);
}

const PROXY = { kind: 'socks5', host: 'proxy.example', port: 1080, username: 'us' };
const KEY = { cert: '-----BEGIN CERTIFICATE-----\nMAo=\n-----END CERTIFICATE-----\n' };

/** Every place of an endpoint where a secret is named. */
const PLACES: [string, (ref: object) => object][] = [
  ['password', (password) => ({ password })],
  ['account', (account) => ({ account })],
  ['proxy.password', (password) => ({ proxy: { ...PROXY, password } })],
  ['tls.clientCertificate.pkcs12', (pkcs12) => ({ tls: { clientCertificate: { pkcs12 } } })],
  [
    'tls.clientCertificate.passphrase',
    (passphrase) => ({ tls: { clientCertificate: { pkcs12: { cleared: true }, passphrase } } }),
  ],
];

describe('over REST', () => {
  it.each(PLACES)('%s names no variable and no file of the workers', async (path, at) => {
    await made();
    const before = await stored();
    for (const ref of [{ env: 'DATABASE_URL' }, { file: '/run/secrets/other' }]) {
      expect(wrongPaths(await patch(at(ref)))).toEqual([`body.${path}`]);
      expect(
        wrongPaths(await send('POST', '/endpoints', { ...ftps(at(ref)), name: `${fresh}-new` })),
      ).toEqual([`body.${path}`]);
    }
    expect(await stored()).toEqual(before);
    expect(await stored(`${fresh}-new`)).toBeUndefined();
  });

  it('nor does the key of a certificate', async () => {
    await made();
    const answer = await patch({ tls: { clientCertificate: { ...KEY, key: { file: '/etc/shadow' } } } });
    expect(problemOf(answer).code).toBe('invalid_request');
  });

  it('what a file has put there stays through other changes, and is shown to no other server', async () => {
    const before: FtpsEndpoint = {
      ...(SAMPLE.endpoints[0] as FtpsEndpoint),
      name: fresh,
      password: { env: 'ACME_PASSWORD' },
      account: { file: '/run/secrets/account' },
    };
    const file = { partners: [], endpoints: [before], calendars: [], routes: [], channels: [] };
    await api.configuration.apply({ ...EVERYTHING, actor: LOCAL }, file, 'exchange.yaml');
    expect((await patch({ maxSessions: 2 })).status).toBe(200);
    expect((await patch({ password: { env: 'ACME_PASSWORD' } })).status).toBe(200);
    expect(await stored()).toMatchObject({
      maxSessions: 2,
      password: before.password,
      account: before.account,
    });
    // In another place it is a new one.
    expect(wrongPaths(await patch({ account: { env: 'ACME_PASSWORD' } }))).toEqual(['body.account']);
    // To another host as well, though it is named in the same change.
    const moved = { host: 'evil.example', password: { env: 'ACME_PASSWORD' } };
    expect(wrongPaths(await patch(moved))).toEqual(['body.password']);
    expect(await stored()).toMatchObject({ host: before.host, password: before.password });
    expect((await patch({ host: 'evil.example' })).status).toBe(200);
    expect(await stored()).toMatchObject({ password: { cleared: true }, account: { cleared: true } });
    expect(wrongPaths(await patch({ password: { env: 'ACME_PASSWORD' } }))).toEqual(['body.password']);
  });

  it('WAYBILL_REST_LOCAL_REFERENCES=on allows them', async () => {
    const body = ftps({ password: { env: 'ACME_PASSWORD' }, account: { file: '/run/secrets/account' } });
    expect((await send('POST', '/endpoints', body, free.keys.admin, free)).status).toBe(201);
  });
});

describe("a partner's secret", () => {
  it('serves its own endpoints, whoever names it, and no others, whoever asks', async () => {
    await made();
    expect((await patch({ account: { secret: 'acmes' } }, acme)).status).toBe(200);
    for (const key of [api.keys.admin, acme])
      expect(wrongPaths(await patch({ password: { secret: 'others' } }, key))).toEqual(['body.password']);
    const nobodys = ftps({ name: `${fresh}-own`, partner: undefined });
    expect(wrongPaths(await send('POST', '/endpoints', nobodys))).toEqual(['body.password']);
    // Nor by taking the endpoint to the other partner.
    expect(wrongPaths(await patch({ partner: 'other' }))).toEqual(['body.password', 'body.account']);
    expect(await stored()).toMatchObject({ partner: 'acme', password: { secret: 'acmes' } });
  });

  it('is refused in a file too, with the place', async () => {
    const endpoint: FtpsEndpoint = {
      ...(SAMPLE.endpoints[0] as FtpsEndpoint),
      name: fresh,
      password: { secret: 'others' },
    };
    const file = { partners: [], endpoints: [endpoint], calendars: [], routes: [], channels: [] };
    await expect(
      api.configuration.apply({ ...EVERYTHING, actor: LOCAL }, file, 'exchange.yaml'),
    ).rejects.toMatchObject({ problems: [{ path: `endpoints.${fresh}.password` }] });
    expect(await stored()).toBeUndefined();
  });

  it('does not become one while endpoints of others use it', async () => {
    await made({ partner: 'other', password: { secret: 'everybodys' } });
    const answer = await send('PUT', '/secrets/everybodys', { value: 'y', partner: 'acme' });
    expect(problemOf(answer)).toMatchObject({ code: 'in_use', detail: expect.stringContaining(fresh) });
    expect((await send('PUT', '/secrets/everybodys', { value: 'y' })).status).toBe(200);
  });

  it('stays whose it was when a new value says nothing of it, and keeps its partner from being deleted', async () => {
    await send('POST', '/partners', { name: fresh });
    expect(await set(`${fresh}-s`, fresh)).toMatchObject({ partner: fresh, version: 1 });
    expect(
      await api.ask('setSecret', `/secrets/${fresh}-s`, api.keys.admin, json({ value: 'y' })),
    ).toMatchObject({ partner: fresh, version: 2 });
    expect(problemOf(await send('DELETE', `/partners/${fresh}`)).detail).toContain(`secret "${fresh}-s"`);
    expect(await set(`${fresh}-s`, null)).toMatchObject({ partner: null, version: 3 });
    expect((await send('DELETE', `/partners/${fresh}`)).status).toBe(204);
  });

  it('is made one without its value, and only while nobody else uses it', async () => {
    await storeSecret(api.store, LOCAL, fresh, 'x');
    const assign = (partner: unknown, more: object = {}) =>
      send('PATCH', `/secrets/${fresh}`, { partner, ...more });
    expect(JSON.parse((await assign('acme')).text)).toMatchObject({
      name: fresh,
      version: 1,
      partner: 'acme',
    });
    expect((await assign('acme')).status).toBe(200);
    await made({ password: { secret: fresh } });
    expect(problemOf(await assign('other')).code).toBe('in_use');
    expect(wrongPaths(await assign('nobody'))).toEqual(['body.partner']);
    expect(wrongPaths(await assign(undefined))).toEqual(['body.partner']);
    const withValue = await assign('acme', { value: 'hunter3' });
    expect(problemOf(withValue).code).toBe('invalid_request');
    expect(withValue.text + api.logged.join('')).not.toContain('hunter3');
    expect(problemOf(await send('PATCH', `/secrets/${fresh}-none`, { partner: null })).code).toBe(
      'not_found',
    );
    expect(problemOf(await send('PATCH', `/secrets/${fresh}`, { partner: null }, acme)).code).toBe(
      'forbidden',
    );
    expect(JSON.parse((await assign(null)).text)).toMatchObject({ version: 1, partner: null });
    const events = await api.store.db.auditEvent.findMany({
      where: { objectId: fresh, action: 'secret.assigned' },
      orderBy: { id: 'asc' },
    });
    expect(events.map(({ details }) => details)).toEqual([{ partner: 'acme' }, { partner: null }]);
  });

  it('of a partner that is not there is refused without a word of what was written', async () => {
    const answer = await send('PUT', `/secrets/${fresh}`, { value: 'acme', partner: 'hunter2' });
    expect(wrongPaths(answer)).toEqual(['body.partner']);
    expect(answer.text + api.logged.join('')).not.toContain('hunter2');
  });
});

describe('an admin of one partner', () => {
  it.each([
    ['of another partner', { secret: 'others' }],
    ['of the whole installation', { secret: 'everybodys' }],
    ['that is not there yet', { secret: 'later' }],
    ['of the environment', { env: 'OTHERS_PASSWORD' }],
  ])('names no secret %s, neither new nor moved, and learns nothing by it', async (_, ref) => {
    await made();
    const said = await Promise.all(
      [
        { password: ref },
        { host: 'evil.example', password: ref },
        { proxy: { ...PROXY, password: ref } },
      ].map((body) => patch(body, acme)),
    );
    for (const answer of said) expect(answer.status, answer.text).toBe(400);
    expect(
      (await send('POST', '/endpoints', ftps({ name: `${fresh}-mine`, password: ref }), acme)).status,
    ).toBe(400);
    expect(await stored()).toMatchObject({ password: { secret: 'acmes' }, host: 'ftp.acme.example' });
  });

  it('cannot tell by the answer whether there is one', async () => {
    await made();
    const [there, absent] = await Promise.all(
      ['others', 'no-such-secret'].map((secret) => patch({ password: { secret } }, acme)),
    );
    const { requestId: _, ...one } = problemOf(there!);
    const { requestId: __, ...other } = problemOf(absent!);
    expect(one).toEqual(other);
  });

  it('keeps what an admin of everything has put there, but takes it to no other host', async () => {
    await made({ password: { secret: 'everybodys' } });
    expect((await patch({ maxSessions: 3 }, acme)).status).toBe(200);
    const moved = { host: 'evil.example', password: { secret: 'everybodys' } };
    expect(wrongPaths(await patch(moved, acme))).toEqual(['body.password']);
    expect((await patch({ host: 'new.acme.example', password: { secret: 'acmes' } }, acme)).status).toBe(200);
    expect(await stored()).toMatchObject({ host: 'new.acme.example', password: { secret: 'acmes' } });
  });
});

describe('another host or port (row 76)', () => {
  const shown = async () =>
    JSON.parse((await send('GET', `/endpoints/${fresh}`)).text) as Record<string, Record<string, unknown>>;

  it.each([[{ host: 'evil.example' }], [{ port: 2121 }]])('%j clears the credentials', async (moved) => {
    await made({ account: { secret: 'acct' } });
    expect((await patch(moved)).status).toBe(200);
    expect(await shown()).toMatchObject({
      ...moved,
      password: { cleared: true },
      account: { cleared: true },
    });
    // Nor do they come back with the old place.
    await patch({ host: 'ftp.acme.example', port: 21 });
    expect(await shown()).toMatchObject({ password: { cleared: true } });
    expect((await patch({ password: { secret: 'new' } })).status).toBe(200);
    expect(await shown()).toMatchObject({ password: { secret: 'new' }, account: { cleared: true } });
  });

  it('keeps credentials that the same change gives', async () => {
    await made();
    await patch({ host: 'new.acme.example', password: { secret: 'acmes' } });
    expect(await shown()).toMatchObject({ host: 'new.acme.example', password: { secret: 'acmes' } });
  });

  it('leaves them where nothing moves', async () => {
    await made();
    await patch({
      host: 'ftp.acme.example',
      maxSessions: 2,
      tls: { minVersion: 'TLSv1.3' },
    });
    expect(await shown()).toMatchObject({ maxSessions: 2, password: { secret: 'acmes' } });
  });

  it('of a proxy clears its password, and what is said through it', async () => {
    const proxy = {
      kind: 'socks5',
      host: 'proxy.acme.example',
      port: 1080,
      username: 'us',
      password: { secret: 'p' },
    };
    await made({ proxy });
    await patch({ proxy: { host: 'evil.example' } });
    expect(await shown()).toMatchObject({
      password: { cleared: true },
      proxy: { host: 'evil.example', password: { cleared: true } },
    });
  });
});
