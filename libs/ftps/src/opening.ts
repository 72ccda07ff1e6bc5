import { randomUUID } from 'node:crypto';
import type { LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type FtpsEndpoint, type LegacyPolicy, TransferError } from '#domain';
import { reach } from '#failpoint';
import type { RemoteSession, SessionObserver } from '#protocol';
import type { DestinationCheck } from './checked-destination.ts';
import { chooseRoutes, type RouteOrigin } from './choose-routes.ts';
import { TlsPeel } from './clear-command-channel.ts';
import { ControlChannel } from './control-channel.ts';
import {
  learnFeatures,
  logIn,
  type ProtectionReplies,
  protectData,
  type StepSurroundings,
  startTls,
} from './control-steps.ts';
import type { DataRoutes } from './data-routes.ts';
import { DEFAULT_DEADLINES, type FtpsDeadlines } from './deadlines.ts';
import { type Dialling, dial } from './dial.ts';
import { textCoding } from './encoding.ts';
import type { Features } from './features.ts';
import { FtpsSession } from './ftps-session.ts';
import type { FtpsSessionOptions } from './open-session.ts';
import { type RevealedProxy, revealedProxy } from './proxy.ts';
import { recordSecured, recordUnprotected, wireBytes } from './record-control.ts';
import { isNotImplemented, isPositive, refusalCode, refused } from './replies.ts';
import { firstListingCommand } from './session-parts.ts';
import { TicketStore } from './ticket-store.ts';
import { makeTlsIdentity, type TlsIdentity } from './tls-identity.ts';
import { type Handshake, HandshakeRefused, type NegotiationOccasion, shakeHands } from './tls-negotiation.ts';
import { TransferDialogue } from './transfer-dialogue.ts';

/** Set when a handshake failed for its unknown authority alone, and the pin says that the key is the right one. */
export interface PinnedLeaf {
  pem: string | undefined;
}

/** The control connection as far as it has come. */
interface Negotiated {
  raw: Socket;
  control: ControlChannel;
  /** undefined on plain FTP. */
  handshake: Handshake | undefined;
  /** Under TLS where CCC will take it away again. */
  peel: TlsPeel | undefined;
  authReply: string | null;
}

/** The steps from nothing to a session. */
export class Opening {
  readonly #id = randomUUID();
  readonly #endpoint: FtpsEndpoint;
  readonly #password: string;
  readonly #account: string | undefined;
  readonly #deadlines: FtpsDeadlines;
  readonly #identity: TlsIdentity;
  readonly #lookup: LookupFunction | undefined;
  readonly #check: DestinationCheck | undefined;
  readonly #proxy: RevealedProxy | undefined;
  readonly #routes: (origin: RouteOrigin) => DataRoutes;
  readonly #observer: SessionObserver;
  readonly #tickets = new TicketStore();
  readonly #pinned: PinnedLeaf;
  #dialling: Dialling | undefined;
  #control: ControlChannel | undefined;
  #abandoned = false;

  constructor(options: FtpsSessionOptions, observer: SessionObserver, pinned: PinnedLeaf) {
    this.#pinned = pinned;
    // A copy: nothing the caller does to its object later reaches this session, and nothing is shared with another.
    this.#endpoint = structuredClone(options.endpoint);
    this.#password = options.password;
    this.#account = options.account;
    this.#deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines };
    this.#identity = makeTlsIdentity(this.#endpoint, options.clientCertificate);
    this.#lookup = options.lookup;
    this.#check = options.checkDestination;
    this.#proxy = revealedProxy(this.#endpoint, options.proxyPassword);
    this.#routes = chooseRoutes(this.#endpoint, this.#proxy, this.#check);
    this.#observer = observer;
  }

  get phase() {
    return this.#control?.phase ?? 'connect';
  }

  abandon(error: TransferError): void {
    this.#abandoned = true;
    this.#control?.abandon(error);
    this.#dialling?.destroy();
  }

  async run(): Promise<RemoteSession> {
    const { raw, control } = await this.#connect();
    reach('connected');
    const negotiated = await this.#negotiate(raw, control);
    await logIn(this.#step(control), { password: this.#password, account: this.#account });
    reach('logged_in');
    const replies = negotiated.handshake ? await protectData(this.#step(control)) : NO_REPLIES;
    await this.#clearCommands(negotiated);
    const features = await this.#learn(control);
    return this.#session(negotiated, features, replies);
  }

  async #connect(): Promise<{ raw: Socket; control: ControlChannel }> {
    const { host, port, encoding } = this.#endpoint;
    const { connectMs: deadlineMs } = this.#deadlines;
    const dialling = dial({
      host,
      port,
      deadlineMs,
      phase: 'connect',
      lookup: this.#lookup,
      proxy: this.#proxy,
      check: this.#check,
      channel: 'control',
    });
    this.#dialling = dialling;
    if (this.#abandoned) dialling.destroy();
    const raw = await dialling.connected;
    const control = new ControlChannel(raw, textCoding(encoding), this.#observer, [
      this.#password,
      ...(this.#account === undefined ? [] : [this.#account]),
    ]);
    this.#control = control;
    return { raw, control };
  }

  /** TLS before anything that matters is said; in plain FTP, the record that there is none. */
  async #negotiate(raw: Socket, control: ControlChannel): Promise<Negotiated> {
    const { mode } = this.#endpoint;
    control.phase = 'negotiate';
    if (mode === 'implicit') {
      const secured = await this.#secure(raw, control, '(implicit)', null, null);
      await this.#greeting(control);
      await this.#chooseHost(control);
      return { raw, control, ...secured, authReply: null };
    }
    control.phase = 'connect';
    control.listen(raw);
    await this.#greeting(control);
    // RFC 7151 section 3.2.2: before AUTH, so that the server can show the right certificate.
    await this.#chooseHost(control);
    control.phase = 'negotiate';
    if (mode === 'plain') {
      this.#recordUnprotected(raw, control, '(plain)', 'plain_ftp', 0);
      return { raw, control, handshake: undefined, peel: undefined, authReply: null };
    }
    const { command, authReply, legacyPolicy } = await startTls(this.#step(control));
    const secured = await this.#secure(raw, control, command, authReply, legacyPolicy);
    return { raw, control, ...secured, authReply };
  }

  async #greeting(control: ControlChannel): Promise<void> {
    const reply = await control.greeting(this.#deadlines.replyMs);
    if (reply.code === 220) return;
    if (reply.code >= 400 && reply.code < 500) throw refused('server_busy', control.phase, reply);
    if (reply.code === 530) throw refused('auth_rejected', control.phase, reply);
    throw refused('protocol_violation', control.phase, reply);
  }

  async #chooseHost(control: ControlChannel): Promise<void> {
    const { virtualHost } = this.#endpoint;
    if (virtualHost === undefined) return;
    const reply = await control.exchange('HOST', virtualHost, this.#deadlines.replyMs);
    if (!isPositive(reply)) throw refused('invalid_configuration', control.phase, reply);
  }

  async #secure(
    raw: Socket,
    control: ControlChannel,
    command: string,
    authReply: string | null,
    legacyPolicy: LegacyPolicy | null,
  ): Promise<{ handshake: Handshake; peel: TlsPeel | undefined }> {
    const occasion = {
      ...this.#occasion(),
      channel: 'control' as const,
      command,
      authReply,
      pbszReply: null,
      protReply: null,
      legacyPolicy,
    };
    const wireBefore = wireBytes(raw);
    const peel = this.#endpoint.tls.clearCommandChannel ? new TlsPeel(raw) : undefined;
    const transport: Duplex = peel ?? raw;
    let handshake: Handshake;
    try {
      handshake = await shakeHands({
        occasion,
        identity: this.#identity,
        secureContext: this.#identity.secureContext,
        tickets: this.#tickets,
        ticket: undefined,
        raw,
        transport,
        deadlineMs: this.#deadlines.handshakeMs,
        phase: control.phase,
      });
    } catch (error) {
      if (!(error instanceof HandshakeRefused)) throw error;
      this.#observer.negotiated(error.fact);
      if (this.#identity.trustsPinnedKey) this.#pinned.pem = error.pinnedLeaf;
      throw error.error;
    }
    control.listen(handshake.socket);
    recordSecured({ control, raw, observer: this.#observer }, handshake, wireBefore);
    return { handshake, peel };
  }

  /** CCC (RFC 2228 section 3): from its 200 on, commands are in clear; data stays as protected as it was. */
  async #clearCommands({ raw, control, handshake, peel }: Negotiated): Promise<void> {
    if (!peel || !handshake) return;
    control.phase = 'negotiate';
    const reply = await control.exchange('CCC', undefined, this.#deadlines.replyMs);
    if (!isPositive(reply)) throw refused('invalid_configuration', control.phase, reply);
    control.handOver();
    const wireBefore = wireBytes(raw);
    control.listen(peel.takeOff(handshake.socket));
    this.#recordUnprotected(raw, control, 'CCC', 'clear_command_channel', wireBefore);
  }

  #recordUnprotected(
    raw: Socket,
    control: ControlChannel,
    command: string,
    policy: LegacyPolicy,
    wireBefore: number,
  ): void {
    const occasion = { ...this.#occasion(), channel: 'control' as const, command, ...NO_REPLIES };
    recordUnprotected({ control, raw, observer: this.#observer }, occasion, policy, wireBefore);
  }

  /** The type decides what sizes and bytes mean. */
  async #learn(control: ControlChannel): Promise<Features> {
    const features = await learnFeatures(this.#step(control));
    const code = this.#endpoint.transferType === 'text' ? 'A' : 'I';
    const type = await control.exchange('TYPE', code, this.#deadlines.replyMs);
    if (type.code !== 200)
      throw refused(
        isNotImplemented(type) ? 'protocol_violation' : refusalCode(type, 'protocol_violation'),
        control.phase,
        type,
      );
    return features;
  }

  #session(
    { raw, control, handshake, authReply }: Negotiated,
    features: Features,
    replies: ProtectionReplies,
  ): RemoteSession {
    const routes = this.#routes({ control, raw, deadlines: this.#deadlines });
    const transfers = new TransferDialogue({
      control,
      routes,
      endpoint: this.#endpoint,
      handshake,
      pipelining: this.#endpoint.pipelining === true,
      identity: this.#identity,
      tickets: this.#tickets,
      occasion: { ...this.#occasion(), authReply, ...replies },
      deadlines: this.#deadlines,
      observer: this.#observer,
    });
    return new FtpsSession({
      id: this.#id,
      endpoint: this.#endpoint,
      control,
      transfers,
      features,
      deadlines: this.#deadlines,
      listing: { command: firstListingCommand(features), dialect: undefined },
    });
  }

  #step(control: ControlChannel): StepSurroundings {
    return { control, endpoint: this.#endpoint, replyMs: this.#deadlines.replyMs };
  }

  #occasion(): Pick<NegotiationOccasion, 'sessionId' | 'endpoint' | 'mode' | 'legacyPolicy'> {
    const { name, mode } = this.#endpoint;
    return { sessionId: this.#id, endpoint: name, mode, legacyPolicy: null };
  }
}

const NO_REPLIES: ProtectionReplies & { authReply: null } = {
  authReply: null,
  pbszReply: null,
  protReply: null,
};
