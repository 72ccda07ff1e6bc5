import { randomBytes } from 'node:crypto';
import {
  createSecureContext,
  createServer,
  type SecureContext,
  type SecureVersion,
  type Server,
} from 'node:tls';
import type { Identity } from './certificates.ts';

/** Longer than a client keeps a session; Node's default of 5 minutes would end reuse in the middle of it. */
const SESSION_LIFE_SECONDS = 86_400;
const MAX_SESSIONS = 1_000;

/** What all connections of one server share, so that a data connection can resume the control session. */
export interface ServerTls {
  /** Its ticket keys open the tickets of every connection. */
  secureContext: SecureContext;
  /** Never listens: holds the sessions of clients that want no tickets on TLS 1.2, as curl 7 does. */
  sessions: Server;
}

export function makeServerTls(
  identity: Identity,
  versions: { minVersion?: SecureVersion; maxVersion?: SecureVersion } = {},
): ServerTls {
  const secureContext = createSecureContext({
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    minVersion: versions.minVersion ?? 'TLSv1.2',
    maxVersion: versions.maxVersion ?? 'TLSv1.3',
    sessionIdContext: randomBytes(8).toString('hex'),
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
  return { secureContext, sessions };
}
