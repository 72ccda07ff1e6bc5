import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { SocksClient } from 'socks';
import type { ErrorCode } from '#domain';
import { ProxyRefusal, type RevealedProxy, readAnswer, type TunnelTarget } from './proxy.ts';

/** RFC 1929: lengths are one byte. */
const MAX_CREDENTIAL_BYTES = 255;

/** SOCKS 5 (RFC 1928). The library speaks; what the proxy's bytes mean for us is read here, as it says it in prose only. */
export async function connectBySocks(
  socket: Socket,
  proxy: RevealedProxy,
  target: TunnelTarget,
): Promise<void> {
  const { host, port, username, password = '' } = proxy;
  if ([username ?? '', password].some((text) => Buffer.byteLength(text) > MAX_CREDENTIAL_BYTES))
    throw new ProxyRefusal('invalid_configuration', 'user name or password is longer than SOCKS allows');
  const wire = new SocksWire(socket);
  const client = new SocksClient({
    command: 'connect',
    destination: target,
    proxy: { type: 5, host, port, ...(username === undefined ? {} : { userId: username, password }) },
  });
  // Its own errors: the bytes have told us more by then. Theirs carry the password, so they end here.
  client.on('error', () => {});
  let asked = false;
  client.once('established', () => {
    asked = true;
  });
  client.connect(wire);
  let heard = 0;
  try {
    await readAnswer(socket, (received) => {
      const length = readSocksAnswer(received);
      wire.hear(received.subarray(heard));
      heard = received.length;
      if (length !== undefined && !asked)
        throw new ProxyRefusal('protocol_violation', 'it answered before it was asked');
      return length;
    });
  } finally {
    wire.letGo();
  }
}

/** Method, authentication, reply: the length of all three, once they are there and good. */
export function readSocksAnswer(received: Buffer): number | undefined {
  const [version, method] = received;
  if (version !== 5) throw notSocks();
  if (method === undefined) return undefined;
  if (method === 0xff) throw notAccepted('it offers no way to log in that we have');
  if (method !== 0 && method !== 2) throw notSocks();
  const start = method === 2 ? 4 : 2;
  // RFC 1929 section 2: any status but 0 is a failure.
  if (method === 2 && received.length >= 4 && received[3] !== 0)
    throw notAccepted('it does not accept user name and password');
  if (received.length < start + 2) return undefined;
  if (received[start] !== 5) throw notSocks();
  const reply = received[start + 1]!;
  if (reply !== 0) {
    const { code, words } = REPLIES[reply] ?? { code: 'protocol_violation', words: `reply ${reply}` };
    throw new ProxyRefusal(code, `it answered: ${words}`);
  }
  const addressType = received[start + 3];
  if (addressType === undefined) return undefined;
  const nameLength = received[start + 4];
  if (nameLength === undefined) return undefined;
  const addressBytes = { 1: 4, 3: 1 + nameLength, 4: 16 }[addressType];
  if (addressBytes === undefined) throw notSocks();
  const length = start + 4 + addressBytes + 2;
  return received.length < length ? undefined : length;
}

/** RFC 1928 section 6. */
const REPLIES: Record<number, { code: ErrorCode; words: string }> = {
  1: { code: 'connection_lost', words: 'general failure' },
  2: { code: 'invalid_configuration', words: 'connection not allowed by its rules' },
  3: { code: 'connect_timeout', words: 'network unreachable' },
  4: { code: 'connect_timeout', words: 'host unreachable or unknown' },
  5: { code: 'connect_refused', words: 'connection refused by the target' },
  6: { code: 'connect_timeout', words: 'TTL expired' },
  7: { code: 'invalid_configuration', words: 'CONNECT is not supported' },
  8: { code: 'invalid_configuration', words: 'this kind of address is not supported' },
};

function notSocks(): ProxyRefusal {
  return new ProxyRefusal('protocol_violation', 'it does not speak SOCKS 5');
}

function notAccepted(detail: string): ProxyRefusal {
  return new ProxyRefusal('invalid_configuration', detail);
}

/**
 * What the library takes for its socket. It would re-emit the target's first bytes to whoever listens at that moment
 * and set the socket flowing; the real one stays out of its reach.
 */
class SocksWire extends Duplex {
  #socket: Socket | undefined;

  constructor(socket: Socket) {
    super({ emitClose: false });
    this.#socket = socket;
    this.on('error', () => {});
  }

  hear(bytes: Buffer): void {
    this.emit('data', bytes);
  }

  letGo(): void {
    this.#socket = undefined;
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#socket?.write(chunk);
    done();
  }
}
