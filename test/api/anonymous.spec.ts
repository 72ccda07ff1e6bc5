import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { listOperations } from '#contract';
import { describeOperation, exampleCall, withKey } from './support/plan-call.ts';
import type { Sent } from './support/send.ts';
import { startWorld, type World } from './support/world.ts';

let world: World;
beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world?.close());

const guarded = listOperations().filter(({ operation }) => Array.isArray(operation.access));
const open = listOperations().filter(({ operation }) => !Array.isArray(operation.access));

/** Ways in which something in front of the api, or Express itself, may read an address as another one. */
const SPELLINGS: [string, (path: string) => string][] = [
  ['as it is', (path) => path],
  ['doubled slashes', (path) => path.replaceAll('/', '//')],
  ['a doubled slash in front', (path) => `/${path}`],
  ['/..;/ behind an open path', (path) => path.replace('/v1/', '/v1/health/live/..;/../')],
  ['/../ behind an open path', (path) => path.replace('/v1/', '/v1/health/live/../../')],
  ['%2e%2e behind an open path', (path) => path.replace('/v1/', '/v1/health/%2e%2e/')],
  ['%2f for a slash', (path) => path.replace('/v1/', '/v1%2f')],
  ['a backslash', (path) => path.replace('/v1/', '\\v1\\')],
  ['a slash of another alphabet', (path) => path.replace('/v1/', '%ef%bc%8fv1%ef%bc%8f')],
  ['an overlong slash', (path) => path.replace('/v1/', '%c0%afv1%c0%af')],
  ['upper case', (path) => path.toUpperCase()],
  ['one letter in upper case', (path) => path.replace('/api', '/Api')],
  ['a slash at the end', (path) => path.replace(/(\?|$)/, '/$1')],
  ['a dot at the end', (path) => path.replace(/(\?|$)/, '.$1')],
  ['a space at the end', (path) => path.replace(/(\?|$)/, '%20$1')],
  ['a semicolon', (path) => path.replace(/(\?|$)/, ';x=/health/live$1')],
  ['an ending that servers cut', (path) => path.replace(/(\?|$)/, '.json$1')],
  ['an encoded letter', (path) => path.replace('/api', '/%61pi')],
  ['a letter encoded twice', (path) => path.replace('/api', '/%2561pi')],
  ['a dot in the middle', (path) => path.replace('/v1/', '/./v1/')],
  ['a NUL', (path) => path.replace(/(\?|$)/, '%00$1')],
  ['a line break', (path) => path.replace(/(\?|$)/, '%0d%0a$1')],
  ['an open path as query', (path) => `${path}${path.includes('?') ? '&' : '?'}/api/v1/health/live`],
  ['a fragment', (path) => `/api/v1/health/live#/..${path}`],
  ['an absolute address', (path) => `http://127.0.0.1${path}`],
];

/** What proxies and frameworks take for another address, another method, or somebody at home here. */
const DISGUISES: Record<string, string>[] = [
  {},
  {
    'x-original-url': '/api/v1/health/live',
    'x-rewrite-url': '/api/v1/health/live',
    'x-forwarded-for': '127.0.0.1',
    'x-forwarded-prefix': '/api/v1/health',
    'x-http-method-override': 'GET',
    'x-waybill-role': 'admin',
    cookie: '__Host-waybill=1; session=admin',
  },
];

describe('without an identity', () => {
  it.each(guarded)('$id is not reached by any spelling, and leaves no trace', async ({ id, operation }) => {
    const call = exampleCall(describeOperation(id, operation), world, 'alpha');
    const before = await world.witness.snapshot();
    for (const [name, spell] of SPELLINGS)
      for (const disguise of DISGUISES) {
        const path = spell(call.path);
        const { status } = await world.sender.send(disguised({ ...call, path }, disguise));
        const expected = name === 'as it is' ? [401] : [400, 401, 404];
        expect(expected, `${name}: ${call.method} ${path}`).toContain(status);
      }
    expect(await world.witness.differences(before)).toEqual([]);
  });

  it('no doorbell was rung, and no body of a stranger was read', async () => {
    const rung = world.api.rung.length;
    for (const { operation, id } of guarded.filter(({ operation }) => operation.body)) {
      const call = exampleCall(describeOperation(id, operation), world, 'alpha');
      const { status } = await world.sender.send({ ...call, body: '{broken' });
      expect(status, id).toBe(401);
    }
    expect(world.api.rung).toHaveLength(rung);
  });

  it('an operation without roles is one of the few that are meant to have none', () => {
    for (const { id, operation } of open)
      expect(`${operation.method} ${operation.path}`, id).toMatch(
        /^GET \/(health\/live|health\/ready|metrics)$|^(GET|POST) \/sign-in(\/oidc(\/callback)?)?$/,
      );
  });

  it.each(['HEAD', 'OPTIONS', 'GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'TRACE', 'PROPFIND'])(
    '%s finds nothing where the table has another method',
    async (method) => {
      const taken = new Set(listOperations().map(({ operation }) => `${operation.method} ${operation.path}`));
      for (const { id, operation } of guarded) {
        if (taken.has(`${method} ${operation.path}`)) continue;
        const call = exampleCall(describeOperation(id, operation), world, 'alpha');
        const { status } = await world.sender.send({ method, path: call.path });
        expect([401, 404, 405], `${method} ${call.path}`).toContain(status);
      }
    },
  );

  it.each([
    '/setup',
    '/install',
    '/admin',
    '/api/v1/setup',
    '/api/v1/first-admin',
    '/wizard',
    '/metrics',
    '/',
  ])('there is no %s, with or without a key', async (path) => {
    for (const method of ['GET', 'POST'])
      for (const headers of [{}, { authorization: `Bearer ${world.fuzzer}` }])
        expect((await world.sender.send({ method, path, headers })).status).toBe(404);
  });
});

describe('with the key of an admin', () => {
  it.each(listOperations())('$id has one spelling', async ({ id, operation }) => {
    const call = withKey(exampleCall(describeOperation(id, operation), world, 'alpha'), world.fuzzer);
    const before = await world.witness.snapshot();
    for (const [name, spell] of SPELLINGS) {
      const path = spell(call.path);
      // Those two say the same address: the first is it, the other has a parameter more.
      if (path === call.path || name === 'an open path as query') continue;
      // At the end of a name those letters make another name.
      if (operation.path.endsWith('{name}') && /^(a dot at|an ending)/.test(name)) continue;
      const { status } = await world.sender.send({ ...call, path });
      expect([400, 404], `${name}: ${call.method} ${path}`).toContain(status);
    }
    expect(await world.witness.differences(before)).toEqual([]);
  });
});

function disguised(call: Sent, headers: Record<string, string>): Sent {
  return { ...call, headers: { ...call.headers, ...headers } };
}
