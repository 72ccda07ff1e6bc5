import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createSecureContext, type SecureVersion } from 'node:tls';
import { type Identity, issueCertificate, makeAuthority } from './certificates.ts';
import { ControlSession } from './control-session.ts';
import type { Faults } from './faults.ts';
import { FileTree } from './file-tree.ts';
import type { SeenHandshake } from './tls-accept.ts';

export interface PartnerSimOptions {
  /** Directory that is served; real files. */
  root: string;
  username: string;
  password: string;
  readOnly?: boolean;
  /** Default 127.0.0.1. */
  host?: string;
  /** 0 (default): a free one. */
  explicitPort?: number;
  implicitPort?: number;
  /** Default: an own authority, and a leaf for localhost and the host's address. */
  identity?: Identity & { caPem: string };
  tls?: { minVersion?: SecureVersion; maxVersion?: SecureVersion };
  /** Default true: a data connection that does not resume the control session is refused with 522. */
  requireSessionReuse?: boolean;
  faults?: Faults;
}

/** A small real FTPS server. */
export interface PartnerSim {
  host: string;
  explicitPort: number;
  implicitPort: number;
  caPem: string;
  username: string;
  password: string;
  root: string;
  /** May be changed while it runs; holds for the next command. */
  faults: Faults;
  /** Every handshake this server completed. */
  handshakes: SeenHandshake[];
  /** Every byte that arrived outside of TLS: a password or a file must never be among them. */
  clearBytes(): Buffer;
  sessions(): number;
  close(): Promise<void>;
}

export async function startPartnerSim(options: PartnerSimOptions): Promise<PartnerSim> {
  const host = options.host ?? '127.0.0.1';
  const identity = options.identity ?? ownIdentity(host);
  // One context for all connections: its ticket keys let a data connection resume the control session.
  const secureContext = createSecureContext({
    key: identity.privateKeyPem,
    cert: identity.certificatePem,
    minVersion: options.tls?.minVersion ?? 'TLSv1.2',
    maxVersion: options.tls?.maxVersion ?? 'TLSv1.3',
    sessionIdContext: randomBytes(8).toString('hex'),
  });
  const clear: Buffer[] = [];
  const sessions = new Set<ControlSession>();
  const sim: PartnerSim = {
    host,
    explicitPort: 0,
    implicitPort: 0,
    caPem: identity.caPem,
    username: options.username,
    password: options.password,
    root: options.root,
    faults: options.faults ?? {},
    handshakes: [],
    clearBytes: () => Buffer.concat(clear),
    sessions: () => sessions.size,
    async close() {
      for (const session of sessions) session.destroy();
      await Promise.all([closeServer(explicit), closeServer(implicit)]);
    },
  };
  const serve = (implicitly: boolean) => (socket: Socket) => {
    const session = new ControlSession(socket, {
      sim,
      tree: new FileTree(options.root),
      secureContext,
      implicit: implicitly,
      readOnly: options.readOnly ?? false,
      requireSessionReuse: options.requireSessionReuse ?? true,
      onClearBytes: (bytes) => clear.push(bytes),
      onEnd: () => sessions.delete(session),
    });
    sessions.add(session);
    session.start();
  };
  const explicit = await listen(serve(false), host, options.explicitPort ?? 0);
  const implicit = await listen(serve(true), host, options.implicitPort ?? 0);
  sim.explicitPort = (explicit.address() as AddressInfo).port;
  sim.implicitPort = (implicit.address() as AddressInfo).port;
  return sim;
}

function ownIdentity(host: string): Identity & { caPem: string } {
  const authority = makeAuthority({ commonName: 'Partner test authority' });
  const leaf = issueCertificate(authority, {
    commonName: 'localhost',
    dnsNames: ['localhost'],
    ipAddresses: [host],
  });
  return { ...leaf, caPem: authority.certificatePem };
}

async function listen(serve: (socket: Socket) => void, host: string, port: number): Promise<Server> {
  const server = createServer(serve);
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

async function closeServer(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}
