import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { FaultyWire, type WireFault } from './faulty-wire.ts';
import type { ServerTls } from './server-tls.ts';

const HANDSHAKE_DEADLINE_MS = 30_000;
/** First byte of a TLS handshake record (RFC 8446 section 5.1). */
const HANDSHAKE_RECORD = 0x16;

/** One handshake as this server saw it. */
export interface SeenHandshake {
  channel: 'control' | 'data';
  /** The verb it served: AUTH, RETR, MLSD …; null on the implicit port's control connection. */
  command: string | null;
  protocol: string | null;
  cipher: string;
  resumed: boolean;
  /** The client's first bytes: all that it offers. */
  clientHello: Buffer;
}

/** A connection secured, and how it began. */
export interface Accepted {
  secured: TLSSocket;
  clientHello: Buffer;
}

/** Rejects when the client gives up or speaks in clear (these bytes go to `onClearBytes`); the socket is destroyed then. */
export async function acceptTls(
  socket: Socket,
  tls: ServerTls,
  onClearBytes: (bytes: Buffer) => void,
  fault?: WireFault,
): Promise<Accepted> {
  const timer = setTimeout(() => socket.destroy(), HANDSHAKE_DEADLINE_MS);
  try {
    const first = await firstBytes(socket);
    if (first[0] !== HANDSHAKE_RECORD) {
      onClearBytes(first);
      socket.on('data', onClearBytes);
      socket.end();
      throw new Error('the client does not speak TLS');
    }
    const clientHello = Buffer.from(first);
    socket.unshift(first);
    return { secured: await handshake(socket, tls, fault), clientHello };
  } finally {
    clearTimeout(timer);
  }
}

async function firstBytes(socket: Socket): Promise<Buffer> {
  for (;;) {
    const bytes = socket.read() as Buffer | null;
    if (bytes) return bytes;
    if (socket.destroyed || socket.readableEnded) throw new Error('the client closed before the handshake');
    await somethingHappens(socket);
  }
}

function somethingHappens(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const events = ['readable', 'end', 'close'];
    const happened = () => {
      for (const event of events) socket.off(event, happened);
      resolve();
    };
    for (const event of events) socket.once(event, happened);
  });
}

function handshake(
  socket: Socket,
  { secureContext, sessions, settings }: ServerTls,
  fault: WireFault | undefined,
): Promise<TLSSocket> {
  const transport = fault ? (new FaultyWire(socket, fault) as Duplex as Socket) : socket;
  const secured = new TLSSocket(transport, { isServer: true, secureContext, server: sessions, ...settings });
  return new Promise((resolve, reject) => {
    const fail = (error?: Error) => {
      secured.destroy();
      reject(error ?? new Error('the client closed during the handshake'));
    };
    secured.once('secure', () => {
      secured.off('error', fail);
      secured.off('close', fail);
      secured.on('error', () => secured.destroy());
      resolve(secured);
    });
    secured.once('error', fail);
    secured.once('close', fail);
  });
}

export function describe(
  channel: SeenHandshake['channel'],
  command: string | null,
  { secured, clientHello }: Accepted,
): SeenHandshake {
  return {
    channel,
    command,
    protocol: secured.getProtocol(),
    cipher: secured.getCipher().name,
    resumed: secured.isSessionReused(),
    clientHello,
  };
}
