import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Endpoint, FtpsEndpoint, TransferRoute } from '#domain';
import { createApiKey, createUser, revokeApiKey } from '#identity';
import { EVERYTHING } from '#store';
import { SAMPLE } from '../../testing/sample-configuration.ts';
import { type Answer, json, problemOf, startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const LOCAL = { kind: 'user', name: 'test' } as const;
const [SERVER, INBOX] = SAMPLE.endpoints as [FtpsEndpoint, Endpoint];
const [ROUTE] = SAMPLE.routes as [TransferRoute];

let api: TestApi;
let acme: string;
beforeAll(async () => {
  api = await startTestApi({
    partners: SAMPLE.partners,
    endpoints: [SERVER, INBOX, { ...SERVER, name: 'other-ftps', partner: 'other' }],
    routes: [
      ...SAMPLE.routes,
      {
        ...ROUTE,
        name: 'out-of-depot',
        source: { ...ROUTE.source, endpoint: 'inbox', path: '/out', select: ['{param.who}.csv'] },
        destination: { ...ROUTE.destination, endpoint: 'acme-ftps' },
        parameters: { who: { pattern: 'acme' } },
      },
      {
        ...ROUTE,
        name: 'others-to-acme',
        source: { ...ROUTE.source, endpoint: 'other-ftps' },
        destination: { ...ROUTE.destination, endpoint: 'acme-ftps' },
      },
    ],
  });
  acme = await keyOf('acme-admin', { partners: ['acme'] });
});
afterAll(() => api.close());
let number = 0;
let fresh: string;
beforeEach(() => {
  fresh = `x${++number}`;
});

async function keyOf(name: string, reach: { partners?: string[]; routes?: string[] }) {
  return (await createApiKey(api.store, api.identityKeys, { name, role: 'admin', actor: LOCAL, ...reach }))
    .key;
}

async function send(method: string, path: string, body?: unknown, key = api.keys.admin): Promise<Answer> {
  const init = body === undefined ? {} : json(body);
  return api.call(method, `/api/v1${path}`, key, { ...init, headers: { ...init.headers, 'if-match': '*' } });
}

const file = (more: { endpoints?: Endpoint[]; routes?: TransferRoute[] }) => ({
  partners: [],
  endpoints: [],
  calendars: [],
  routes: [],
  channels: [],
  ...more,
});
const apply = (more: Parameters<typeof file>[0]) =>
  api.configuration.apply({ ...EVERYTHING, actor: LOCAL }, file(more), 'exchange.yaml');

async function stored(name: string): Promise<FtpsEndpoint> {
  return (await api.configuration.read()).endpoints.find((one) => one.name === name) as FtpsEndpoint;
}

async function everything() {
  const { partner, endpoint, transferRoute, configurationChange } = api.store.db;
  return Promise.all([
    partner.findMany(),
    endpoint.findMany(),
    transferRoute.findMany(),
    configurationChange.count(),
  ]);
}

const ftps = (name: string, more: object = {}) => ({
  ...SERVER,
  name,
  password: { cleared: true },
  ...more,
});
const route = (name: string) => ({
  name,
  source: { endpoint: 'acme-ftps', path: '/out' },
  destination: { endpoint: 'inbox', path: '/' },
});

const PROXY = { kind: 'http_connect', host: 'evil.example', port: 443 };
const PIN = `sha256/${'A'.repeat(43)}=`;

describe('a proxy stands between us and the server (row 76)', () => {
  it.each<[string, object, object]>([
    ['a proxy where there was none', {}, { proxy: PROXY }],
    ['another proxy', { proxy: { ...PROXY, host: 'ours.example' } }, { proxy: PROXY }],
    ['other trust behind a proxy', { proxy: PROXY }, { tls: { pins: [PIN] } }],
    ['another name behind a proxy', { proxy: PROXY }, { tls: { serverName: 'evil.example' } }],
    ['a proxy and trust at once', {}, { proxy: PROXY, tls: { pins: [PIN] } }],
  ])('%s clears the credentials', async (_, before, patch) => {
    await apply({ endpoints: [{ ...SERVER, name: fresh, account: { secret: 'a' }, ...before }] });
    expect((await send('PATCH', `/endpoints/${fresh}`, patch, acme)).status).toBe(200);
    expect(await stored(fresh)).toMatchObject({ password: { cleared: true }, account: { cleared: true } });
  });

  it('what changes nothing of that leaves them', async () => {
    await apply({ endpoints: [{ ...SERVER, name: fresh, proxy: PROXY as never }] });
    for (const patch of [{ maxSessions: 2 }, { tls: { minVersion: 'TLSv1.3' } }, { proxy: null }])
      expect((await send('PATCH', `/endpoints/${fresh}`, patch)).status).toBe(200);
    expect(await stored(fresh)).toMatchObject({ password: SERVER.password, maxSessions: 2 });
  });
});

describe('history does not move to another partner', () => {
  it('by a file, which is refused as a whole', async () => {
    const before = await everything();
    await expect(
      apply({
        endpoints: [
          { ...SERVER, partner: 'other', password: { env: 'P' } },
          { ...SERVER, name: fresh },
        ],
      }),
    ).rejects.toMatchObject({ code: 'in_use', message: expect.stringContaining('stays with acme') });
    expect(await everything()).toEqual(before);
  });

  it('from nobody: the files of what was shared may be anybody’s', async () => {
    const [from, to] = [`${fresh}-inbox`, `${fresh}-archive`];
    const shared = {
      ...ROUTE,
      name: fresh,
      source: { ...ROUTE.source, endpoint: from },
      destination: { ...ROUTE.destination, endpoint: to },
    };
    const [other, idle] = [`${fresh}-other`, `${fresh}-idle`];
    await apply({
      endpoints: [from, to, other].map((name) => ({ ...INBOX, name })),
      routes: [
        shared,
        {
          ...shared,
          name: idle,
          source: { ...shared.source, endpoint: other },
          destination: { ...shared.destination, endpoint: other, path: '/done' },
        },
      ],
    });
    expect((await send('POST', `/routes/${fresh}/runs`, {})).status).toBe(202);
    const before = await everything();
    const destination = { ...shared.destination, endpoint: 'acme-ftps' };
    for (const [path, patch] of [
      [`/routes/${fresh}`, { destination }],
      [`/endpoints/${to}`, { partner: 'acme' }],
    ] as const)
      expect(problemOf(await send('PATCH', path, patch))).toMatchObject({
        code: 'in_use',
        detail: expect.stringContaining('stays with nobody'),
      });
    await expect(apply({ routes: [{ ...shared, destination }] })).rejects.toMatchObject({ code: 'in_use' });
    expect(await everything()).toEqual(before);
    // What has moved nothing yet may.
    expect((await send('PATCH', `/endpoints/${other}`, { partner: 'acme' })).status).toBe(200);
    expect((await send('PATCH', `/routes/${idle}`, { destination })).status).toBe(200);
  });
});

describe('a name that somebody is limited to', () => {
  it('is not given again: its partner stays while a key or a user names it', async () => {
    await send('POST', '/partners', { name: fresh });
    await keyOf(`key-of-${fresh}`, { partners: [fresh] });
    const user = { name: `user-of-${fresh}`, role: 'viewer', partners: [fresh] } as const;
    await createUser(api.store, api.identityKeys, user, LOCAL);
    const refused = problemOf(await send('DELETE', `/partners/${fresh}`));
    expect(refused).toMatchObject({ code: 'in_use', detail: expect.stringContaining(`key-of-${fresh}`) });
    await revokeApiKey(api.store, `key-of-${fresh}`, LOCAL);
    expect(problemOf(await send('DELETE', `/partners/${fresh}`)).detail).toContain(`user-of-${fresh}`);
    await api.store.db.user.update({ where: { name: `user-of-${fresh}` }, data: { partners: ['acme'] } });
    expect((await send('DELETE', `/partners/${fresh}`)).status).toBe(204);
  });

  it('shows nothing of who had it before, where it is given again all the same', async () => {
    await send('POST', '/partners', { name: fresh });
    const first = { ...SERVER, name: `${fresh}-first`, partner: fresh, password: { cleared: true } };
    expect((await send('POST', '/endpoints', first)).status).toBe(201);
    for (const path of [`/endpoints/${fresh}-first`, `/partners/${fresh}`])
      expect((await send('DELETE', path)).status).toBe(204);
    await send('POST', '/partners', { name: fresh });
    const key = await keyOf(`next-${fresh}`, { partners: [fresh] });
    const seen = await send('GET', '/configuration/changes', undefined, key);
    expect((JSON.parse(seen.text) as { items: { kind: string; name: string }[] }).items).toMatchObject([
      { kind: 'create', noun: 'partner', name: fresh },
    ]);
    const all = await send('GET', `/configuration/changes?name=${fresh}-first`);
    expect((JSON.parse(all.text) as { items: object[] }).items).toHaveLength(2);
  });

  it('nor is that of a route', async () => {
    await apply({ routes: [{ ...ROUTE, name: fresh }] });
    await keyOf(`key-of-${fresh}`, { routes: [fresh] });
    expect(problemOf(await send('DELETE', `/routes/${fresh}`)).detail).toContain(`key-of-${fresh}`);
    await revokeApiKey(api.store, `key-of-${fresh}`, LOCAL);
    expect((await send('DELETE', `/routes/${fresh}`)).status).toBe(204);
  });
});

it.each([
  ['an object that pretends', { toString: 1, valueOf: 1 }],
  ['an object', { name: 'x' }],
  ['a list', ['a']],
  ['a number', 5],
  ['nothing', null],
])('an endpoint whose name is %s is refused in words', async (_, name) => {
  expect(problemOf(await send('POST', '/endpoints', { ...SERVER, name })).code).toBe('invalid_request');
});

describe('an admin of one partner', () => {
  it.each<[string, object, string]>([
    ['what happens to files that are not his', { afterDelivery: { source: 'delete' } }, 'body.afterDelivery'],
    [
      'which of the files that are not his are chosen',
      { parameters: { who: { pattern: '.*' } } },
      'body.parameters.who',
    ],
    [
      'what is chosen when nobody says',
      { parameters: { who: { pattern: 'acme', default: 'acme' } } },
      'body.parameters.who',
    ],
  ])('does not change %s', async (_, patch, path) => {
    const before = await everything();
    const problem = problemOf(await send('PATCH', '/routes/out-of-depot', patch, acme));
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
    expect(await everything()).toEqual(before);
  });

  it('changes everything else of such a route', async () => {
    const patch = { lanes: 2, destination: { path: '/new' } };
    expect((await send('PATCH', '/routes/out-of-depot', patch, acme)).status).toBe(200);
  });

  it('is told that what he sees, and others need as well, is not his to change', async () => {
    for (const [method, body] of [
      ['PATCH', { maxSessions: 1 }],
      ['DELETE', undefined],
    ] as const)
      expect(problemOf(await send(method, '/endpoints/inbox', body, acme))).toMatchObject({
        status: 403,
        code: 'forbidden',
      });
    expect(problemOf(await send('PATCH', '/endpoints/other-ftps', {}, acme)).code).toBe('not_found');
  });

  it('hears of nobody else in what is refused', async () => {
    await apply({
      endpoints: [{ ...SERVER, name: fresh, password: { cleared: true } }],
      routes: [
        {
          ...ROUTE,
          name: `others-secret-${fresh}`,
          source: { ...ROUTE.source, endpoint: 'other-ftps' },
          destination: { ...ROUTE.destination, endpoint: fresh },
        },
      ],
    });
    const said = await send('DELETE', `/endpoints/${fresh}`, undefined, acme);
    expect(problemOf(said)).toMatchObject({
      code: 'in_use',
      detail: expect.stringContaining('something else uses it'),
    });
    expect(said.text).not.toContain('others-secret');
    expect((await send('DELETE', `/endpoints/${fresh}`)).text).toContain(`others-secret-${fresh}`);
  });
});

it('an admin key that is limited to a route changes no configuration, not even of that route', async () => {
  const limited = await keyOf('of-nightly', { routes: ['nightly'] });
  const before = await everything();
  const patch = { source: { endpoint: 'other-ftps', path: '/' }, destination: { endpoint: 'acme-ftps' } };
  expect(problemOf(await send('PATCH', '/routes/nightly', patch, limited)).code).toBe('forbidden');
  expect(problemOf(await send('PATCH', '/routes/nightly', { lanes: 1 }, limited)).code).toBe('forbidden');
  expect(problemOf(await send('PATCH', '/routes/hourly', { lanes: 1 }, limited)).code).toBe('not_found');
  expect((await send('POST', '/partners', { name: fresh }, limited)).status).toBe(400);
  expect(await everything()).toEqual(before);
});

describe('who reaches one partner only', () => {
  it('changes what is his', async () => {
    const name = fresh;
    const body = ftps(name, { password: { cleared: true } });
    expect((await send('POST', '/endpoints', body, acme)).status).toBe(201);
    expect((await send('PATCH', `/endpoints/${name}`, { maxSessions: 2 }, acme)).status).toBe(200);
  });

  it.each<[string, string, string, object | undefined, number]>([
    ['another partner', 'PATCH', '/partners/other', {}, 404],
    ['another partner', 'DELETE', '/partners/other', undefined, 404],
    ['what belongs to nobody', 'PATCH', '/endpoints/inbox', { root: '/etc' }, 403],
    ['a partner that he does not reach', 'POST', '/partners', { name: 'third' }, 400],
    ['an endpoint of another partner', 'POST', '/endpoints', ftps('foreign', { partner: 'other' }), 400],
    [
      'an endpoint of nobody',
      'POST',
      '/endpoints',
      { name: 'foreign', protocol: 'local', root: '/etc' },
      400,
    ],
    ['a route into what everybody uses', 'POST', '/routes', route('foreign'), 400],
    [
      'another folder of what everybody uses',
      'PATCH',
      '/routes/nightly',
      { destination: { path: '/x' } },
      400,
    ],
    ['his partner into another', 'PATCH', '/endpoints/acme-ftps', { partner: 'other' }, 400],
  ])('does not change %s: %s %s %j', async (_, method, path, body, status) => {
    const before = await everything();
    const answer = await send(method, path, body, acme);
    expect(answer.status, answer.text).toBe(status);
    expect(await everything()).toEqual(before);
  });

  it('sees the history of what is his, and nothing else', async () => {
    await send('POST', '/endpoints', ftps(fresh));
    await send('POST', '/partners', { name: `${fresh}-other` });
    const page = (await api.ask('listConfigurationChanges', '/configuration/changes?limit=200', acme)) as {
      items: { noun: string; name: string }[];
    };
    expect(page.items).toContainEqual(expect.objectContaining({ noun: 'endpoint', name: fresh }));
    expect(page.items.map(({ name }) => name)).not.toContain(`${fresh}-other`);
  });
});
