import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';

/** What happens to the bytes of one TLS connection, handshake and records alike, on their way to the client. */
export interface WireFault {
  /** So many bytes leave untouched; default 0. */
  afterBytes?: number;
  /**
   * `fin`: TCP ends and TLS knows nothing of it. `reset`. `stall`: nothing more leaves, and the connection stays open.
   * `dripMs`: the rest leaves byte by byte, with this pause. `bytes`: these are put in between.
   */
  does: 'fin' | 'reset' | 'stall' | { dripMs: number } | { bytes: Uint8Array };
}

/** Stands between TCP and TLS and lets the fault happen at its byte. */
export class FaultyWire extends Duplex {
  readonly #raw: Socket;
  readonly #fault: WireFault;
  #left: number;
  #dead = false;

  constructor(raw: Socket, fault: WireFault) {
    super();
    this.#raw = raw;
    this.#fault = fault;
    this.#left = fault.afterBytes ?? 0;
    raw.on('data', (bytes) => {
      if (!this.push(bytes)) raw.pause();
    });
    raw.on('end', () => this.push(null));
    raw.on('close', () => this.destroy());
  }

  override _read(): void {
    this.#raw.resume();
  }

  override _write(bytes: Buffer, _encoding: BufferEncoding, done: () => void): void {
    const whole = bytes.subarray(0, this.#left);
    const rest = bytes.subarray(whole.length);
    this.#left -= whole.length;
    if (whole.length > 0) this.#raw.write(whole);
    if (rest.length === 0 && this.#left > 0) done();
    else this.#happen(rest).then(done, () => this.destroy());
  }

  override _final(done: () => void): void {
    if (!this.#dead) this.#raw.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    // A stalled or ended wire stays for the client to give up.
    if (!this.#dead) this.#raw.destroy();
    done(error);
  }

  async #happen(rest: Buffer): Promise<void> {
    const { does } = this.#fault;
    if (this.#dead) return;
    if (typeof does === 'string') {
      this.#dead = true;
      if (does === 'fin') this.#raw.end();
      if (does === 'reset') this.#raw.resetAndDestroy();
    } else if ('bytes' in does) {
      this.#raw.write(does.bytes);
      this.#raw.write(rest);
      this.#left = Number.POSITIVE_INFINITY;
    } else {
      for (let index = 0; index < rest.length && !this.#raw.destroyed; index++) {
        this.#raw.write(rest.subarray(index, index + 1));
        await new Promise((resolve) => setTimeout(resolve, does.dripMs));
      }
    }
  }
}
