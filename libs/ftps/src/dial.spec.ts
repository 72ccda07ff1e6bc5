import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { closedPort } from '../testing/closed-port.ts';
import { type ProxyScript, TestProxy } from '../testing/proxies.ts';
import { type DialRequest, dial } from './dial.ts';

const opened: Array<() => Promise<unknown>> = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** Greets, then sends back what it gets. */
async function echoServer(host = '127.0.0.1', greeting = '220 ready\r\n'): Promise<number> {
  const server: Server = createServer((socket: Socket) => {
    socket.on('error', () => {});
    socket.write(greeting);
    socket.pipe(socket);
  });
  server.listen(0, host);
  await once(server, 'listening');
  opened.push(async () => server.close());
  return (server.address() as AddressInfo).port;
}

async function proxyWith(script: ProxyScript): Promise<TestProxy> {
  const proxy = await TestProxy.start(script);
  opened.push(() => proxy.stop());
  return proxy;
}

function dialTo(request: Partial<DialRequest> & { port: number }) {
  const dialling = dial({
    host: '127.0.0.1',
    deadlineMs: 5_000,
    phase: 'connect',
    channel: 'control',
    ...request,
  });
  opened.push(async () => dialling.destroy());
  return dialling;
}

/** Bytes up to this text, read the way the control connection reads. */
async function readUpTo(socket: Socket, end: string): Promise<string> {
  let text = '';
  const complete = Promise.withResolvers<void>();
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (text.endsWith(end)) complete.resolve();
  });
  socket.once('close', () => complete.resolve());
  await complete.promise;
  return text;
}

const failureOf = (connected: Promise<Socket>) =>
  connected.then(
    () => expect.unreachable('connected'),
    (error: unknown) => error as Error & { code: string; phase: string },
  );

const KINDS = ['socks5', 'http_connect'] as const;
const credentials = { username: 'anna', password: 'proxy-secret-7' };

describe('a direct connection', () => {
  test('is made over IPv6', async () => {
    const port = await echoServer('::1');
    const socket = await dialTo({ host: '::1', port }).connected;
    expect(await readUpTo(socket, '\r\n')).toBe('220 ready\r\n');
    expect(socket.remoteAddress).toBe('::1');
  });

  test('to a closed IPv6 port is refused, and the error reads well', async () => {
    const port = await closedPort();
    const error = await failureOf(dialTo({ host: '::1', port }).connected);
    expect(error).toMatchObject({ code: 'connect_refused', message: `[::1]:${port}: ECONNREFUSED` });
  });

  test('given up while it is made is a lost one', async () => {
    const lookup: LookupFunction = () => {};
    const dialling = dialTo({ host: 'ftp.partner.example', port: 21, lookup });
    dialling.destroy();
    expect(await failureOf(dialling.connected)).toMatchObject({ code: 'connection_lost' });
  });
});

describe.each(KINDS)('through a %s proxy', (kind) => {
  test('bytes travel both ways', async () => {
    const port = await echoServer();
    const proxy = await proxyWith({ kind });
    const socket = await dialTo({ port, proxy: proxy.access }).connected;
    expect(await readUpTo(socket, 'ready\r\n')).toBe('220 ready\r\n');
    const echo = readUpTo(socket, 'NOOP\r\n');
    socket.write('NOOP\r\n');
    expect(await echo).toBe('NOOP\r\n');
    expect(proxy.requests).toEqual([`127.0.0.1:${port}`]);
  });

  test('the name is resolved by the proxy', async () => {
    const port = await echoServer();
    const proxy = await proxyWith({ kind, names: { 'ftp.partner.example': '127.0.0.1' } });
    const lookup: LookupFunction = () => expect.unreachable('looked up here');
    await dialTo({ host: 'ftp.partner.example', port, proxy: proxy.access, lookup }).connected;
    expect(proxy.requests).toEqual([`ftp.partner.example:${port}`]);
  });

  test('an international name goes out in ASCII', async () => {
    const port = await echoServer();
    const proxy = await proxyWith({ kind, names: { 'xn--mller-kva.example': '127.0.0.1' } });
    await dialTo({ host: 'müller.example', port, proxy: proxy.access }).connected;
    expect(proxy.requests).toEqual([`xn--mller-kva.example:${port}`]);
  });

  test('an IPv6 address goes out as an address', async () => {
    const port = await echoServer('::1');
    const proxy = await proxyWith({ kind });
    await dialTo({ host: '::1', port, proxy: proxy.access }).connected;
    expect(proxy.requests[0]).toBe(kind === 'socks5' ? `0:0:0:0:0:0:0:1:${port}` : `[::1]:${port}`);
  });

  test('user name and password are shown', async () => {
    const port = await echoServer();
    const proxy = await proxyWith({ kind, credentials });
    const socket = await dialTo({ port, proxy: proxy.access }).connected;
    expect(await readUpTo(socket, '\r\n')).toBe('220 ready\r\n');
  });

  test('a wrong password is a matter of configuration, and is not repeated in the error', async () => {
    const proxy = await proxyWith({ kind, credentials });
    const access = { ...proxy.access, password: 'wrong-secret-8' };
    const error = await failureOf(dialTo({ port: 21, proxy: access }).connected);
    expect(error).toMatchObject({ code: 'invalid_configuration', phase: 'connect' });
    expect(error.message).toContain(`127.0.0.1:21 through ${kind} proxy 127.0.0.1:${proxy.port}`);
    expect(JSON.stringify(error) + String(error.cause) + error.stack).not.toContain('wrong-secret-8');
  });

  test('no password where one is demanded is a matter of configuration', async () => {
    const proxy = await proxyWith({ kind, credentials });
    const access = { kind, host: '127.0.0.1', port: proxy.port };
    const error = await failureOf(dialTo({ port: 21, proxy: access }).connected);
    expect(error).toMatchObject({ code: 'invalid_configuration' });
  });

  test('a target that refuses is a refused connection', async () => {
    const port = await closedPort();
    const proxy = await proxyWith({ kind });
    expect(await failureOf(dialTo({ port, proxy: proxy.access }).connected)).toMatchObject({
      code: 'connect_refused',
    });
  });

  test('a proxy that refuses is named', async () => {
    const access = { kind, host: '127.0.0.1', port: await closedPort() };
    expect(await failureOf(dialTo({ port: 21, proxy: access }).connected)).toMatchObject({
      code: 'connect_refused',
      message: `${kind} proxy 127.0.0.1:${access.port}: ECONNREFUSED`,
    });
  });

  test('a silent proxy ends by the deadline', async () => {
    const proxy = await proxyWith({ kind, answer: 'none' });
    const dialling = dialTo({ port: 21, proxy: proxy.access, deadlineMs: 60 });
    expect(await failureOf(dialling.connected)).toMatchObject({ code: 'connect_timeout' });
  });

  test('a proxy that hangs up is a lost connection', async () => {
    const proxy = await proxyWith({ kind, hangsUp: true });
    for (const allowHalfOpen of [false, true])
      expect(
        await failureOf(dialTo({ port: 21, proxy: proxy.access, allowHalfOpen }).connected),
      ).toMatchObject({ code: 'connection_lost' });
  });

  test('garbage is a violation, and is shown as printable text at most', async () => {
    const proxy = await proxyWith({ kind, answer: Buffer.from('\x1b[31m220 ProFTPD ready\r\n\r\n') });
    const error = await failureOf(dialTo({ port: 21, proxy: proxy.access }).connected);
    expect(error).toMatchObject({ code: 'protocol_violation' });
    expect(error.message).not.toContain('\x1b');
  });

  test('an answer in single bytes means the same', async () => {
    const port = await echoServer();
    const proxy = await proxyWith({ kind, drip: true, credentials });
    const socket = await dialTo({ port, proxy: proxy.access }).connected;
    expect(await readUpTo(socket, '\r\n')).toBe('220 ready\r\n');
  });

  test('what the target says together with the answer is not lost', async () => {
    const port = await echoServer('127.0.0.1', '220 a greeting in the same packet\r\n');
    const proxy = await proxyWith({ kind, withFirstBytes: true });
    const socket = await dialTo({ port, proxy: proxy.access }).connected;
    expect(await readUpTo(socket, '\r\n')).toBe('220 a greeting in the same packet\r\n');
  });

  test('what came together with the answer waits for a reader who comes later', async () => {
    const port = await echoServer();
    const proxy = await proxyWith({ kind, withFirstBytes: true });
    const socket = await dialTo({ port, proxy: proxy.access }).connected;
    for (let turn = 0; turn < 5; turn += 1) await new Promise(setImmediate);
    expect(await readUpTo(socket, '\r\n')).toBe('220 ready\r\n');
  });

  test('given up in the middle of the dialogue leaves nothing open', async () => {
    const proxy = await proxyWith({ kind, answer: 'none' });
    const dialling = dialTo({ port: 21, proxy: proxy.access });
    while (proxy.connections === 0) await new Promise(setImmediate);
    dialling.destroy();
    expect(await failureOf(dialling.connected)).toMatchObject({ code: 'connection_lost' });
    while (proxy.connections > 0) await new Promise(setImmediate);
  });

  test.each(['ftp.example\r\nX: y', 'ftp example', '', 'a'.repeat(254)])(
    'refuses to ask for %j',
    async (host) => {
      const proxy = await proxyWith({ kind });
      expect(await failureOf(dialTo({ host, port: 21, proxy: proxy.access }).connected)).toMatchObject({
        code: 'invalid_configuration',
      });
      expect(proxy.requests).toEqual([]);
    },
  );
});

test('an HTTP answer that drips without end ends by the deadline', async () => {
  const proxy = await proxyWith({
    kind: 'http_connect',
    endless: 'HTTP/1.1 200 OK\r\nX-Slow: yes, very slow',
  });
  const dialling = dialTo({ port: 21, proxy: proxy.access, deadlineMs: 60 });
  expect(await failureOf(dialling.connected)).toMatchObject({ code: 'connect_timeout' });
});

test('an HTTP header without end is refused', async () => {
  const answer = Buffer.from(`HTTP/1.1 200 OK\r\nX-Long: ${'x'.repeat(9_000)}`);
  const proxy = await proxyWith({ kind: 'http_connect', answer });
  expect(await failureOf(dialTo({ port: 21, proxy: proxy.access }).connected)).toMatchObject({
    code: 'protocol_violation',
  });
});

test('an interim HTTP answer is not the answer', async () => {
  const port = await echoServer();
  const proxy = await proxyWith({
    kind: 'http_connect',
    interim: 'HTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n',
  });
  const socket = await dialTo({ port, proxy: proxy.access }).connected;
  expect(await readUpTo(socket, '\r\n')).toBe('220 ready\r\n');
});

test.each([
  ['HTTP/1.0 401 Unauthorized', 'invalid_configuration'],
  ['HTTP/1.1 403 Forbidden', 'invalid_configuration'],
  ['HTTP/1.1 404 Not Found', 'invalid_configuration'],
  ['HTTP/1.0 302 Found', 'invalid_configuration'],
  ['HTTP/1.1 500 Internal Server Error', 'connection_lost'],
  ['HTTP/1.1 502 Bad Gateway', 'connect_refused'],
  ['HTTP/1.1 504 Gateway Timeout', 'connect_timeout'],
  ['HTTP/1.1 101 Switching Protocols', 'protocol_violation'],
  ['HTTP/1.1 2000 OK', 'protocol_violation'],
  ['HTTP/1.1 20', 'protocol_violation'],
  ['HTTP/2 200', 'protocol_violation'],
  ['SSH-2.0-OpenSSH_9.2', 'protocol_violation'],
])('the HTTP answer %s is %s', async (statusLine, code) => {
  const proxy = await proxyWith({ kind: 'http_connect', answer: Buffer.from(`${statusLine}\r\n\r\n`) });
  expect(await failureOf(dialTo({ port: 21, proxy: proxy.access }).connected)).toMatchObject({ code });
});

test.each([
  [[5, 0, 5, 1, 0, 1, 0, 0, 0, 0, 0, 0], 'connection_lost'],
  [[5, 0, 5, 2, 0, 1, 0, 0, 0, 0, 0, 0], 'invalid_configuration'],
  [[5, 0, 5, 4, 0, 1, 0, 0, 0, 0, 0, 0], 'connect_timeout'],
  [[5, 0, 5, 8, 0, 1, 0, 0, 0, 0, 0, 0], 'invalid_configuration'],
  [[5, 0, 5, 99, 0, 1, 0, 0, 0, 0, 0, 0], 'protocol_violation'],
  [[5, 0, 5, 0, 0, 7, 0, 0, 0, 0, 0, 0], 'protocol_violation'],
  [[5, 0, 4, 0, 0, 1, 0, 0, 0, 0, 0, 0], 'protocol_violation'],
  [[5, 1], 'protocol_violation'],
  [[4, 90], 'protocol_violation'],
  [[5, 0xff], 'invalid_configuration'],
  // Everything at once, before the password was shown.
  [[5, 2, 1, 0, 5, 0, 0, 1, 0, 0, 0, 0, 0, 0], 'protocol_violation'],
])('the SOCKS answer %j is %s', async (bytes, code) => {
  const proxy = await proxyWith({ kind: 'socks5', answer: Buffer.from(bytes) });
  expect(await failureOf(dialTo({ port: 21, proxy: proxy.access }).connected)).toMatchObject({ code });
});

test('a password longer than SOCKS can say, and a colon in an HTTP user name, are refused', async () => {
  for (const [kind, username, password] of [
    ['socks5', 'anna', 'ü'.repeat(128)],
    ['http_connect', 'an:na', 'x'],
  ] as const) {
    const proxy = await proxyWith({ kind });
    const access = { ...proxy.access, username, password };
    expect(await failureOf(dialTo({ port: 21, proxy: access }).connected)).toMatchObject({
      code: 'invalid_configuration',
    });
  }
});
