import { randomUUID } from 'node:crypto';
import type { LookupFunction, Socket } from 'node:net';
import { type FtpsEndpoint, TransferError } from '#domain';
import type { RemoteSession, SessionObserver } from '#protocol';
import { ControlChannel } from './control-channel.ts';
import { DEFAULT_DEADLINES, type FtpsDeadlines } from './deadlines.ts';
import { dial } from './dial.ts';
import { type Features, readFeatures } from './features.ts';
import { abortReason, FtpsSession, translate } from './ftps-session.ts';
import { isNotImplemented, refusalCode, refused } from './replies.ts';
import { type Reply, replyText } from './reply-reader.ts';
import { TicketStore } from './ticket-store.ts';
import { makeTlsIdentity, type TlsIdentity } from './tls-identity.ts';
import { type Handshake, HandshakeRefused, type NegotiationOccasion, shakeHands } from './tls-negotiation.ts';
import { TransferDialogue } from './transfer-dialogue.ts';

export interface FtpsSessionOptions {
  endpoint: FtpsEndpoint;
  /** Revealed for this session only. */
  password: string;
  /** PEM texts. */
  clientCertificate?: { cert: string; key: string } | undefined;
  deadlines?: Partial<FtpsDeadlines> | undefined;
  /** Instead of the system's name resolution. */
  lookup?: LookupFunction | undefined;
}

/**
 * Connects, negotiates TLS, proves who the server is, logs in, and protects the data connections.
 * Rejects with a TransferError of phase `connect`, `negotiate` or `authenticate`; nothing is left open then.
 */
export async function openFtpsSession(
  options: FtpsSessionOptions,
  observer: SessionObserver,
  signal: AbortSignal,
): Promise<RemoteSession> {
  const pinned: PinnedLeaf = { pem: undefined };
  try {
    return await openOnce(options, observer, signal, pinned);
  } catch (error) {
    if (pinned.pem === undefined) throw error;
    // No authority vouches for the certificate, but its key is the pinned one: it is the trust anchor itself.
    const { endpoint } = options;
    const trusting = { ...endpoint, tls: { ...endpoint.tls, ca: [pinned.pem] } };
    return openOnce({ ...options, endpoint: trusting }, observer, signal, { pem: undefined });
  }
}

/** Set when a handshake failed for its unknown authority alone, and the pin says that the key is the right one. */
interface PinnedLeaf {
  pem: string | undefined;
}

async function openOnce(
  options: FtpsSessionOptions,
  observer: SessionObserver,
  signal: AbortSignal,
  pinned: PinnedLeaf,
): Promise<RemoteSession> {
  const opening = new Opening(options, observer, pinned);
  if (signal.aborted) throw abortReason(signal, 'connect');
  const onAbort = () => opening.abandon(abortReason(signal, opening.phase));
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await opening.run();
  } catch (thrown) {
    const error = signal.aborted ? abortReason(signal, opening.phase) : translate(thrown, opening.phase);
    opening.abandon(error);
    throw error;
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** The steps from nothing to a session. */
class Opening {
  readonly #id = randomUUID();
  readonly #endpoint: FtpsEndpoint;
  readonly #password: string;
  readonly #deadlines: FtpsDeadlines;
  readonly #identity: TlsIdentity;
  readonly #lookup: LookupFunction | undefined;
  readonly #observer: SessionObserver;
  readonly #tickets = new TicketStore();
  readonly #pinned: PinnedLeaf;
  #raw: Socket | undefined;
  #control: ControlChannel | undefined;
  #abandoned = false;

  constructor(options: FtpsSessionOptions, observer: SessionObserver, pinned: PinnedLeaf) {
    this.#pinned = pinned;
    // A copy: nothing the caller does to its object later reaches this session, and nothing is shared with another.
    this.#endpoint = structuredClone(options.endpoint);
    this.#password = options.password;
    this.#deadlines = { ...DEFAULT_DEADLINES, ...options.deadlines };
    if (this.#endpoint.tls.dataProtection !== 'private')
      throw new TransferError('invalid_configuration', {
        phase: 'connect',
        detail: 'unprotected data connections are not supported',
      });
    this.#identity = makeTlsIdentity(this.#endpoint, options.clientCertificate);
    this.#lookup = options.lookup;
    this.#observer = observer;
  }

  get phase() {
    return this.#control?.phase ?? 'connect';
  }

  abandon(error: TransferError): void {
    this.#abandoned = true;
    this.#control?.abandon(error);
    this.#raw?.destroy();
  }

  async run(): Promise<RemoteSession> {
    const { raw, control } = await this.#connect();
    const { handshake, authReply } = await this.#negotiate(raw, control);
    await this.#login(control);
    const { pbszReply, protReply } = await this.#protectData(control);
    const features = await this.#learn(control);
    return this.#session({ raw, control, handshake, features, replies: { authReply, pbszReply, protReply } });
  }

  async #connect(): Promise<{ raw: Socket; control: ControlChannel }> {
    const { host, port, encoding } = this.#endpoint;
    const { connectMs: deadlineMs } = this.#deadlines;
    const dialling = dial({ host, port, deadlineMs, phase: 'connect', lookup: this.#lookup });
    const raw = dialling.socket;
    this.#raw = raw;
    if (this.#abandoned) raw.destroy();
    await dialling.connected;
    const control = new ControlChannel(raw, encoding, this.#observer);
    this.#control = control;
    return { raw, control };
  }

  /** TLS before anything that matters is said. */
  async #negotiate(
    raw: Socket,
    control: ControlChannel,
  ): Promise<{ handshake: Handshake; authReply: string | null }> {
    control.phase = 'negotiate';
    if (this.#endpoint.mode === 'implicit') {
      const handshake = await this.#secure(raw, control, '(implicit)', null);
      await this.#greeting(control);
      return { handshake, authReply: null };
    }
    control.phase = 'connect';
    control.listen(raw);
    await this.#greeting(control);
    control.phase = 'negotiate';
    const reply = await control.exchange('AUTH', 'TLS', this.#deadlines.replyMs);
    // 334 asks for more than TLS has, 230 would go on in clear (CVE-2021-22946): only 234 begins TLS.
    if (reply.code !== 234) throw refused('tls_not_offered', control.phase, reply);
    control.handOver();
    const authReply = replyText(reply);
    return { handshake: await this.#secure(raw, control, 'AUTH TLS', authReply), authReply };
  }

  async #greeting(control: ControlChannel): Promise<void> {
    const reply = await control.finalReply(this.#deadlines.replyMs);
    if (reply.code === 220) return;
    if (reply.code >= 400 && reply.code < 500) throw refused('server_busy', control.phase, reply);
    if (reply.code === 530) throw refused('auth_rejected', control.phase, reply);
    throw refused('protocol_violation', control.phase, reply);
  }

  async #secure(
    raw: Socket,
    control: ControlChannel,
    command: string,
    authReply: string | null,
  ): Promise<Handshake> {
    const occasion = {
      ...this.#occasion(),
      channel: 'control' as const,
      command,
      authReply,
      pbszReply: null,
      protReply: null,
    };
    const clearBytes = raw.bytesRead + raw.bytesWritten;
    let handshake: Handshake;
    try {
      handshake = await shakeHands({
        occasion,
        identity: this.#identity,
        tickets: this.#tickets,
        ticket: undefined,
        raw,
        transport: raw,
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
    return handshake;
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
    const plainBefore = control.plainBytes;
    socket.once('close', () =>
      observer.negotiationClosed({
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
    let reply = await control.exchange('USER', this.#endpoint.username, this.#deadlines.replyMs);
    if (reply.code === 331) reply = await control.exchange('PASS', this.#password, this.#deadlines.replyMs);
    // 232: the client certificate was the login (RFC 2228 section 5.1); 332 asks for an account nobody gave us.
    if (reply.code === 230 || reply.code === 232 || reply.code === 202) return;
    if (reply.code === 332 || reply.code >= 500) throw refused('auth_rejected', control.phase, reply);
    throw refused(reply.code >= 400 ? 'server_busy' : 'protocol_violation', control.phase, reply);
  }

  /** RFC 4217 sections 8 and 9; from here on every data connection is private or not used. */
  async #protectData(control: ControlChannel): Promise<{ pbszReply: string; protReply: string }> {
    control.phase = 'negotiate';
    const replies: string[] = [];
    for (const [verb, argument] of [
      ['PBSZ', '0'],
      ['PROT', 'P'],
    ] as const) {
      const reply = await control.exchange(verb, argument, this.#deadlines.replyMs);
      // MS-FTPS forbids both on implicit connections, where data is private by definition; a server without TLS there
      // is found out by the handshake.
      const tolerated = this.#endpoint.mode === 'implicit' && reply.code >= 500;
      if (reply.code !== 200 && !tolerated) throw refused('tls_private_data_refused', control.phase, reply);
      replies.push(replyText(reply));
    }
    return { pbszReply: replies[0]!, protReply: replies[1]! };
  }

  /** FEAT after login: many servers say more then. TYPE I, or sizes and bytes mean nothing. */
  async #learn(control: ControlChannel): Promise<Features> {
    const ask = (verb: string, argument?: string): Promise<Reply> =>
      control.exchange(verb, argument, this.#deadlines.replyMs);
    const features = readFeatures(await ask('FEAT'));
    if (this.#endpoint.encoding === 'utf8' && features.has('UTF8')) await ask('OPTS', 'UTF8 ON');
    const type = await ask('TYPE', 'I');
    if (type.code !== 200)
      throw refused(
        isNotImplemented(type) ? 'protocol_violation' : refusalCode(type, 'protocol_violation'),
        control.phase,
        type,
      );
    return features;
  }

  #session(opened: {
    raw: Socket;
    control: ControlChannel;
    handshake: Handshake;
    features: Features;
    replies: Pick<NegotiationOccasion, 'authReply' | 'pbszReply' | 'protReply'>;
  }): RemoteSession {
    const { raw, control, handshake, features, replies } = opened;
    const peerAddress = raw.remoteAddress;
    if (!peerAddress) throw control.fail('connection_lost', 'the connection closed at login');
    const transfers = new TransferDialogue({
      control,
      peerAddress,
      addressPolicy: this.#endpoint.passive.addressPolicy,
      identity: this.#identity,
      tickets: this.#tickets,
      controlSpkiSha256: handshake.evidence.certificates[0]?.spkiSha256 ?? null,
      occasion: { ...this.#occasion(), channel: 'data', ...replies },
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

  #occasion(): Pick<NegotiationOccasion, 'sessionId' | 'endpoint' | 'mode'> {
    return { sessionId: this.#id, endpoint: this.#endpoint.name, mode: this.#endpoint.mode };
  }
}

function trustedByPin({ error, evidence }: HandshakeRefused): string | undefined {
  const onlyUnknown = error.code === 'tls_untrusted_certificate' && evidence.pinCheck === 'passed';
  return onlyUnknown ? (evidence.leafPem ?? undefined) : undefined;
}
