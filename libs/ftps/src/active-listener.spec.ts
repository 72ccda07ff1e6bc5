import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import {
  type ActiveRequest,
  eprtArgument,
  inRandomOrder,
  listenActive,
  portArgument,
} from './active-listener.ts';

const closing: Array<() => unknown> = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A range that was free a moment ago. */
async function freePort(host = '127.0.0.1'): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function listening(request: Partial<ActiveRequest> = {}) {
  const host = request.localAddress ?? '127.0.0.1';
  const port = await freePort(host.replace('::ffff:', ''));
  const notes: string[] = [];
  const listener = await listenActive({
    policy: { firstPort: port, lastPort: port },
    localAddress: '127.0.0.1',
    expectedPeer: '127.0.0.1',
    deadlineMs: 5_000,
    phase: 'open',
    note: (text) => notes.push(text),
    ...request,
  });
  closing.push(() => listener.destroy());
  return { listener, notes };
}

function connectTo(port: number, localAddress?: string, host = '127.0.0.1'): Socket {
  const socket = connect({ host, port, ...(localAddress ? { localAddress } : {}) });
  socket.on('error', () => {});
  closing.push(() => socket.destroy());
  return socket;
}

const closed = (socket: Socket) =>
  new Promise<string | undefined>((resolve) => {
    const tell = () => resolve((socket.errored as { code?: string } | null)?.code);
    if (socket.closed) tell();
    else socket.resume().once('close', tell);
  });

describe('what the server is told', () => {
  test.each([
    ['132.235.1.2', 6275, '|1|132.235.1.2|6275|'],
    ['::ffff:132.235.1.2', 6275, '|1|132.235.1.2|6275|'],
    ['1080::8:800:200c:417a', 5282, '|2|1080::8:800:200c:417a|5282|'],
    ['fe80::1%eth0', 5282, '|2|fe80::1|5282|'],
  ])('EPRT for %s, port %i', (address, port, argument) => expect(eprtArgument(address, port)).toBe(argument));

  test('PORT, whatever the port', () => {
    expect(portArgument('::ffff:192.0.2.1', 6275)).toBe('192,0,2,1,24,131');
    fc.assert(
      fc.property(fc.ipV4(), fc.integer({ min: 1, max: 65_535 }), (address, port) => {
        const numbers = portArgument(address, port).split(',').map(Number);
        expect(numbers.every((number) => number >= 0 && number <= 255)).toBe(true);
        expect([numbers.slice(0, 4).join('.'), numbers[4]! * 256 + numbers[5]!]).toEqual([address, port]);
      }),
    );
  });

  test('is our address on the control connection and the port that listens; IPv6 has no PORT', async () => {
    const { listener } = await listening({ localAddress: '::ffff:127.0.0.1' });
    expect(listener.portCommand).toEqual({ verb: 'EPRT', argument: `|1|127.0.0.1|${listener.port}|` });
    expect(listener.fallback?.verb).toBe('PORT');
    const { listener: six } = await listening({ localAddress: '::1', expectedPeer: '::1' });
    expect(six.portCommand).toEqual({ verb: 'EPRT', argument: `|2|::1|${six.port}|` });
    expect(six.fallback).toBeUndefined();
  });

  test('is the address of the configuration, where our own is not seen from outside', async () => {
    const port = await freePort();
    const policy = { firstPort: port, lastPort: port, address: '203.0.113.9' };
    const { listener } = await listening({ policy });
    expect(listener.portCommand.argument).toBe(`|1|203.0.113.9|${port}|`);
  });

  test.each(['::1', 'ftp.partner.example', ''])('cannot be %j over IPv4', async (address) => {
    const policy = { firstPort: 50_000, lastPort: 50_000, address };
    await expect(listening({ policy })).rejects.toMatchObject({ code: 'invalid_configuration' });
  });
});

describe('the port', () => {
  test('is any of the range, each at most once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 65_535 }), fc.integer({ min: 0, max: 300 }), (first, more) => {
        const ports = [...inRandomOrder(first, first + more)];
        expect(ports.toSorted((a, b) => a - b)).toEqual(
          Array.from({ length: more + 1 }, (_, index) => first + index),
        );
      }),
    );
  });

  test('is not the same one every time', () => {
    const firsts = Array.from({ length: 50 }, () => inRandomOrder(1_024, 65_535).next().value);
    expect(new Set(firsts).size).toBeGreaterThan(40);
  });

  test('that is taken is passed over; a range without a free one is said', async () => {
    const { listener } = await listening();
    const taken = { firstPort: listener.port, lastPort: listener.port };
    await expect(listening({ policy: taken })).rejects.toMatchObject({
      code: 'connection_lost',
      message: expect.stringContaining(`no port of ${listener.port}-${listener.port}`),
    });
    const wider = { firstPort: listener.port, lastPort: listener.port + 20 };
    for (let round = 0; round < 5; round += 1) {
      const next = await listening({ policy: wider });
      expect(next.listener.port).toBeGreaterThan(listener.port);
      next.listener.destroy();
      await next.listener.connected.catch(() => {});
    }
  });

  test('listens on the address of the control connection only', async () => {
    const { listener } = await listening();
    const elsewhere = connectTo(listener.port, undefined, '127.0.0.3');
    expect(await closed(elsewhere)).toBe('ECONNREFUSED');
  });
});

describe('the connection', () => {
  test('of the server is taken, and nothing listens any more', async () => {
    const { listener } = await listening();
    const server = connectTo(listener.port);
    const socket = await listener.connected;
    expect(socket.remotePort).toBe(server.localPort);
    const late = connectTo(listener.port);
    expect(await closed(late)).toBe('ECONNREFUSED');
    server.write('data');
    expect(String((await once(socket, 'data'))[0])).toBe('data');
  });

  test('over IPv6 is taken', async () => {
    const { listener } = await listening({ localAddress: '::1', expectedPeer: '::1' });
    connectTo(listener.port, undefined, '::1');
    expect((await listener.connected).remoteAddress).toBe('::1');
  });

  test('of anybody else is closed and noted; the server is still waited for', async () => {
    const { listener, notes } = await listening();
    const thief = connectTo(listener.port, '127.0.0.2');
    await closed(thief);
    expect(notes).toEqual([expect.stringContaining('127.0.0.2')]);
    connectTo(listener.port);
    expect((await listener.connected).remoteAddress).toBe('127.0.0.1');
  });

  test('of many others fills neither the transcript nor the listener', async () => {
    const { listener, notes } = await listening();
    for (let knock = 0; knock < 20; knock += 1) await closed(connectTo(listener.port, '127.0.0.2'));
    expect(notes.length).toBeLessThanOrEqual(5);
    connectTo(listener.port);
    expect((await listener.connected).remoteAddress).toBe('127.0.0.1');
  });

  test('is one: a second one at the same moment is closed', async () => {
    const { listener } = await listening();
    const two = [connectTo(listener.port), connectTo(listener.port)];
    const socket = await listener.connected;
    const other = two.find(({ localPort }) => localPort !== socket.remotePort)!;
    await closed(other);
    expect(socket.destroyed).toBe(false);
  });

  test('that does not come ends by the deadline', async () => {
    const { listener } = await listening({ deadlineMs: 40 });
    await expect(listener.connected).rejects.toMatchObject({ code: 'connect_timeout', phase: 'open' });
    const late = connectTo(listener.port);
    expect(await closed(late)).toBe('ECONNREFUSED');
  });

  test('of strangers does not extend the deadline', async () => {
    const { listener } = await listening({ deadlineMs: 60 });
    const knock = () => {
      const socket = connectTo(listener.port, '127.0.0.2');
      socket.on('close', () => !socket.errored && knock());
    };
    knock();
    await expect(listener.connected).rejects.toMatchObject({ code: 'connect_timeout' });
  });

  test('is given up on demand, and cut when it is there', async () => {
    const { listener } = await listening();
    listener.destroy();
    await expect(listener.connected).rejects.toMatchObject({ code: 'connection_lost' });
    const { listener: second } = await listening();
    const server = connectTo(second.port);
    await second.connected;
    second.destroy();
    await closed(server);
  });
});
