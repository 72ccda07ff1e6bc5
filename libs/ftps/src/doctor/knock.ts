import { randomUUID } from 'node:crypto';
import type { LookupFunction, Socket } from 'node:net';
import { type FtpsEndpoint, type LegacyPolicy, type Phase, TransferError } from '#domain';
import type { SessionObserver } from '#protocol';
import type { DestinationCheck } from '../checked-destination.ts';
import { ControlChannel } from '../control-channel.ts';
import { type StepSurroundings, startTls } from '../control-steps.ts';
import type { FtpsDeadlines } from '../deadlines.ts';
import { dial } from '../dial.ts';
import { textCoding } from '../encoding.ts';
import { abortReason } from '../ftps-session.ts';
import { translate } from '../protocol-violation.ts';
import type { RevealedProxy } from '../proxy.ts';
import { recordSecured, recordUnprotected, wireBytes } from '../record-control.ts';
import { isPositive, refused } from '../replies.ts';
import type { Reply } from '../reply-reader.ts';
import { TicketStore } from '../ticket-store.ts';
import type { TlsIdentity } from '../tls-identity.ts';
import {
  type Handshake,
  HandshakeRefused,
  type NegotiationOccasion,
  shakeHands,
} from '../tls-negotiation.ts';

/** What every connection of one examination shares. */
export interface Surroundings {
  endpoint: FtpsEndpoint;
  deadlines: FtpsDeadlines;
  observer: SessionObserver;
  signal: AbortSignal;
  lookup: LookupFunction | undefined;
  check: DestinationCheck | undefined;
  proxy: RevealedProxy | undefined;
  /** Never shown, also where a server repeats them. */
  secrets: readonly string[];
}

const QUIT_MS = 1_000;

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
    const { endpoint, deadlines, signal, lookup, proxy, check } = around;
    if (signal.aborted) throw abortReason(signal, 'connect');
    const dialling = dial({
      host: address ?? endpoint.host,
      port: endpoint.port,
      deadlineMs: deadlines.connectMs,
      phase: 'connect',
      lookup,
      proxy,
      check,
      channel: 'control',
      hostName: endpoint.host,
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
      if (mode === 'plain')
        recordUnprotected(
          { control: knock.control, raw: knock.raw, observer: around.observer },
          knock.occasion('(plain)'),
          'plain_ftp',
          0,
        );
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
    const { command, authReply, legacyPolicy } = await startTls(this.step);
    this.authReply = authReply;
    return this.shakeHands(identity, command, legacyPolicy);
  }

  async shakeHands(
    identity: TlsIdentity,
    command: string,
    legacyPolicy: LegacyPolicy | null = null,
  ): Promise<void> {
    const { raw, tickets } = this;
    const { deadlines, observer } = this.around;
    this.control.phase = 'negotiate';
    const wireBefore = wireBytes(raw);
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
    this.control.listen(this.handshake.socket);
    recordSecured({ control: this.control, raw, observer }, this.handshake, wireBefore);
  }

  get step(): StepSurroundings {
    const { endpoint, deadlines } = this.around;
    return { control: this.control, endpoint, replyMs: deadlines.replyMs };
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
}
