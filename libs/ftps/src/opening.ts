import { randomUUID } from 'node:crypto';
import type { LookupFunction, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type FtpsEndpoint, type LegacyPolicy, type TlsNegotiation, TransferError } from '#domain';
import type { RemoteSession, SessionObserver } from '#protocol';
import { chooseRoutes, type RouteOrigin, revealedProxy } from './choose-routes.ts';
import { TlsPeel } from './clear-command-channel.ts';
import { ControlChannel } from './control-channel.ts';
import type { DataRoutes } from './data-routes.ts';
import { DEFAULT_DEADLINES, type FtpsDeadlines } from './deadlines.ts';
import { type Dialling, dial } from './dial.ts';
import { textCoding } from './encoding.ts';
import { type Features, readFeatures } from './features.ts';
import { FtpsSession } from './ftps-session.ts';
import type { FtpsSessionOptions } from './open-session.ts';
import type { RevealedProxy } from './proxy.ts';
import { isNotImplemented, isPositive, refusalCode, refused } from './replies.ts';
import { type Reply, replyText } from './reply-reader.ts';
import { TicketStore } from './ticket-store.ts';
import { makeTlsIdentity, type TlsIdentity } from './tls-identity.ts';
import { type Handshake, HandshakeRefused, type NegotiationOccasion, shakeHands } from './tls-negotiation.ts';
import { TransferDialogue } from './transfer-dialogue.ts';
import { unprotected } from './unprotected-connection.ts';

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

type ProtectionReplies = Pick<NegotiationOccasion, 'authReply' | 'pbszReply' | 'protReply'>;

/** The steps from nothing to a session. */
export class Opening {
  readonly #id = randomUUID();
  readonly #endpoint: FtpsEndpoint;
  readonly #password: string;
  readonly #account: string | undefined;
  readonly #deadlines: FtpsDeadlines;
  readonly #identity: TlsIdentity;
  readonly #lookup: LookupFunction | undefined;
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
    this.#proxy = revealedProxy(this.#endpoint, options.proxyPassword);
    this.#routes = chooseRoutes(this.#endpoint, this.#proxy);
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
    const negotiated = await this.#negotiate(raw, control);
    await this.#login(control);
    const replies = await this.#protectData(negotiated);
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
      this.#reportUnprotected(raw, control);
      return { raw, control, handshake: undefined, peel: undefined, authReply: null };
    }
    const { mechanism, reply } = await this.#startTls(control);
    control.handOver();
    const authReply = replyText(reply);
    const policy = LEGACY_AUTH[mechanism] ?? null;
    const secured = await this.#secure(raw, control, `AUTH ${mechanism}`, authReply, policy);
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

  /** 334 asks for more than TLS has, 230 would go on in clear (CVE-2021-22946): only 234 begins TLS. */
  async #startTls(control: ControlChannel): Promise<{ mechanism: string; reply: Reply }> {
    const mechanisms = this.#endpoint.tls.auth ?? ['TLS'];
    let last: Reply | undefined;
    for (const mechanism of mechanisms) {
      const reply = await control.exchange('AUTH', mechanism, this.#deadlines.replyMs);
      if (reply.code === 234) return { mechanism, reply };
      last = reply;
      if (reply.code < 500) break;
    }
    throw last
      ? refused('tls_not_offered', control.phase, last)
      : new TransferError('invalid_configuration', { phase: control.phase, detail: '`tls.auth` is empty' });
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
    const clearBytes = raw.bytesRead + raw.bytesWritten;
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
      if (this.#identity.trustsPinnedKey) this.#pinned.pem = trustedByPin(error);
      throw error.error;
    }
    control.listen(handshake.socket);
    this.#report(control, handshake, () => BigInt(raw.bytesRead + raw.bytesWritten - clearBytes));
    return { handshake, peel };
  }

  /** TLS 1.3 lets a server refuse our certificate after the handshake: until its first word, "accepted" is provisional. */
  #report(control: ControlChannel, { fact, socket }: Handshake, wireBytes: () => bigint): void {
    const observer = this.#observer;
    if (fact.protocol === 'TLSv1.3')
      control.onFirstReply((failure) => {
        const refusedUs = failure?.code === 'tls_client_certificate_refused';
        observer.negotiated(refusedUs ? { ...fact, verdict: 'refused', error: failure.code } : fact);
      });
    else observer.negotiated(fact);
    this.#reportClosing(control, fact, socket, wireBytes);
  }

  #reportUnprotected(raw: Socket, control: ControlChannel): void {
    const occasion = { ...this.#occasion(), channel: 'control' as const, command: '(plain)', ...NO_REPLIES };
    const fact = unprotected(occasion, raw, 'plain_ftp');
    this.#observer.negotiated(fact);
    this.#reportClosing(control, fact, raw, () => BigInt(raw.bytesRead + raw.bytesWritten));
  }

  #reportClosing(
    control: ControlChannel,
    fact: TlsNegotiation,
    stream: NodeJS.EventEmitter,
    wireBytes: () => bigint,
  ): void {
    const plainBefore = control.plainBytes;
    stream.once('close', () =>
      this.#observer.negotiationClosed({
        negotiationId: fact.id,
        closeNotify: 'unobserved',
        bytesPlain: control.plainBytes - plainBefore,
        bytesWire: wireBytes(),
        closedAt: new Date(),
      }),
    );
  }

  async #login(control: ControlChannel): Promise<void> {
    control.phase = 'authenticate';
    const say = (verb: string, argument: string) => control.exchange(verb, argument, this.#deadlines.replyMs);
    let reply = await say('USER', this.#endpoint.username);
    if (reply.code === 331) reply = await say('PASS', this.#password);
    if (reply.code === 332 && this.#account !== undefined) reply = await say('ACCT', this.#account);
    // 232: the client certificate was the login (RFC 2228 section 5.1); 332 asks for an account nobody gave us.
    if (reply.code === 230 || reply.code === 232 || reply.code === 202) return;
    if (reply.code === 332 || reply.code >= 500) throw refused('auth_rejected', control.phase, reply);
    throw refused(reply.code >= 400 ? 'server_busy' : 'protocol_violation', control.phase, reply);
  }

  /** RFC 4217 sections 8 and 9; every data connection is private, or the record says which policy left it clear. */
  async #protectData({ control, authReply, handshake }: Negotiated): Promise<ProtectionReplies> {
    if (!handshake) return NO_REPLIES;
    control.phase = 'negotiate';
    const level = this.#endpoint.tls.dataProtection === 'private' ? 'P' : 'C';
    const replies: string[] = [];
    for (const [verb, argument] of [
      ['PBSZ', '0'],
      ['PROT', level],
    ] as const) {
      const reply = await control.exchange(verb, argument, this.#deadlines.replyMs);
      // MS-FTPS forbids both on implicit connections, where data is private by definition; a server without TLS there
      // is found out by the handshake.
      const tolerated = this.#endpoint.mode === 'implicit' && level === 'P' && reply.code >= 500;
      if (reply.code !== 200 && !tolerated) throw refused('tls_private_data_refused', control.phase, reply);
      replies.push(replyText(reply));
    }
    return { authReply, pbszReply: replies[0]!, protReply: replies[1]! };
  }

  /** CCC (RFC 2228 section 3): from its 200 on, commands are in clear; data stays as protected as it was. */
  async #clearCommands({ raw, control, handshake, peel }: Negotiated): Promise<void> {
    if (!peel || !handshake) return;
    control.phase = 'negotiate';
    const reply = await control.exchange('CCC', undefined, this.#deadlines.replyMs);
    if (!isPositive(reply)) throw refused('invalid_configuration', control.phase, reply);
    control.handOver();
    const occasion = { ...this.#occasion(), channel: 'control' as const, command: 'CCC', ...NO_REPLIES };
    const fact = unprotected(occasion, raw, 'clear_command_channel');
    const wireBefore = raw.bytesRead + raw.bytesWritten;
    control.listen(peel.takeOff(handshake.socket));
    this.#observer.negotiated(fact);
    this.#reportClosing(control, fact, raw, () => BigInt(raw.bytesRead + raw.bytesWritten - wireBefore));
  }

  /** FEAT after login: many servers say more then. The type decides what sizes and bytes mean. */
  async #learn(control: ControlChannel): Promise<Features> {
    const ask = (verb: string, argument?: string): Promise<Reply> =>
      control.exchange(verb, argument, this.#deadlines.replyMs);
    const features = readFeatures(await ask('FEAT'));
    if (this.#endpoint.encoding === 'utf8' && features.has('UTF8')) await ask('OPTS', 'UTF8 ON');
    const type = await ask('TYPE', this.#endpoint.transferType === 'text' ? 'A' : 'I');
    if (type.code !== 200)
      throw refused(
        isNotImplemented(type) ? 'protocol_violation' : refusalCode(type, 'protocol_violation'),
        control.phase,
        type,
      );
    return features;
  }

  #session(
    { raw, control, handshake }: Negotiated,
    features: Features,
    replies: ProtectionReplies,
  ): RemoteSession {
    const { tls, protocol } = this.#endpoint;
    const clearBy = protocol === 'ftp' ? 'plain_ftp' : tls.dataProtection === 'clear' ? 'clear_data' : null;
    const routes = this.#routes({ control, raw, deadlines: this.#deadlines });
    const transfers = new TransferDialogue({
      control,
      routes,
      clearBy,
      identity: this.#identity,
      tickets: this.#tickets,
      keyExchangeGroup: handshake?.fact.keyExchangeGroup ?? null,
      endsEarly: this.#endpoint.pipelining === true && handshake?.fact.protocol === 'TLSv1.3',
      controlSpkiSha256: handshake?.evidence.certificates[0]?.spkiSha256 ?? null,
      occasion: {
        ...this.#occasion(),
        channel: 'data',
        ...replies,
        legacyPolicy: handshake?.fact.legacyPolicy ?? null,
      },
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
      // One MLST line announces both (RFC 3659 section 7.8).
      listing: {
        command: features.has('MLST') || features.has('MLSD') ? 'MLSD' : 'LIST -a',
        dialect: undefined,
      },
    });
  }

  #occasion(): Pick<NegotiationOccasion, 'sessionId' | 'endpoint' | 'mode' | 'legacyPolicy'> {
    const { name, mode } = this.#endpoint;
    return { sessionId: this.#id, endpoint: name, mode, legacyPolicy: null };
  }
}

const LEGACY_AUTH: Record<string, LegacyPolicy> = { 'TLS-C': 'auth_tls_c', SSL: 'auth_ssl' };
const NO_REPLIES: ProtectionReplies = { authReply: null, pbszReply: null, protReply: null };

function trustedByPin({ error, evidence }: HandshakeRefused): string | undefined {
  const onlyUnknown = error.code === 'tls_untrusted_certificate' && evidence.pinCheck === 'passed';
  return onlyUnknown ? (evidence.leafPem ?? undefined) : undefined;
}
