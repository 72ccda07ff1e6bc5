import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer, isIP, isIPv4, type Server, type Socket } from 'node:net';
import { type ActivePolicy, type Phase, TransferError } from '#domain';
import type { Dialling } from './dial.ts';
import { hostAndPort, isIpv6Peer, plainAddress } from './socket-address.ts';

export interface ActiveRequest {
  policy: ActivePolicy;
  /** Ours on the control connection: the one address that is listened on. */
  localAddress: string;
  /** The control connection's peer: the one that may connect. */
  expectedPeer: string;
  /** Absolute, from now to the connection. */
  deadlineMs: number;
  phase: Phase;
  allowHalfOpen?: boolean;
  /** Told of connections from others. */
  note?: (text: string) => void;
}

export interface PortCommand {
  verb: 'EPRT' | 'PORT';
  argument: string;
}

/** Waits for the server's connection. `destroy` gives up, or cuts what is connected already. */
export interface ActiveListener extends Dialling {
  port: number;
  /** What the server is told. */
  address: string;
  portCommand: PortCommand;
  /** For servers without EPRT; IPv6 has none. */
  fallback: PortCommand | undefined;
}

/** Somebody who knocks for ever does not fill the transcript. */
const MAX_NOTES = 5;

/** EPRT (RFC 2428 section 2). */
export function eprtArgument(address: string, port: number): string {
  const plain = plainAddress(address);
  return `|${isIPv4(plain) ? 1 : 2}|${plain}|${port}|`;
}

/** PORT (RFC 959 section 4.1.2), IPv4 only. */
export function portArgument(address: string, port: number): string {
  return `${plainAddress(address).replaceAll('.', ',')},${port >> 8},${port & 255}`;
}

/**
 * Listens for one data connection, on a random free port of the range (RFC 2577 section 8: a guessed port can be
 * taken by a thief), and stops listening as soon as it is there. TLS is the caller's: we stay the TLS client
 * (RFC 4217 section 7), so a thief who is quick enough still has to show the server's key.
 */
export async function listenActive(request: ActiveRequest): Promise<ActiveListener> {
  const { policy, phase, deadlineMs } = request;
  const localAddress = plainAddress(request.localAddress);
  const address = plainAddress(policy.address ?? localAddress);
  checkAddress(address, localAddress, phase);
  const server = createServer({ noDelay: true, allowHalfOpen: request.allowHalfOpen ?? false });
  const waiting = new Waiting(server, request);
  const port = await listenSomewhere(server, request, localAddress);
  waiting.limit(
    deadlineMs,
    `the server did not connect to ${hostAndPort(address, port)} within ${deadlineMs} ms`,
  );
  return {
    port,
    address,
    portCommand: { verb: 'EPRT', argument: eprtArgument(address, port) },
    fallback: isIPv4(address) ? { verb: 'PORT', argument: portArgument(address, port) } : undefined,
    connected: waiting.connected,
    destroy: () => waiting.destroy(),
  };
}

function checkAddress(address: string, localAddress: string, phase: Phase): void {
  if (isIP(address) !== 0 && isIpv6Peer(address) === isIpv6Peer(localAddress)) return;
  const detail = `\`active.address\` ${address} is not an address of the control connection's kind (${localAddress})`;
  throw new TransferError('invalid_configuration', { phase, detail });
}

/** From the first knock to the one connection. */
class Waiting {
  readonly connected: Promise<Socket>;
  readonly #server: Server;
  readonly #phase: Phase;
  readonly #settled = Promise.withResolvers<Socket>();
  #timer: NodeJS.Timeout | undefined;
  #taken: Socket | undefined;

  constructor(server: Server, { expectedPeer, note, phase }: ActiveRequest) {
    this.#server = server;
    this.#phase = phase;
    this.connected = this.#settled.promise;
    // A caller that is still waiting for a reply looks at it later.
    this.connected.catch(() => {});
    const peer = plainAddress(expectedPeer);
    let others = 0;
    // Too many open files, for one: the deadline says that nobody came.
    server.on('error', () => {});
    server.on('connection', (socket) => {
      socket.on('error', () => {});
      const from = plainAddress(socket.remoteAddress ?? '');
      if (from === peer) return this.#take(socket);
      socket.destroy();
      others += 1;
      if (others <= MAX_NOTES)
        note?.(
          `a connection from ${from || 'nobody'} to the active data port was closed: it is not the server`,
        );
    });
  }

  limit(deadlineMs: number, detail: string): void {
    this.#timer = setTimeout(() => this.#refuse('connect_timeout', detail), deadlineMs);
  }

  destroy(): void {
    this.#taken?.destroy();
    this.#refuse('connection_lost', 'given up before the server connected');
  }

  #take(socket: Socket): void {
    this.#taken = socket;
    this.#close();
    this.#settled.resolve(socket);
  }

  #refuse(code: 'connect_timeout' | 'connection_lost', detail: string): void {
    this.#close();
    this.#settled.reject(new TransferError(code, { phase: this.#phase, detail }));
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#server.close();
  }
}

async function listenSomewhere(server: Server, request: ActiveRequest, host: string): Promise<number> {
  const { firstPort, lastPort } = request.policy;
  let last: unknown;
  for (const port of inRandomOrder(firstPort, lastPort)) {
    server.listen({ host, port, exclusive: true });
    try {
      await once(server, 'listening');
      return port;
    } catch (error) {
      last = error;
      const { code } = error as { code?: string };
      if (code !== 'EADDRINUSE' && code !== 'EACCES') break;
    }
  }
  throw new TransferError('connection_lost', {
    phase: request.phase,
    detail: `no port of ${firstPort}-${lastPort} could be listened on at ${host} for the server's connection`,
    cause: last,
  });
}

/** Every port once, the next one unknown until it is asked for; a range of 60,000 costs nothing. */
export function* inRandomOrder(first: number, last: number): Generator<number> {
  const moved = new Map<number, number>();
  for (let end = last; end >= first; end -= 1) {
    const chosen = randomInt(first, end + 1);
    yield moved.get(chosen) ?? chosen;
    moved.set(chosen, moved.get(end) ?? end);
  }
}
