import type { LegacyPolicy } from './endpoint.ts';

export type TlsChannel = 'control' | 'data';
export type CloseNotify = 'seen' | 'not_seen' | 'unobserved';

export interface PeerCertificate {
  /** SHA-256 of the certificate's DER, lower-case hex. */
  sha256: string;
  /** SHA-256 of its public key (SPKI), base64: what a pin names. */
  spkiSha256: string;
  subject: string;
  issuer: string;
  notBefore: string;
  notAfter: string;
}

/** `not_applicable`: nothing to compare (no pin set), or inherited from the handshake named by `resumedFrom`. */
export type CheckResult = 'passed' | 'failed' | 'not_applicable';

/** One TLS handshake on a control or data connection, successful or refused. */
export interface TlsNegotiation {
  /** UUID made by the adapter. */
  id: string;
  /** The RemoteSession it belongs to. */
  sessionId: string;
  endpoint: string;
  channel: TlsChannel;
  /** The command that asked for it: `AUTH TLS`, `(implicit)`, `RETR`, `STOR`, `MLSD`, `LIST`. Never a path. */
  command: string;
  mode: 'explicit' | 'implicit' | 'plain';
  localAddress: string | null;
  remoteAddress: string | null;
  serverName: string | null;
  alpn: string | null;
  /** Replies on the control connection that led here; null where the mode has none. */
  authReply: string | null;
  pbszReply: string | null;
  protReply: string | null;
  /** `TLSv1.2`, `TLSv1.3`; null when the handshake never finished. */
  protocol: string | null;
  cipher: string | null;
  keyExchangeGroup: string | null;
  signatureAlgorithm: string | null;
  resumed: boolean;
  /** The full handshake whose ticket was used: its certificate is this connection's certificate. */
  resumedFrom: string | null;
  /** Leaf first; empty on a resumed handshake (see `resumedFrom`). */
  peerCertificates: PeerCertificate[];
  nameCheck: CheckResult;
  pinCheck: CheckResult;
  chainCheck: CheckResult;
  /** `unprotected`: a connection without TLS, which `legacyPolicy` allowed; the facts of a handshake are null then. */
  verdict: 'accepted' | 'refused' | 'unprotected';
  /** The legacy policy this connection made use of; null on a connection as it should be. */
  legacyPolicy: LegacyPolicy | null;
  /** Error code of the refusal. */
  error: string | null;
  startedAt: Date;
  handshakeMs: number;
}

/** What is known of a negotiated connection only when it has ended. */
export interface TlsClosing {
  negotiationId: string;
  closeNotify: CloseNotify;
  /** Application bytes in both directions. */
  bytesPlain: bigint;
  /** Bytes on the wire in both directions, TLS records and handshake included. */
  bytesWire: bigint;
  closedAt: Date;
}
