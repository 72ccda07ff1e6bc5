import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '#config';
import { problemSchema } from '#contract';
import { withKey } from './support/plan-call.ts';
import type { Reply, Sent } from './support/send.ts';
import { startWorld, type World } from './support/world.ts';

let world: World;
let strict: World;
beforeAll(async () => {
  [world, strict] = await Promise.all([
    startWorld(),
    startWorld({
      rates: { perIdentity: { perSecond: 0.5, burst: 20 }, perAddress: { perSecond: 0.5, burst: 10 } },
    }),
  ]);
});
afterAll(() => Promise.all([world?.close(), strict?.close()]));

const RUNS = { method: 'GET', path: '/api/v1/runs' };
const TRIGGER = '/api/v1/routes/alpha-in/runs';

function keyOf(of: World, name: string): string {
  return of.cells.find(({ role, scope }) => `${role}-${scope}` === name)!.key;
}

function codeOf(reply: Reply): string {
  return problemSchema.parse(JSON.parse(reply.text)).code;
}

async function times(of: World, count: number, call: Sent): Promise<Reply[]> {
  return Promise.all(Array.from({ length: count }, () => of.sender.send(call)));
}

const statusesOf = (replies: Reply[]) => replies.map(({ status }) => status);

describe('how often one may ask', () => {
  it('is limited for each key: 429 says when, nobody else notices, and after the wait it goes on', async () => {
    const before = await strict.witness.snapshot();
    const wild = withKey({ method: 'POST', path: TRIGGER }, keyOf(strict, 'operator-all'));
    const replies = await times(strict, 60, wild);
    const refused = replies.filter(({ status }) => status === 429);
    expect(statusesOf(replies).filter((status) => status === 202).length).toBeGreaterThanOrEqual(20);
    expect(refused.length).toBeGreaterThan(20);
    for (const reply of refused) {
      expect(Number(reply.headers['retry-after'])).toBeGreaterThanOrEqual(1);
      expect(codeOf(reply)).toBe('too_many_requests');
    }
    const made = await strict.witness.query<{ count: string }>('SELECT count(*) FROM run');
    expect(Number(made[0]!.count)).toBe(2 + replies.length - refused.length);
    expect(await strict.witness.differences(before)).not.toEqual([]);
    // Somebody else, and the same again later.
    expect((await strict.sender.send(withKey(RUNS, keyOf(strict, 'viewer-all')))).status).toBe(200);
    expect((await strict.sender.send(withKey(RUNS, keyOf(strict, 'operator-all')))).status).toBe(429);
    await expect
      .poll(async () => (await strict.sender.send(withKey(RUNS, keyOf(strict, 'operator-all')))).status, {
        timeout: 10_000,
        interval: 250,
      })
      .toBe(200);
  });

  it('is limited for refused requests of a role as well', async () => {
    const replies = await times(strict, 60, {
      ...withKey({ method: 'POST', path: TRIGGER }, keyOf(strict, 'auditor-alpha')),
    });
    expect(new Set(statusesOf(replies))).toEqual(new Set([403, 429]));
  });

  it('is limited for strangers of one address, and does not hold up those who are known there', async () => {
    const known = withKey(RUNS, keyOf(strict, 'viewer-all'));
    expect((await strict.sender.send(known)).status).toBe(200);
    const anonymous = await times(strict, 40, RUNS);
    expect(new Set(statusesOf(anonymous))).toEqual(new Set([401, 429]));
    const guesses = await Promise.all(
      Array.from({ length: 40 }, (_, n) =>
        strict.sender.send(withKey(RUNS, `wbk_${String(n).padStart(43, 'A')}`)),
      ),
    );
    expect(statusesOf(guesses)).toContain(429);
    // Another address in a header is not another address.
    const spoofed = await strict.sender.send({ ...RUNS, headers: { 'x-forwarded-for': '198.51.100.7' } });
    expect(spoofed.status).toBe(429);
    expect((await strict.sender.send(known)).status).toBe(200);
  });

  it('counts addresses that lead nowhere', async () => {
    const replies = await times(strict, 40, { method: 'GET', path: '/api/v1/..;/admin' });
    expect(statusesOf(replies)).toContain(429);
  });

  it('by default lets a busy program through', () => {
    const { perIdentity, perAddress } = readConfig({}).http.rates;
    expect(perIdentity.perSecond).toBeGreaterThanOrEqual(100);
    expect(perAddress.burst).toBeLessThan(perIdentity.burst);
  });
});

describe('how much one may send', () => {
  const key = () => keyOf(world, 'operator-all');
  const json = { 'content-type': 'application/json' };

  it.each<[string, () => Sent, number]>([
    ['1 MiB and a byte', () => body(`{"parameters":{"a":"${'x'.repeat(1024 * 1024)}"}}`), 413],
    ['no length and 3 MB', () => body('x'.repeat(3_000_000), { 'transfer-encoding': 'chunked' }), 413],
    [
      'a deflate bomb',
      () => body(deflateSync(Buffer.alloc(50_000_000)), { 'content-encoding': 'deflate' }),
      415,
    ],
    ['gzip', () => body(gzipSync('{}'), { 'content-encoding': 'gzip' }), 415],
    ['brotli', () => body('{}', { 'content-encoding': 'br' }), 415],
    ['20,000 levels', () => body(`${'{"a":'.repeat(20_000)}1${'}'.repeat(20_000)}`), 400],
    ['a key twice', () => body('{"parameters":{},"parameters":{}}'), 400],
    ['__proto__', () => body('{"__proto__":{"parameters":{}}}'), 400],
    [
      'UTF-16',
      () => body(Buffer.from('{}', 'utf16le'), { 'content-type': 'application/json; charset=utf-16le' }),
      415,
    ],
    ['UTF-7', () => body('+AHsAfQ-', { 'content-type': 'application/json; charset=utf-7' }), 415],
    ['bytes that are no UTF-8', () => body(Buffer.from('{"parameters":{"a":"\xff"}}', 'latin1')), 400],
    // With those for the host, the connection, the key, and two for the body.
    ['101 header fields', () => ({ ...body('{}'), headers: { ...json, ...manyHeaders(96) } }), 431],
    [
      'an address of 5,000 characters',
      () => ({ method: 'GET', path: `/api/v1/runs?route=${'a'.repeat(5_000)}` }),
      400,
    ],
  ])('%s is refused without a trace', async (_, call, status) => {
    const before = await world.witness.snapshot();
    const reply = await world.sender.send(withKey(call(), key()));
    expect(reply.status, reply.text).toBe(status);
    problemSchema.parse(JSON.parse(reply.text));
    expect(await world.witness.differences(before)).toEqual([]);
  });

  function body(content: string | Uint8Array, headers: Record<string, string> = {}): Sent {
    return { method: 'POST', path: TRIGGER, body: content, headers: { ...json, ...headers } };
  }

  it('17 KiB of header fields never reach a handler', async () => {
    const headers = { 'x-long': 'a'.repeat(17 * 1024) };
    expect((await world.sender.send({ ...RUNS, headers })).status).toBe(431);
  });

  it.each(['authorization', 'host', 'content-type', 'idempotency-key'])(
    'two fields %s are refused, as proxies and we might believe different ones',
    async (name) => {
      const said = await talk(
        `GET /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key()}\r\nConnection: close\r\n${
          name === 'authorization' || name === 'host' ? '' : `${name}: a\r\n`
        }${name}: ${name === 'authorization' ? `Bearer ${key()}` : 'b'}\r\n\r\n`,
      );
      expect(said).toMatch(/^HTTP\/1\.1 400 /);
    },
  );

  it('a proxy that appends its header field behind a hundred others is still seen', async () => {
    const path = '/api/v1/metrics';
    expect((await world.sender.send({ method: 'GET', path })).status).toBe(200);
    const fields = Object.entries(manyHeaders(110)).map(([name, value]) => `${name}: ${value}\r\n`);
    const said = await talk(
      `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n${fields.join('')}X-Forwarded-For: 198.51.100.7\r\n\r\n`,
    );
    expect(said).toMatch(/^HTTP\/1\.1 431 /);
    expect(said).not.toContain('waybill_');
  });

  it.each([
    ['a length and chunks', 'Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}'],
    ['a length that is none', 'Content-Length: +2\r\n\r\n{}'],
    ['a space before the colon', 'Content-Length : 2\r\n\r\n{}'],
    ['a line break without its carriage return', 'X-A: b\nX-C: d\r\n\r\n'],
    ['an unknown coding of the transfer', 'Transfer-Encoding: xchunked\r\n\r\n'],
  ])('%s is refused: two servers could see two requests', async (_, rest) => {
    const before = await world.witness.snapshot();
    const said = await talk(
      `POST ${TRIGGER} HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ${key()}\r\nContent-Type: application/json\r\nConnection: close\r\n${rest}`,
    );
    expect(said).toMatch(/^HTTP\/1\.1 (400|501) /);
    expect(await world.witness.differences(before)).toEqual([]);
  });

  it('somebody who never ends his header fields is sent away after ten seconds', async () => {
    const started = performance.now();
    const said = await talk('GET /api/v1/runs HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: ', { dripMs: 1_000 });
    expect(said).toContain('408');
    expect(performance.now() - started).toBeLessThan(14_000);
  });
});

function manyHeaders(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`x-field-${n}`, String(n)]));
}

/** Sends bytes as they stand, and says what came until the connection ended. */
async function talk(bytes: string, { dripMs }: { dripMs?: number } = {}): Promise<string> {
  const { hostname, port } = new URL(world.api.url);
  const socket = connect(Number(port), hostname);
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  socket.on('error', () => undefined);
  socket.write(bytes, 'latin1');
  const timer = dripMs === undefined ? undefined : setInterval(() => socket.write('a'), dripMs);
  // Not by `once` of node:events, which fails with the reset that is expected here.
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(timer);
  return said;
}
