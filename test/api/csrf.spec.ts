import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CSRF_HEADER, listOperations, problemSchema } from '#contract';
import { as, describeOperation, exampleCall } from './support/plan-call.ts';
import type { Reply, Sent } from './support/send.ts';
import { type PersonCell, startWorld, type World } from './support/world.ts';

let world: World;
/** Signed in, may do everything, and looks at a page of somebody else. */
let victim: PersonCell;
beforeAll(async () => {
  world = await startWorld();
  victim = world.persons.find(({ role, scope }) => role === 'admin' && scope === 'all')!;
});
afterAll(() => world?.close());

const TOKEN = CSRF_HEADER.toLowerCase();
const changing = listOperations().filter(
  ({ operation }) => operation.method !== 'GET' && Array.isArray(operation.access),
);

/** What the browser adds by itself to what a page of another origin makes it send. */
const CROSS_SITE = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };

function codeOf({ text }: Reply): string {
  return problemSchema.parse(JSON.parse(text)).code;
}

/** Everything a page elsewhere can do, were the cookie sent along in spite of SameSite=Strict. */
const ATTACKS: [string, (call: Sent) => Sent][] = [
  ['a form', (call) => form(call, 'application/x-www-form-urlencoded', CROSS_SITE)],
  ['a form of text, which can be JSON', (call) => form(call, 'text/plain', CROSS_SITE)],
  ['a form with files', (call) => form(call, 'multipart/form-data; boundary=x', CROSS_SITE)],
  ['a script', (call) => withHeaders(call, CROSS_SITE)],
  ['a page in a sandbox', (call) => withHeaders(call, { origin: 'null', 'sec-fetch-site': 'cross-site' })],
  [
    'a page on another port of this host, which shares its cookies',
    (call) => withHeaders(call, { origin: 'http://127.0.0.1:1', 'sec-fetch-site': 'same-site' }),
  ],
  [
    'a page of a neighbouring name',
    (call) =>
      withHeaders(call, { origin: world.api.url.replace('//', '//a.'), 'sec-fetch-site': 'same-site' }),
  ],
  ['a browser that says neither origin nor site', (call) => withHeaders(call, {})],
  [
    'an origin in the place of the host',
    (call) => withHeaders(call, { origin: 'https://evil.example', host: 'evil.example', [TOKEN]: 'x' }),
  ],
  [
    'our own page, of a session that is over',
    (call) => withHeaders(call, { origin: world.api.url, [TOKEN]: 'x'.repeat(43) }),
  ],
  [
    'a token of the attacker himself',
    (call) => withHeaders(call, { origin: world.api.url, [TOKEN]: world.persons[0]!.csrfToken }),
  ],
  ['a page that has got hold of the token', (call) => withToken(call, CROSS_SITE)],
  [
    'the same in a browser that names only the site',
    (call) => withToken(call, { 'sec-fetch-site': 'cross-site', origin: world.api.url }),
  ],
  [
    'the same in a browser that names only the origin',
    (call) => withToken(call, { origin: 'https://evil.example' }),
  ],
  ['the same in a browser that names neither', (call) => withToken(call, {})],
  [
    'a method in disguise',
    (call) =>
      form({ ...call, method: 'POST' }, 'application/x-www-form-urlencoded', {
        ...CROSS_SITE,
        'x-http-method-override': call.method,
        'x-method-override': call.method,
      }),
  ],
];

function withHeaders(call: Sent, headers: Record<string, string>): Sent {
  return { ...call, headers: { ...call.headers, cookie: victim.cookie, ...headers } };
}

/** Each of the proofs alone is none. */
function withToken(call: Sent, headers: Record<string, string>): Sent {
  return withHeaders(call, { ...headers, [TOKEN]: victim.csrfToken });
}

function form(call: Sent, contentType: string, headers: Record<string, string>): Sent {
  return withHeaders({ ...call, headers: {} }, { ...headers, 'content-type': contentType });
}

describe.each(changing)('$id', ({ id, operation }) => {
  it('is done by no page but our own, and nothing of it is', async () => {
    const described = describeOperation(id, operation);
    const before = await world.witness.snapshot();
    const call = exampleCall(described, world, 'alpha');
    for (const [name, attack] of ATTACKS) {
      const reply = await world.sender.send(attack(call));
      // Another method at this address may be nobody's.
      if (name === 'a method in disguise' && operation.method !== 'POST' && reply.status === 404) continue;
      expect([reply.status, codeOf(reply)], `${name}: ${reply.text}`).toEqual([403, 'csrf_refused']);
    }
    expect(await world.witness.differences(before)).toEqual([]);
    // Our own page gets past this gate, whatever is said behind it.
    const own = await world.sender.send(as(call, victim));
    if (own.status >= 400) expect(codeOf(own)).not.toBe('csrf_refused');
    await world.restore();
  });
});

describe('what a page elsewhere could read', () => {
  it.each(['/api/v1/me', '/api/v1/runs', '/api/v1/openapi.json', '/api/docs', '/api/v1/nothing'])(
    '%s is for no frame, no script tag and no other origin',
    async (path) => {
      const reply = await world.sender.send(withHeaders({ method: 'GET', path }, CROSS_SITE));
      const { headers } = reply;
      expect(headers['access-control-allow-origin']).toBeUndefined();
      expect(headers['access-control-allow-credentials']).toBeUndefined();
      expect(headers['x-content-type-options']).toBe('nosniff');
      expect(headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(headers['x-frame-options']).toBe('SAMEORIGIN');
      expect(headers['content-security-policy']).toMatch(/default-src 'none'/);
      expect(headers['content-security-policy']).toMatch(/frame-ancestors 'none'/);
      expect(headers['content-security-policy']).not.toContain('unsafe');
    },
  );

  it('no preflight is answered with a yes', async () => {
    for (const { operation } of changing.slice(0, 10)) {
      const path = `/api/v1${operation.path.replace('{name}', 'alpha-in').replace(/\{\w+\}/, 'x')}`;
      const asked = {
        'access-control-request-method': operation.method,
        'access-control-request-headers': TOKEN,
      };
      const reply = await world.sender.send(
        withHeaders({ method: 'OPTIONS', path }, { ...CROSS_SITE, ...asked }),
      );
      expect([401, 404, 405]).toContain(reply.status);
      expect(Object.keys(reply.headers).filter((name) => name.startsWith('access-control'))).toEqual([]);
    }
  });
});

describe('names that partners choose (row 78)', () => {
  const NAME = `<img src=x onerror=alert(1)>"'--><script>alert(2)</script>.csv`;

  it('come as JSON that no browser takes for a page, and the page that we have quotes none', async () => {
    await world.witness.query('UPDATE transfer SET source_path = $1 WHERE id = $2', [
      `/out/${NAME}`,
      world.objects['transfers']!.alpha,
    ]);
    const reply = await world.sender.send(as({ method: 'GET', path: '/api/v1/transfers' }, victim));
    expect(reply.headers['content-type']).toMatch(/^application\/json/);
    expect(reply.headers['x-content-type-options']).toBe('nosniff');
    expect(JSON.parse(reply.text).items.map((item: { sourcePath: string }) => item.sourcePath)).toContain(
      `/out/${NAME}`,
    );
    const page = await world.sender.send({ method: 'GET', path: '/api/docs' });
    expect(page.text).not.toMatch(/<script(?![^>]*\bsrc=)/);
    for (const path of [
      `/api/v1/${encodeURIComponent(NAME)}`,
      `/api/v1/runs?route=${encodeURIComponent(NAME)}`,
    ]) {
      const refused = await world.sender.send(as({ method: 'GET', path }, victim));
      expect(refused.status).toBeGreaterThanOrEqual(400);
      expect(refused.headers['content-type']).toMatch(/^application\/problem\+json/);
    }
    await world.restore();
  });
});
