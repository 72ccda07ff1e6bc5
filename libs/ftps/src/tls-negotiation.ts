import { randomUUID } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { connect, type SecureContext, type TLSSocket } from 'node:tls';
import { type ErrorCode, type Phase, type RetryAdvice, type TlsNegotiation, TransferError } from '#domain';
import { chainErrorCode, examinePeer, NO_EVIDENCE, type PeerEvidence } from './peer-checks.ts';
import { hostAndPort } from './socket-address.ts';
import type { Ticket, TicketStore } from './ticket-store.ts';
import type { TlsIdentity } from './tls-identity.ts';

/** What led to a handshake: the part of the fact known before it begins. */
export type NegotiationOccasion = Pick<
  TlsNegotiation,
  | 'sessionId'
  | 'endpoint'
  | 'channel'
  | 'command'
  | 'mode'
  | 'authReply'
  | 'pbszReply'
  | 'protReply'
  | 'legacyPolicy'
>;

export interface HandshakeRequest {
  occasion: NegotiationOccasion;
  identity: TlsIdentity;
  secureContext: SecureContext;
  tickets: TicketStore;
  /** Offered for resumption. */
  ticket: Ticket | undefined;
  raw: Socket;
  /** Stands under TLS instead of `raw`, when close_notify has to be seen. */
  transport: Duplex;
  deadlineMs: number;
  phase: Phase;
}

export interface Handshake {
  socket: TLSSocket;
  fact: TlsNegotiation;
  evidence: PeerEvidence;
}

interface Refusal {
  code: ErrorCode;
  retry?: RetryAdvice;
  detail?: string;
  cause?: unknown;
}

/** The handshake was refused, by us or by the peer; the fact says why, the error is what the caller throws. */
export class HandshakeRefused extends Error {
  readonly fact: TlsNegotiation;
  readonly error: TransferError;
  readonly evidence: PeerEvidence;

  constructor(fact: TlsNegotiation, error: TransferError, evidence: PeerEvidence) {
    super(error.message, { cause: error });
    this.name = 'HandshakeRefused';
    this.fact = fact;
    this.error = error;
    this.evidence = evidence;
  }

  /** PEM of the certificate when all that spoke against it is that no authority vouches for it, and its key is pinned. */
  get pinnedLeaf(): string | undefined {
    const onlyUnknown =
      this.error.code === 'tls_untrusted_certificate' && this.evidence.pinCheck === 'passed';
    return onlyUnknown ? (this.evidence.leafPem ?? undefined) : undefined;
  }
}

/** Thrown inside Node's handshake by our own checks, so that Node destroys the connection before a byte is sent. */
class PeerRefused extends Error {
  readonly refusal: ErrorCode;

  constructor(refusal: ErrorCode) {
    super(refusal);
    this.refusal = refusal;
  }
}

/** One TLS handshake as client. Resolves only when chain, name and pins are accepted. */
export function shakeHands(request: HandshakeRequest): Promise<Handshake> {
  const { identity, tickets, ticket, raw, transport, phase } = request;
  const id = randomUUID();
  const startedAt = new Date();
  const startedMs = performance.now();
  const localAddress = withPort(raw.localAddress, raw.localPort);
  const remoteAddress = withPort(raw.remoteAddress, raw.remotePort);
  let evidence = NO_EVIDENCE;
  let parameters: Partial<TlsNegotiation> = {};
  let resumed = false;
  let keysAgreed = false;

  const socket = connect({
    socket: transport,
    // The same on control and data, or Node (CVE-2026-48934) silently refuses to resume.
    host: identity.expectedName,
    ...(identity.sniName === null ? {} : { servername: identity.sniName }),
    secureContext: request.secureContext,
    rejectUnauthorized: true,
    ...(ticket ? { session: ticket.session } : {}),
    // Called after Node trusts the chain, on full handshakes only.
    checkServerIdentity: () => {
      if (evidence.nameCheck !== 'passed') return new PeerRefused('tls_name_mismatch');
      if (evidence.pinCheck === 'failed') return new PeerRefused('tls_pin_mismatch');
      return undefined;
    },
  });

  const factOf = (refusal: ErrorCode | null, chainFailed: boolean): TlsNegotiation => ({
    ...request.occasion,
    id,
    localAddress,
    remoteAddress,
    serverName: identity.sniName,
    alpn: null,
    protocol: null,
    cipher: null,
    keyExchangeGroup: null,
    ...parameters,
    signatureAlgorithm: evidence.signatureAlgorithm,
    resumed,
    resumedFrom: resumed ? (ticket?.rootId ?? null) : null,
    peerCertificates: evidence.certificates,
    nameCheck: evidence.nameCheck,
    pinCheck: evidence.pinCheck,
    chainCheck: chainFailed ? 'failed' : keysAgreed && !resumed ? 'passed' : 'not_applicable',
    verdict: refusal === null ? 'accepted' : 'refused',
    error: refusal,
    startedAt,
    handshakeMs: Math.round((performance.now() - startedMs) * 1000) / 1000,
  });

  return new Promise<Handshake>((resolve, reject) => {
    const timer = setTimeout(() => refuse({ code: 'reply_timeout' }), request.deadlineMs);
    const refuse = (refusal: Refusal, chainFailed = false) => {
      stopWaiting();
      const fact = factOf(refusal.code, chainFailed);
      const { code, ...rest } = refusal;
      socket.destroy();
      transport.destroy();
      reject(new HandshakeRefused(fact, new TransferError(code, { phase, ...rest }), evidence));
    };
    const onError = (error: Error & { code?: string }) => {
      if (error instanceof PeerRefused) refuse({ code: error.refusal, cause: error });
      else if (keysAgreed) {
        const code = chainRefusal(error, identity, evidence);
        refuse({ code, ...datesDetail(code, evidence), cause: error }, true);
      } else refuse(handshakeRefusal(error, raw.bytesRead));
    };
    const onClose = () => refuse({ code: 'tls_handshake_failed', retry: 'soon' });
    const stopWaiting = () => {
      clearTimeout(timer);
      socket.off('close', onClose);
      socket.off('error', onError);
      // Late errors of a connection we have given up or handed over must not end the process.
      socket.on('error', () => {});
    };
    socket.on('error', onError);
    socket.on('close', onClose);
    // Before Node's own listener judges the chain and destroys the socket: the certificate must be in the record.
    socket.prependListener('secure', () => {
      keysAgreed = true;
      resumed = socket.isSessionReused();
      parameters = readParameters(socket, resumed);
      if (!resumed) evidence = examinePeer(socket, identity);
    });
    socket.on('session', (session) => {
      const rootId = socket.isSessionReused() ? (ticket?.rootId ?? id) : id;
      tickets.add({ session, rootId }, parameters.protocol ?? socket.getProtocol());
    });
    socket.once('secureConnect', () => {
      stopWaiting();
      resolve({ socket, fact: factOf(null, false), evidence });
    });
  });
}

/** Where the pin is all that an endpoint trusts, a key that is not pinned is the news, not the unknown authority. */
function chainRefusal(error: { code?: string }, identity: TlsIdentity, evidence: PeerEvidence): ErrorCode {
  const code = chainErrorCode(error.code);
  const unpinned = identity.trustsPinnedKey && evidence.pinCheck === 'failed';
  return code === 'tls_untrusted_certificate' && unpinned ? 'tls_pin_mismatch' : code;
}

const CLOCK_SKEW_MS = 5 * 60_000;

/** Dates are judged by our clock: a few minutes may be its fault. */
function datesDetail(code: ErrorCode, { certificates: [leaf] }: PeerEvidence): { detail?: string } {
  if (code !== 'tls_certificate_expired' || !leaf) return {};
  const now = Date.now();
  const missedMs = Math.min(
    Math.abs(now - Date.parse(leaf.notBefore)),
    Math.abs(now - Date.parse(leaf.notAfter)),
  );
  const skew = missedMs < CLOCK_SKEW_MS ? '; that is less than 5 minutes: compare the clocks first' : '';
  const dates = `valid from ${leaf.notBefore} to ${leaf.notAfter}, our clock says ${new Date(now).toISOString()}`;
  return { detail: `${dates}${skew}` };
}

function readParameters(socket: TLSSocket, resumed: boolean): Partial<TlsNegotiation> {
  const protocol = socket.getProtocol();
  const group = socket.getEphemeralKeyInfo() as { name?: string } | null;
  // A resumed TLS 1.2 handshake exchanges no key: what OpenSSL names there is the group of the first one.
  const exchanged = resumed && protocol === 'TLSv1.2' ? undefined : group?.name;
  return {
    protocol,
    // OpenSSL's name: the one servers log.
    cipher: socket.getCipher().name,
    // OpenSSL calls the group of TLS by its older name in places.
    keyExchangeGroup: exchanged === 'prime256v1' ? 'secp256r1' : (exchanged ?? null),
    alpn: socket.alpnProtocol || null,
  };
}

/** Alerts by which a server judges our certificate (RFC 8446 section 6.2). */
const CLIENT_CERTIFICATE_ALERTS = new Set([
  'CERTIFICATE_REQUIRED',
  'BAD_CERTIFICATE',
  'UNSUPPORTED_CERTIFICATE',
  'CERTIFICATE_REVOKED',
  'CERTIFICATE_EXPIRED',
  'CERTIFICATE_UNKNOWN',
  'UNKNOWN_CA',
  'ACCESS_DENIED',
  'NO_CERTIFICATE',
]);

/** True for an error by which the server refuses, or misses, our client certificate. */
export function isClientCertificateAlert(error: { code?: string }): boolean {
  return CLIENT_CERTIFICATE_ALERTS.has(alertOf(error) ?? '');
}

function alertOf(error: { code?: string }): string | undefined {
  return /^ERR_SSL_.*ALERT_([A-Z_]+)$/.exec(error.code ?? '')?.[1];
}

/** A server hello with its certificate is longer than this; a refusal before it is one alert record. */
const SERVER_FLIGHT_BYTES = 256;

function handshakeRefusal(error: Error & { code?: string }, bytesRead: number): Refusal {
  if (isClientCertificateAlert(error)) return { code: 'tls_client_certificate_refused', cause: error };
  // TLS 1.2 names no reason: handshake_failure after the server's own flight can only be about our certificate.
  if (alertOf(error) === 'HANDSHAKE_FAILURE' && bytesRead > SERVER_FLIGHT_BYTES)
    return { code: 'tls_client_certificate_refused', cause: error };
  // A connection cut inside the handshake may be the network's fault.
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE')
    return { code: 'tls_handshake_failed', retry: 'soon', cause: error };
  return { code: 'tls_handshake_failed', cause: error };
}

/** `address:port` as records show it; null when the socket has none. */
export function withPort(address: string | undefined, port: number | undefined): string | null {
  return address === undefined || port === undefined ? null : hostAndPort(address, port);
}
