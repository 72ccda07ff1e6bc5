import { randomBytes } from 'node:crypto';
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureVersion,
  type Server,
  type TLSSocketOptions,
} from 'node:tls';
import type { Identity } from './certificates.ts';

/** Longer than a client keeps a session; Node's default of 5 minutes would end reuse in the middle of it. */
const SESSION_LIFE_SECONDS = 86_400;
const MAX_SESSIONS = 1_000;

/** What all connections of one server share, so that a data connection can resume the control session. */
export interface ServerTls {
  /** Its ticket keys open the tickets of every connection. */
  secureContext: SecureContext;
  /** Of each connection, beside the context. */
  settings: TLSSocketOptions;
  /** Never listens: holds the sessions of clients that want no tickets on TLS 1.2, as curl 7 does. */
  sessions: Server;
}

/** What a server offers and asks for; the defaults are those of a good one. */
export interface TlsOffer {
  /** Default TLSv1.2 and TLSv1.3. */
  minVersion?: SecureVersion;
  maxVersion?: SecureVersion;
  /** As OpenSSL spells them; `@SECLEVEL=0` for what is too weak today. */
  ciphers?: string;
  /** Spoken after the handshake, by its ALPN name. */
  alpn?: string[];
  /** PEM of the authority that a client's certificate must come from; a client without one is refused. */
  clientAuthority?: string;
  /** 48 bytes. Two servers with the same keys open each other's tickets. */
  ticketKeys?: Buffer;
}

export function makeServerTls(identity: Identity, offer: TlsOffer = {}): ServerTls {
  const secureContext = createSecureContext({
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    minVersion: offer.minVersion ?? 'TLSv1.2',
    maxVersion: offer.maxVersion ?? 'TLSv1.3',
    ...(offer.ciphers === undefined ? {} : { ciphers: offer.ciphers }),
    ...(offer.clientAuthority === undefined ? {} : { ca: offer.clientAuthority }),
    ...(offer.ticketKeys ? { ticketKeys: offer.ticketKeys } : {}),
    sessionIdContext: offer.ticketKeys ? 'shared' : randomBytes(8).toString('hex'),
    sessionTimeout: SESSION_LIFE_SECONDS,
  });
  const kept = new Map<string, Buffer>();
  const sessions = createServer();
  sessions.on('newSession', (id: Buffer, session: Buffer, done: () => void) => {
    kept.set(id.toString('hex'), session);
    const [oldest] = kept.keys();
    if (kept.size > MAX_SESSIONS && oldest !== undefined) kept.delete(oldest);
    done();
  });
  sessions.on('resumeSession', (id: Buffer, done: (error: null, session: Buffer | null) => void) => {
    done(null, kept.get(id.toString('hex')) ?? null);
  });
  return {
    secureContext,
    sessions,
    settings: {
      ...(offer.alpn ? { ALPNProtocols: offer.alpn } : {}),
      ...(offer.clientAuthority === undefined ? {} : { requestCert: true, rejectUnauthorized: true }),
    },
  };
}
