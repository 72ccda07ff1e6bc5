import { randomUUID } from 'node:crypto';
import type { LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  type FtpsEndpoint,
  type LegacyPolicy,
  type Phase,
  type TlsNegotiation,
  TransferError,
} from '#domain';
import type { SessionObserver } from '#protocol';
import { ControlChannel } from '../control-channel.ts';
import type { FtpsDeadlines } from '../deadlines.ts';
import { dial } from '../dial.ts';
import { textCoding } from '../encoding.ts';
import { abortReason } from '../ftps-session.ts';
import { translate } from '../protocol-violation.ts';
import type { RevealedProxy } from '../proxy.ts';
import { isPositive, refused } from '../replies.ts';
import { type Reply, replyText } from '../reply-reader.ts';
import { TicketStore } from '../ticket-store.ts';
import type { TlsIdentity } from '../tls-identity.ts';
import {
  type Handshake,
  HandshakeRefused,
  type NegotiationOccasion,
  shakeHands,
} from '../tls-negotiation.ts';
import { unprotected } from '../unprotected-connection.ts';

/** What every connection of one examination shares. */
export interface Surroundings {
  endpoint: FtpsEndpoint;
  deadlines: FtpsDeadlines;
  observer: SessionObserver;
  signal: AbortSignal;
  lookup: LookupFunction | undefined;
  proxy: RevealedProxy | undefined;
  /** Never shown, also where a server repeats them. */
  secrets: readonly string[];
}

const QUIT_MS = 1_000;
const LEGACY_AUTH: Record<string, LegacyPolicy> = { 'TLS-C': 'auth_tls_c', SSL: 'auth_ssl' };

/** Whatever a step threw, in the words of the error table. */
export function errorOf(thrown: unknown, phase: Phase): TransferError {
  return thrown instanceof HandshakeRefused ? thrown.error : translate(thrown, phase);
}

/** One control connection, from TCP to TLS and no further: nobody logs in on it unless a Visit is made of it. */
export class Knock {
  readonly around: Surroundings;
  readonly sessionId = randomUUID();
  readonly tickets = new TicketStore();
  readonly raw: Socket;
  readonly control: ControlChannel;
  greeting: Reply | undefined;
  authReply: string | null = null;
  handshake: Handshake | undefined;
  /** Final replies that have come, looked at or not. */
  repliesSeen = 0;
  readonly #onAbort: () => void;

  private constructor(around: Surroundings, raw: Socket) {
    this.around = around;
    this.raw = raw;
    const { observer } = around;
    const counting: SessionObserver = {
      negotiated: (fact) => observer.negotiated(fact),
      negotiationClosed: (closing) => observer.negotiationClosed(closing),
      transcript: (line) => {
        if (line.direction === 'received' && /^[2-5]\d\d /.test(line.text)) this.repliesSeen += 1;
        observer.transcript(line);
      },
    };
    const coding = textCoding(around.endpoint.encoding);
    this.control = new ControlChannel(raw, coding, counting, around.secrets);
    this.#onAbort = () => this.control.abandon(abortReason(around.signal, this.control.phase));
    around.signal.addEventListener('abort', this.#onAbort, { once: true });
  }

  /** TCP, straight to `address` where one is given. */
  static async connect(around: Surroundings, address?: string): Promise<Knock> {
    const { endpoint, deadlines, signal, lookup, proxy } = around;
    if (signal.aborted) throw abortReason(signal, 'connect');
    const dialling = dial({
      host: address ?? endpoint.host,
      port: endpoint.port,
      deadlineMs: deadlines.connectMs,
      phase: 'connect',
      lookup,
      proxy,
    });
    const onAbort = () => dialling.destroy();
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      return new Knock(around, await dialling.connected);
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  }

  /** Through the greeting and, where the endpoint has TLS, the handshake. Leaves nothing open when it rejects. */
  static async secured(around: Surroundings, identity: TlsIdentity): Promise<Knock> {
    const knock = await Knock.connect(around);
    try {
      const { mode } = around.endpoint;
      if (mode === 'implicit') await knock.shakeHands(identity, '(implicit)');
      await knock.greet();
      if (mode === 'explicit') await knock.startTls(identity);
      if (mode === 'plain') knock.#reportUnprotected();
      return knock;
    } catch (error) {
      knock.cut();
      throw error;
    }
  }

  /** The server's first words, and HOST where the endpoint names a site. */
  async greet(): Promise<Reply> {
    const { endpoint, deadlines } = this.around;
    if (endpoint.mode !== 'implicit') this.control.listen(this.raw);
    this.greeting = await this.control.greeting(deadlines.replyMs);
    if (this.greeting.code >= 400 && this.greeting.code < 500)
      throw refused('server_busy', 'connect', this.greeting);
    if (this.greeting.code !== 220) throw refused('protocol_violation', 'connect', this.greeting);
    if (endpoint.virtualHost !== undefined) {
      const reply = await this.ask('HOST', endpoint.virtualHost);
      if (!isPositive(reply)) throw refused('invalid_configuration', 'connect', reply);
    }
    return this.greeting;
  }

  /** Throws HandshakeRefused as shakeHands does; what was negotiated is on record by then. */
  async startTls(identity: TlsIdentity): Promise<void> {
    this.control.phase = 'negotiate';
    let last: Reply | undefined;
    for (const mechanism of this.around.endpoint.tls.auth ?? ['TLS']) {
      last = await this.ask('AUTH', mechanism);
      if (last.code !== 234) continue;
      this.control.handOver();
      this.authReply = replyText(last);
      return this.shakeHands(identity, `AUTH ${mechanism}`, LEGACY_AUTH[mechanism] ?? null);
    }
    throw last
      ? refused('tls_not_offered', 'negotiate', last)
      : new TransferError('invalid_configuration', { phase: 'negotiate', detail: '`tls.auth` is empty' });
  }

  async shakeHands(
    identity: TlsIdentity,
    command: string,
    legacyPolicy: LegacyPolicy | null = null,
  ): Promise<void> {
    const { raw, tickets } = this;
    const { deadlines, observer } = this.around;
    this.control.phase = 'negotiate';
    const clearBytes = raw.bytesRead + raw.bytesWritten;
    try {
      this.handshake = await shakeHands({
        occasion: { ...this.occasion(command), authReply: this.authReply, legacyPolicy },
        identity,
        secureContext: identity.secureContext,
        tickets,
        ticket: undefined,
        raw,
        transport: raw,
        deadlineMs: deadlines.handshakeMs,
        phase: 'negotiate',
      });
    } catch (error) {
      if (error instanceof HandshakeRefused) observer.negotiated(error.fact);
      throw error;
    }
    const { fact, socket } = this.handshake;
    this.control.listen(socket);
    // TLS 1.3 lets a server refuse our certificate after the handshake (RFC 8446 section 4.4.2.4).
    if (fact.protocol !== 'TLSv1.3') observer.negotiated(fact);
    else
      this.control.onFirstReply((failure) => {
        const refusedUs = failure?.code === 'tls_client_certificate_refused';
        observer.negotiated(refusedUs ? { ...fact, verdict: 'refused', error: failure.code } : fact);
      });
    this.#reportClosing(fact, socket, () => BigInt(raw.bytesRead + raw.bytesWritten - clearBytes));
  }

  occasion(command: string): NegotiationOccasion {
    const { name, mode } = this.around.endpoint;
    return {
      sessionId: this.sessionId,
      endpoint: name,
      channel: 'control',
      command,
      mode,
      authReply: null,
      pbszReply: null,
      protReply: null,
      legacyPolicy: null,
    };
  }

  ask(verb: string, argument?: string): Promise<Reply> {
    return this.control.exchange(verb, argument, this.around.deadlines.replyMs);
  }

  /** QUIT, and the end of the connection. Never throws. */
  async leave(): Promise<void> {
    if (this.control.failure) return this.cut();
    await this.control.quit(QUIT_MS);
    this.cut();
  }

  cut(): void {
    this.around.signal.removeEventListener('abort', this.#onAbort);
    this.control.abandon(new TransferError('connection_lost', { phase: this.control.phase }));
    this.raw.destroy();
  }

  #reportUnprotected(): void {
    const { raw } = this;
    const fact = unprotected(this.occasion('(plain)'), raw, 'plain_ftp');
    this.around.observer.negotiated(fact);
    this.#reportClosing(fact, raw, () => BigInt(raw.bytesRead + raw.bytesWritten));
  }

  #reportClosing({ id }: TlsNegotiation, stream: Duplex, wireBytes: () => bigint): void {
    const plainBefore = this.control.plainBytes;
    stream.once('close', () =>
      this.around.observer.negotiationClosed({
        negotiationId: id,
        closeNotify: 'unobserved',
        bytesPlain: this.control.plainBytes - plainBefore,
        bytesWire: wireBytes(),
        closedAt: new Date(),
      }),
    );
  }
}
