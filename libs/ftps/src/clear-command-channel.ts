import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';

const RECORD_HEADER_BYTES = 5;

/** TLS content types 20 to 23 (RFC 8446 section 5.1); no reply of an FTP server begins with such a byte. */
function isTlsRecord(firstByte: number): boolean {
  return firstByte >= 20 && firstByte <= 23;
}

/**
 * Stands between TCP and TLS on a control connection that CCC will take out of TLS again: `takeOff` ends the TLS layer
 * and gives the connection back in clear. The server's last TLS records may share a segment with its first clear
 * reply, so what comes is told apart record by record.
 */
export class TlsPeel extends Duplex {
  readonly #raw: Socket;
  #clear: Duplex | undefined;
  #pending: Buffer = Buffer.alloc(0);

  constructor(raw: Socket) {
    super({ allowHalfOpen: true });
    this.#raw = raw;
    raw.on('data', (chunk: Buffer) => this.#received(chunk));
    raw.on('end', () => (this.#clear ?? this).push(null));
    raw.on('error', (error) => (this.#clear ?? this).destroy(error));
    raw.on('close', () => (this.#clear ?? this).destroy());
  }

  /** Sends close_notify on the TLS layer above, and returns the connection without it. */
  takeOff(tls: TLSSocket): Duplex {
    const raw = this.#raw;
    const clear = new Duplex({
      allowHalfOpen: false,
      read: () => {
        raw.resume();
      },
      write: (chunk, _encoding, done) => void raw.write(chunk, done),
      final: (done) => void raw.end(done),
      destroy: (error, done) => {
        raw.destroy();
        done(error);
      },
    });
    this.#clear = clear;
    tls.on('error', () => {});
    tls.end();
    return clear;
  }

  #received(chunk: Buffer): void {
    if (!this.#clear) {
      if (!this.push(chunk)) this.#raw.pause();
      return;
    }
    this.#pending = Buffer.concat([this.#pending, chunk]);
    while (this.#pending.length > 0 && isTlsRecord(this.#pending[0]!)) {
      if (this.#pending.length < RECORD_HEADER_BYTES) return;
      const end = RECORD_HEADER_BYTES + this.#pending.readUInt16BE(3);
      if (this.#pending.length < end) return;
      if (!this.destroyed) this.push(this.#pending.subarray(0, end));
      this.#pending = this.#pending.subarray(end);
    }
    if (this.#pending.length > 0) this.#clear.push(this.#pending);
    this.#pending = Buffer.alloc(0);
  }

  override _read(): void {
    this.#raw.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#raw.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    if (this.#clear) done();
    else this.#raw.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    if (!this.#clear) this.#raw.destroy();
    done(error);
  }
}
