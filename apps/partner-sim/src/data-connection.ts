import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import type { Writable } from 'node:stream';

const BLOCK_BYTES = 256 * 1024;
const ARRIVAL_DEADLINE_MS = 10_000;

/** A passive listener for one data connection: the peer of the control connection, and nobody else. */
export class PassiveListener {
  readonly #server: Server;
  readonly #arrived: Promise<Socket>;

  private constructor(server: Server, peer: string) {
    this.#server = server;
    this.#arrived = new Promise((resolve, reject) => {
      server.on('connection', (socket) => {
        socket.on('error', () => socket.destroy());
        if (socket.remoteAddress === peer) resolve(socket);
        else socket.destroy();
      });
      const timer = setTimeout(() => reject(new Error('no data connection came')), ARRIVAL_DEADLINE_MS);
      server.once('close', () => {
        clearTimeout(timer);
        reject(new Error('the listener was closed'));
      });
    });
    this.#arrived.catch(() => undefined);
  }

  static async open(host: string, peer: string): Promise<PassiveListener> {
    const server = createServer({ pauseOnConnect: true });
    server.listen(0, host);
    await once(server, 'listening');
    return new PassiveListener(server, peer);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async accept(): Promise<Socket> {
    try {
      return await this.#arrived;
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#server.close();
  }
}

export interface SendLimits {
  truncateAfterBytes?: number | undefined;
  stallAfterBytes?: number | undefined;
}

/** Pours a file into the connection; resolves to `stalled` when it was told to stop in the middle. */
export async function sendFile(
  place: string,
  offset: number,
  to: Writable,
  limits: SendLimits,
): Promise<'sent' | 'stalled'> {
  await using file = await open(place, 'r');
  const block = Buffer.allocUnsafe(BLOCK_BYTES);
  const stop = Math.min(
    limits.truncateAfterBytes ?? Number.POSITIVE_INFINITY,
    limits.stallAfterBytes ?? Number.POSITIVE_INFINITY,
  );
  for (let sent = 0; ; ) {
    const wanted = Math.min(BLOCK_BYTES, stop - sent);
    if (wanted === 0) return limits.stallAfterBytes === sent ? 'stalled' : 'sent';
    const { bytesRead } = await file.read(block, 0, wanted, offset + sent);
    if (bytesRead === 0) return 'sent';
    sent += bytesRead;
    // Copied: the stream keeps the block until it is on the wire.
    await sendBytes(Buffer.from(block.subarray(0, bytesRead)), to);
  }
}

export async function sendBytes(bytes: Buffer, to: Writable): Promise<void> {
  if (to.destroyed) throw new Error('the data connection is gone');
  if (to.write(bytes)) return;
  await new Promise<void>((resolve, reject) => {
    const drained = () => {
      to.off('close', closed);
      resolve();
    };
    const closed = () => {
      to.off('drain', drained);
      reject(new Error('the data connection is gone'));
    };
    to.once('drain', drained);
    to.once('close', closed);
  });
}
