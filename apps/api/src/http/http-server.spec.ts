import { once } from 'node:events';
import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeServer, SERVER_LIMITS } from './http-server.ts';

const SHORT = { ...SERVER_LIMITS, headersMs: 300, requestMs: 600, lookEveryMs: 50 };

let server: Server;
let bodies = 0;
beforeAll(async () => {
  server = makeServer((request, response) => {
    request.resume();
    request.on('end', () => {
      bodies++;
      response.end('whole');
    });
  }, SHORT);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

/** Sends the beginning, then one byte every 50 ms until the server has enough; what it said, and after how long. */
async function drip(beginning: string): Promise<{ said: string; afterMs: number }> {
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const started = performance.now();
  let said = '';
  socket.setEncoding('latin1').on('data', (text: string) => {
    said += text;
  });
  // It may be gone in the middle of a byte.
  socket.on('error', () => undefined);
  socket.write(beginning);
  const timer = setInterval(() => socket.write('a'), 50);
  // Not by `once` of node:events, which fails with the reset that is expected here.
  await new Promise((resolve) => socket.once('close', resolve));
  clearInterval(timer);
  return { said, afterMs: performance.now() - started };
}

describe('somebody slow', () => {
  it('with the header fields is sent away', async () => {
    const { said, afterMs } = await drip('GET / HTTP/1.1\r\nHost: here\r\nX-Slow: ');
    expect(said).toContain('408 Request Timeout');
    expect(afterMs).toBeLessThan(SHORT.headersMs + 2_000);
  });

  it('with the body is sent away, and nobody takes what came for the whole', async () => {
    const { said, afterMs } = await drip('POST / HTTP/1.1\r\nHost: here\r\nContent-Length: 1000\r\n\r\n');
    expect(said).toContain('408 Request Timeout');
    expect(afterMs).toBeGreaterThanOrEqual(SHORT.requestMs - 50);
    expect(afterMs).toBeLessThan(SHORT.requestMs + 2_000);
    expect(bodies).toBe(0);
  });
});

it('looks for the slow every second, and gives them 10 s for header fields and 30 s in all', () => {
  const made = makeServer(() => undefined);
  expect(made.headersTimeout).toBe(10_000);
  expect(made.requestTimeout).toBe(30_000);
  expect(SERVER_LIMITS.lookEveryMs).toBe(1_000);
});
