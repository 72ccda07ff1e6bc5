import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type CloseNotify, type ErrorCode, type Phase, TransferError } from '#domain';
import type { ByteSink, SessionObserver } from '#protocol';
import { CloseNotifyTap } from './close-notify-tap.ts';
import { watchDataRate } from './data-rate.ts';
import type { FtpsDeadlines } from './deadlines.ts';
import { type Dialling, dial } from './dial.ts';
import type { TicketStore } from './ticket-store.ts';
import type { TlsIdentity } from './tls-identity.ts';
import { type Handshake, HandshakeRefused, type NegotiationOccasion, shakeHands } from './tls-negotiation.ts';

export interface DataChannelSettings {
  address: string;
  port: number;
  occasion: NegotiationOccasion;
  identity: TlsIdentity;
  tickets: TicketStore;
  /** SPKI of the control connection's certificate: data must come from the same key holder. */
  controlSpkiSha256: string | null;
  deadlines: FtpsDeadlines;
  observer: SessionObserver;
  phase: Phase;
  /** See close_notify at some cost of speed: where nothing else proves the end. */
  tapped: boolean;
}

/** One data connection, from its TCP connection to its closing record. */
export class DataChannel {
  readonly #settings: DataChannelSettings;
  readonly #dialling: Dialling;
  #raw: Socket;
  #tap: CloseNotifyTap | undefined;
  #tls: TLSSocket | undefined;
  #plainBytes = 0;
  #failure: TransferError | undefined;
  #brokenByPeer = false;
  #fail: ((error: TransferError) => void) | undefined;
  #resumed = false;
  readonly #closed = Promise.withResolvers<void>();

  constructor(settings: DataChannelSettings) {
    this.#settings = settings;
    this.#dialling = dial({
      host: settings.address,
      port: settings.port,
      deadlineMs: settings.deadlines.connectMs,
      phase: settings.phase,
      allowHalfOpen: settings.tapped,
    });
    this.#raw = this.#dialling.socket;
  }

  get connected(): Promise<void> {
    return this.#dialling.connected;
  }

  get resumed(): boolean {
    return this.#resumed;
  }

  /** The peer ended it, not a verdict of ours: its reply may say why. */
  get brokenByPeer(): boolean {
    return this.#brokenByPeer;
  }

  get closeNotify(): CloseNotify {
    return this.#tap?.closeNotify ?? 'unobserved';
  }

  /** TLS with the control connection's identity and ticket; our rules for data are part of the verdict. */
  async secure(): Promise<void> {
    const { identity, tickets, observer, occasion, deadlines, phase } = this.#settings;
    if (this.#settings.tapped) this.#tap = new CloseNotifyTap(this.#raw);
    const transport = this.#tap ?? this.#raw;
    const ticket = identity.sessionReuse === 'off' ? undefined : tickets.take();
    const { handshakeMs: deadlineMs } = deadlines;
    let handshake: Handshake;
    try {
      handshake = await shakeHands({
        occasion,
        identity,
        tickets,
        ticket,
        raw: this.#raw,
        transport,
        deadlineMs,
        phase,
      });
    } catch (error) {
      if (!(error instanceof HandshakeRefused)) throw error;
      // On a data connection an unexplained refusal has its own meaning: not the server of the control connection, or
      // clear text. A server that waits for clear bytes takes our ClientHello for the file, and says nothing at all.
      this.#brokenByPeer = error.error.code === 'tls_handshake_failed';
      const unexplained = this.#brokenByPeer || error.error.code === 'reply_timeout';
      const code = unexplained ? 'tls_data_channel_refused' : error.error.code;
      observer.negotiated({ ...error.fact, error: code });
      throw this.#settle(new TransferError(code, { phase, cause: error.error }));
    }
    const refusal = this.#judge(handshake);
    observer.negotiated({
      ...handshake.fact,
      verdict: refusal ? 'refused' : 'accepted',
      error: refusal ?? null,
    });
    this.#reportClosing(handshake);
    this.#resumed = handshake.fact.resumed;
    if (refusal) {
      handshake.socket.destroy();
      throw this.#settle(new TransferError(refusal, { phase }));
    }
    this.#tls = handshake.socket;
    this.#tap?.watch(handshake.socket);
    this.#tls.on('error', (error: Error & { code?: string }) => this.#broke(error));
  }

  #judge({ fact, evidence }: Handshake): ErrorCode | undefined {
    const { identity, controlSpkiSha256 } = this.#settings;
    if (fact.resumed) return undefined;
    // RFC 4217 section 15.1.1: a certificate of the same authority is not enough.
    if (evidence.certificates[0]?.spkiSha256 !== controlSpkiSha256) return 'tls_data_channel_refused';
    return identity.sessionReuse === 'required' ? 'tls_session_not_reused' : undefined;
  }

  #reportClosing({ socket, fact }: Handshake): void {
    const raw = this.#raw;
    socket.once('close', () => {
      this.#settings.observer.negotiationClosed({
        negotiationId: fact.id,
        closeNotify: this.closeNotify,
        bytesPlain: BigInt(this.#plainBytes),
        bytesWire: BigInt(raw.bytesRead + raw.bytesWritten),
        closedAt: new Date(),
      });
      this.#closed.resolve();
    });
  }

  /** Everything the peer sends, until it ends. Resolves with the number of bytes. */
  receive(sink: ByteSink): Promise<number> {
    const tls = this.#secured();
    const { dataWindowMs, dataMinimumBytesPerSecond } = this.#settings.deadlines;
    let sinkBusy = false;
    let ended = false;
    return new Promise<number>((resolve, reject) => {
      const stop = (error: unknown) => {
        rate.stop();
        tls.off('data', onData);
        tls.destroy();
        reject(error);
      };
      this.#fail = stop;
      const finish = () => {
        if (!ended || sinkBusy) return;
        rate.stop();
        this.#fail = undefined;
        resolve(this.#plainBytes);
      };
      const onData = (chunk: Buffer) => {
        this.#plainBytes += chunk.length;
        let busy: void | Promise<void>;
        try {
          busy = sink(chunk);
        } catch (error) {
          stop(error);
          return;
        }
        if (!busy) return;
        sinkBusy = true;
        tls.pause();
        busy.then(() => {
          sinkBusy = false;
          tls.resume();
          finish();
        }, stop);
      };
      const rate = watchDataRate({
        windowMs: dataWindowMs,
        minimumBytesPerSecond: dataMinimumBytesPerSecond,
        progress: () => this.#plainBytes,
        waitingForUs: () => sinkBusy,
        tooSlow: () => this.give('transfer_interrupted', 'the data came slower than the minimum rate'),
      });
      if (this.#failure) return stop(this.#failure);
      tls.on('data', onData);
      tls.once('end', () => {
        ended = true;
        // Our close_notify: strict servers (vsftpd strict_ssl_read_eof) wait for it.
        tls.end();
        finish();
      });
      tls.once('close', () => {
        if (!ended) this.#broke(undefined);
      });
    });
  }

  /** Sends one chunk; resolves when it is out of our hands and may be reused. */
  send(chunk: Buffer): Promise<void> {
    const tls = this.#secured();
    return new Promise<void>((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const sentBefore = this.#raw.bytesWritten;
      const { dataWindowMs, dataMinimumBytesPerSecond } = this.#settings.deadlines;
      const rate = watchDataRate({
        windowMs: dataWindowMs,
        minimumBytesPerSecond: Math.min(dataMinimumBytesPerSecond, (chunk.length * 1000) / dataWindowMs),
        progress: () => this.#raw.bytesWritten - sentBefore,
        waitingForUs: () => false,
        tooSlow: () =>
          this.give('transfer_interrupted', 'the server took the data slower than the minimum rate'),
      });
      const settle = (error: unknown) => {
        rate.stop();
        this.#fail = undefined;
        if (error) reject(error);
        else resolve();
      };
      this.#fail = settle;
      tls.write(chunk, (error) => {
        if (!error) this.#plainBytes += chunk.length;
        settle(error ? this.#broke(error) : undefined);
      });
    });
  }

  /** While sending: reads what the server sends, or its TLS 1.3 tickets would reset the connection at the end (curl #6149). */
  drain(): void {
    const tls = this.#secured();
    tls.on('data', () => {});
    tls.resume();
  }

  /** Our end of the data: close_notify and FIN; the peer's side stays open until its final reply. */
  end(): void {
    this.#secured().end();
  }

  /** Resolves when the connection is closed and recorded, or after `waitMs` by closing it. */
  async closed(waitMs: number): Promise<void> {
    if (!this.#tls) return this.destroy();
    const timer = setTimeout(() => this.destroy(), waitMs);
    await this.#closed.promise;
    clearTimeout(timer);
  }

  destroy(): void {
    this.#tls?.destroy();
    this.#raw.destroy();
  }

  /** Ends the connection for this reason; the first reason stays. */
  give(code: ErrorCode, detail: string, cause?: unknown): TransferError {
    return this.abandon(new TransferError(code, { phase: this.#settings.phase, detail, cause }));
  }

  abandon(error: TransferError): TransferError {
    const settled = this.#settle(error);
    this.#fail?.(settled);
    this.#fail = undefined;
    this.destroy();
    return settled;
  }

  #settle(error: TransferError): TransferError {
    this.#failure ??= error;
    return this.#failure;
  }

  #broke(error: Error | undefined): TransferError {
    this.#brokenByPeer = true;
    return this.give('transfer_interrupted', 'the data connection broke before its end', error);
  }

  #secured(): TLSSocket {
    if (!this.#tls) throw this.give('internal', 'data before TLS');
    return this.#tls;
  }
}
