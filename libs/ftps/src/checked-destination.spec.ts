import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type LookupFunction } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import type { FtpsEndpoint } from '#domain';
import { TestProxy } from '../testing/proxies.ts';
import { authority, closeWhatWasOpened, ignore, open, signal } from '../testing/scripted-sessions.ts';
import type { Destination, DestinationCheck } from './checked-destination.ts';
import { type DialRequest, dial } from './dial.ts';

closeWhatWasOpened();
const opened: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

/** Counts who comes. */
async function listen(host = '127.0.0.1', atPort = 0) {
  let visitors = 0;
  const server = createServer((socket) => {
    visitors += 1;
    socket.on('error', () => {});
    opened.push(async () => socket.destroy());
  });
  server.listen(atPort, host);
  await once(server, 'listening');
  opened.push(async () => server.close());
  return { port: (server.address() as AddressInfo).port, visitors: () => visitors };
}

function checking(refuses: (destination: Destination) => boolean) {
  const asked: Destination[] = [];
  const check: DestinationCheck = (destination) => {
    asked.push(destination);
    return refuses(destination) ? 'not there' : undefined;
  };
  return { asked, check };
}

function outcomeOf(request: Partial<DialRequest> & { port: number }) {
  const dialling = dial({
    host: '127.0.0.1',
    deadlineMs: 5_000,
    phase: 'connect',
    channel: 'control',
    ...request,
  });
  opened.push(async () => dialling.destroy());
  return dialling.connected.then(
    (socket) => ({ connected: socket.remoteAddress }),
    (error: { code: string; detail: string }) => ({ code: error.code, detail: error.detail }),
  );
}

const resolvesTo =
  (...addresses: string[]): LookupFunction =>
  (_host, options, done) =>
    options.all
      ? done(
          null,
          addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
        )
      : done(null, addresses[0]!, 4);

const REFUSED = { code: 'egress_refused', detail: 'not there' };

describe('a destination that is refused', () => {
  test('is not dialled where it is an address', async () => {
    const { port, visitors } = await listen();
    const { asked, check } = checking(() => true);
    expect(await outcomeOf({ port, check })).toEqual(REFUSED);
    expect(asked).toEqual([{ host: '127.0.0.1', address: '127.0.0.1', port, channel: 'control' }]);
    expect(visitors()).toBe(0);
  });

  test('is not dialled where a name resolves to nothing else, and the name is told', async () => {
    const { port, visitors } = await listen();
    const { asked, check } = checking(() => true);
    const lookup = resolvesTo('127.0.0.1', '::1');
    expect(await outcomeOf({ host: 'ftp.partner.example', port, check, lookup })).toEqual(REFUSED);
    expect(asked.map(({ host, address }) => [host, address])).toEqual([
      ['ftp.partner.example', '127.0.0.1'],
      ['ftp.partner.example', '::1'],
    ]);
    expect(visitors()).toBe(0);
  });

  test.each(['127.1', '2130706433', '0x7f.0.0.1', 'localhost'])(
    'is not dialled as %s, by the resolver of the system',
    async (host) => {
      const { port, visitors } = await listen();
      const { check } = checking(({ address = '' }) => /^127\.|^::1$/.test(address));
      expect(await outcomeOf({ host, port, check })).toEqual(REFUSED);
      expect(visitors()).toBe(0);
    },
  );

  test('leaves the other addresses of its name, and is not tried among them', async () => {
    const refused = await listen();
    const { port } = await listen('127.0.0.2', refused.port);
    const { check } = checking(({ address }) => address !== '127.0.0.2');
    const lookup = resolvesTo('127.0.0.1', '127.0.0.2', '::1');
    expect(await outcomeOf({ host: 'ftp.partner.example', port, check, lookup })).toEqual({
      connected: '127.0.0.2',
    });
    expect(refused.visitors()).toBe(0);
  });

  test.each(['socks5', 'http_connect'] as const)('is not what a %s proxy is asked for', async (kind) => {
    const proxy = await TestProxy.start({ kind });
    opened.push(() => proxy.stop());
    for (const host of ['ftp.partner.example', '10.0.0.1']) {
      const { asked, check } = checking(({ host: asked }) => asked === host);
      expect(await outcomeOf({ host, port: 21, check, proxy: proxy.access })).toEqual(REFUSED);
      const address = host === '10.0.0.1' ? host : undefined;
      expect(asked).toEqual([{ host, address, port: 21, channel: 'control' }]);
    }
    expect(proxy.requests).toEqual([]);
  });

  test('is not the proxy itself', async () => {
    const proxy = await TestProxy.start({ kind: 'socks5' });
    opened.push(() => proxy.stop());
    const { asked, check } = checking(({ address }) => address === '127.0.0.1');
    const outcome = outcomeOf({
      host: 'ftp.partner.example',
      port: 21,
      channel: 'data',
      check,
      proxy: proxy.access,
    });
    expect(await outcome).toEqual(REFUSED);
    expect(asked).toEqual([
      { host: 'ftp.partner.example', address: undefined, port: 21, channel: 'data' },
      { host: '127.0.0.1', address: '127.0.0.1', port: proxy.port, channel: 'control' },
    ]);
    expect(proxy.connections).toBe(0);
  });
});

describe('a data connection', () => {
  const bytes = randomBytes(10_000);
  const files = () => new Map([['/out/a.csv', bytes]]);

  test('is asked about under the name of the endpoint, at the address of the control connection', async () => {
    const { asked, check } = checking(() => false);
    const certificate = authority.issue({ commonName: 'partner', names: ['localhost', '127.0.0.1'] });
    const { session } = await open(
      { certificate, files: files() },
      { host: 'localhost', checkDestination: check },
    );
    await session.read('/out/a.csv', ignore, signal);
    expect(asked.at(-1)).toMatchObject({ host: 'localhost', address: '127.0.0.1', channel: 'data' });
  });

  test('that is refused ends the file, and nobody is dialled', async () => {
    const { asked, check } = checking(({ channel }) => channel === 'data');
    const { session, server } = await open({ files: files() }, { checkDestination: check });
    await expect(session.read('/out/a.csv', ignore, signal)).rejects.toMatchObject({
      code: 'egress_refused',
    });
    expect(asked.filter(({ channel }) => channel === 'data').length).toBeGreaterThan(0);
    expect(server.commands.some((command) => command.startsWith('RETR'))).toBe(false);
  });

  test('to an address that PASV states is asked about as that address, whatever the endpoint allows', async () => {
    const passive: FtpsEndpoint['passive'] = {
      addressPolicy: 'advertised',
      advertisedNetworks: ['10.9.8.0/24'],
    };
    const { asked, check } = checking(({ address }) => address === '10.9.8.7');
    const { session } = await open(
      { files: files(), passive: 'pasv_elsewhere' },
      { endpoint: { passive }, checkDestination: check },
    );
    await expect(session.read('/out/a.csv', ignore, signal)).rejects.toMatchObject({
      code: 'egress_refused',
    });
    expect(asked.at(-1)).toMatchObject({ host: '10.9.8.7', address: '10.9.8.7', channel: 'data' });
  });
});
