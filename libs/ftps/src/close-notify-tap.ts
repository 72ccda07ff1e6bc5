import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import type { CloseNotify } from '#domain';

/** Turns of the event loop a close_notify already received needs to come out of the TLS layer, with a margin. */
const IDLE_TURNS = 4;

/**
 * Stands between TCP and TLS to see what Node does not tell: whether the peer ended TLS (close_notify) before it
 * ended TCP. Node reports a bare FIN exactly like a clean end; here the FIN is held back until the TLS layer
 * has had its say. Needs a raw socket with `allowHalfOpen`, or our own close_notify could not go out any more.
 */
export class CloseNotifyTap extends Duplex {
  readonly #raw: Socket;
  #tls: TLSSocket | undefined;
  #tlsEnded = false;
  closeNotify: CloseNotify = 'not_seen';

  constructor(raw: Socket) {
    super({ allowHalfOpen: true });
    this.#raw = raw;
    raw.on('data', (chunk) => {
      if (!this.push(chunk)) raw.pause();
    });
    raw.on('end', () => this.#releaseFinWhenIdle(IDLE_TURNS));
    raw.on('error', (error) => this.destroy(error));
    raw.on('close', () => this.destroy());
  }

  watch(tls: TLSSocket): void {
    this.#tls = tls;
    tls.once('end', () => {
      this.#tlsEnded = true;
      if (!this.readableEnded && !this.#finReleased) this.closeNotify = 'seen';
    });
  }

  #finReleased = false;

  #releaseFinWhenIdle(turnsLeft: number): void {
    if (this.destroyed || this.#tlsEnded) return;
    const tls = this.#tls;
    const drained = this.readableLength === 0 && (!tls || (tls.readableLength === 0 && !tls.isPaused()));
    if (drained && turnsLeft === 0) {
      this.#finReleased = true;
      this.push(null);
    } else if (drained) {
      setImmediate(() => this.#releaseFinWhenIdle(turnsLeft - 1));
    } else if (tls?.isPaused()) {
      // The receiver is busy with earlier bytes; what follows them decides.
      tls.once('resume', () => this.#releaseFinWhenIdle(IDLE_TURNS));
    } else {
      setImmediate(() => this.#releaseFinWhenIdle(IDLE_TURNS));
    }
  }

  override _read(): void {
    this.#raw.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    this.#raw.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#raw.end(() => done());
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#raw.destroy();
    done(error);
  }
}
