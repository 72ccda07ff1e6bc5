import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type CloseNotify, type ErrorCode, type LegacyPolicy, type Phase, TransferError } from '#domain';
import type { ByteSink, SessionObserver } from '#protocol';
import { CloseNotifyTap } from './close-notify-tap.ts';
import { watchDataRate } from './data-rate.ts';
import type { FtpsDeadlines } from './deadlines.ts';
import type { Dialling } from './dial.ts';
import type { TicketStore } from './ticket-store.ts';
import type { TlsIdentity } from './tls-identity.ts';
import { type Handshake, HandshakeRefused, type NegotiationOccasion, shakeHands } from './tls-negotiation.ts';
import { unprotected } from './unprotected-connection.ts';

/** A slice is encrypted as a whole before its first byte leaves: small ones, so that the server never waits for that. */
const SLICE_BYTES = 128 * 1024;

export interface DataChannelSettings {
  dialling: Dialling;
  occasion: NegotiationOccasion;
  identity: TlsIdentity;
  tickets: TicketStore;
  /** SPKI of the control connection's certificate: data must come from the same key holder. */
  controlSpkiSha256: string | null;
  /** What the control connection agreed on. */
  keyExchangeGroup: string | null;
  /** Our close_notify goes out as soon as we begin to receive. */
  endsEarly: boolean;
  deadlines: FtpsDeadlines;
  observer: SessionObserver;
  phase: Phase;
  /** See close_notify at some cost of speed: where nothing else proves the end. */
  tapped: boolean;
  /** PROT C and plain FTP: the policy that allows data in clear. */
  clearBy: LegacyPolicy | null;
}

/** One data connection, from its TCP connection to its closing record. */
export class DataChannel {
  readonly #settings: DataChannelSettings;
  #raw: Socket | undefined;
  #tap: CloseNotifyTap | undefined;
  #stream: Duplex | undefined;
  #plainBytes = 0;
  #failure: TransferError | undefined;
  #brokenByPeer = false;
  #fail: ((error: TransferError) => void) | undefined;
  #resumed = false;
  #over = false;
  readonly #closed = Promise.withResolvers<void>();

  constructor(settings: DataChannelSettings) {
    this.#settings = settings;
  }

  get connected(): Promise<Socket> {
    return this.#settings.dialling.connected;
  }

  get resumed(): boolean {
    return this.#resumed;
  }

  /** Nothing came at all: some servers refuse by silence, and explain themselves only when we have closed. */
  get silent(): boolean {
    return this.#failure?.code === 'transfer_interrupted' && this.#plainBytes === 0;
  }

  /** The peer ended it, not a verdict of ours: its reply may say why. */
  get brokenByPeer(): boolean {
    return this.#brokenByPeer;
  }

  /** Closed, or never opened because it was given up. */
  get over(): boolean {
    return this.#over;
  }

  /** Without TLS, as a legacy policy allows. */
  get inClear(): boolean {
    return this.#settings.clearBy !== null;
  }

  get closeNotify(): CloseNotify {
    return this.#tap?.closeNotify ?? 'unobserved';
  }

  /** TLS with the control connection's identity and ticket; our rules for data are part of the verdict. */
  async secure(): Promise<void> {
    const raw = await this.connected;
    this.#raw = raw;
    if (this.#settings.clearBy) return this.#useClear(raw, this.#settings.clearBy);
    const { identity, tickets, observer, occasion, deadlines, phase } = this.#settings;
    if (this.#settings.tapped) this.#tap = new CloseNotifyTap(raw);
    let handshake: Handshake;
    try {
      handshake = await shakeHands({
        occasion,
        identity,
        secureContext: identity.dataContext(this.#settings.keyExchangeGroup),
        tickets,
        ticket: identity.sessionReuse === 'off' ? undefined : tickets.take(),
        raw,
        transport: this.#tap ?? raw,
        deadlineMs: deadlines.handshakeMs,
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
    this.#reportClosing(handshake.socket, handshake.fact.id, raw);
    this.#resumed = handshake.fact.resumed;
    if (refusal) {
      handshake.socket.destroy();
      throw this.#settle(new TransferError(refusal, { phase }));
    }
    this.#tap?.watch(handshake.socket);
    this.#use(handshake.socket);
  }

  #useClear(raw: Socket, policy: LegacyPolicy): void {
    const { observer, occasion } = this.#settings;
    const fact = unprotected(occasion, raw, policy);
    observer.negotiated(fact);
    this.#reportClosing(raw, fact.id, raw);
    this.#use(raw);
  }

  #use(stream: Duplex): void {
    this.#stream = stream;
    stream.on('error', (error: Error) => this.#broke(error));
  }

  #judge({ fact, evidence }: Handshake): ErrorCode | undefined {
    const { identity, controlSpkiSha256 } = this.#settings;
    if (fact.resumed) return undefined;
    // RFC 4217 section 15.1.1: a certificate of the same authority is not enough.
    if (evidence.certificates[0]?.spkiSha256 !== controlSpkiSha256) return 'tls_data_channel_refused';
    return identity.sessionReuse === 'required' ? 'tls_session_not_reused' : undefined;
  }

  #reportClosing(stream: Duplex, negotiationId: string, raw: Socket): void {
    stream.once('close', () => {
      this.#settings.observer.negotiationClosed({
        negotiationId,
        closeNotify: this.closeNotify,
        bytesPlain: BigInt(this.#plainBytes),
        bytesWire: BigInt(raw.bytesRead + raw.bytesWritten),
        closedAt: new Date(),
      });
      this.#over = true;
      this.#closed.resolve();
    });
  }

  /** Everything the peer sends, until it ends. Resolves with the number of bytes. */
  receive(sink: ByteSink): Promise<number> {
    const stream = this.#opened();
    const { dataWindowMs, dataMinimumBytesPerSecond } = this.#settings.deadlines;
    let sinkBusy = false;
    let ended = false;
    return new Promise<number>((resolve, reject) => {
      const stop = (error: unknown) => {
        rate.stop();
        stream.off('data', onData);
        stream.destroy();
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
        stream.pause();
        busy.then(() => {
          sinkBusy = false;
          stream.resume();
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
      stream.on('data', onData);
      if (this.#settings.endsEarly) stream.end();
      stream.once('end', () => {
        ended = true;
        // Our close_notify: strict servers (vsftpd strict_ssl_read_eof) wait for it.
        stream.end();
        finish();
      });
      stream.once('close', () => {
        if (!ended) this.#broke(undefined);
      });
    });
  }

  /** Sends one chunk; resolves when it is out of our hands and may be reused. */
  send(chunk: Buffer): Promise<void> {
    const stream = this.#opened();
    return new Promise<void>((resolve, reject) => {
      if (this.#failure) return reject(this.#failure);
      const raw = this.#raw!;
      const sentBefore = raw.bytesWritten;
      const { dataWindowMs, dataMinimumBytesPerSecond } = this.#settings.deadlines;
      const rate = watchDataRate({
        windowMs: dataWindowMs,
        minimumBytesPerSecond: Math.min(dataMinimumBytesPerSecond, (chunk.length * 1000) / dataWindowMs),
        progress: () => raw.bytesWritten - sentBefore,
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
      const sendFrom = (start: number) => {
        if (start >= chunk.length) return settle(undefined);
        const slice = chunk.subarray(start, start + SLICE_BYTES);
        stream.write(slice, (error) => {
          if (error) return settle(this.#broke(error));
          this.#plainBytes += slice.length;
          sendFrom(start + slice.length);
        });
      };
      sendFrom(0);
    });
  }

  /** While sending: reads what the server sends, or its TLS 1.3 tickets would reset the connection at the end (curl #6149). */
  drain(): void {
    const stream = this.#opened();
    stream.on('data', () => {});
    stream.resume();
  }

  /** Our end of the data: close_notify and FIN; the peer's side stays open until its final reply. */
  end(): void {
    this.#opened().end();
  }

  /** Resolves when the connection is closed and recorded, or after `waitMs` by closing it. */
  async closed(waitMs: number): Promise<void> {
    if (!this.#stream) return this.destroy();
    const timer = setTimeout(() => this.destroy(), waitMs);
    await this.#closed.promise;
    clearTimeout(timer);
  }

  destroy(): void {
    this.#over = true;
    this.#stream?.destroy();
    this.#settings.dialling.destroy();
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

  #opened(): Duplex {
    if (!this.#stream) throw this.give('internal', 'data before the connection stands');
    return this.#stream;
  }
}
