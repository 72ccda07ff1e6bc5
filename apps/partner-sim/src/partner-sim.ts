import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { type Identity, issueCertificate, makeAuthority } from './certificates.ts';
import { ControlSession, type HeardCommand } from './control-session.ts';
import type { Faults } from './faults.ts';
import { FileTree } from './file-tree.ts';
import { makeServerTls, type ServerTls, type TlsOffer } from './server-tls.ts';
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
  identity?: ServerIdentity;
  tls?: TlsOffer;
  /** Default true: a data connection that does not resume the control session is refused with 522. */
  requireSessionReuse?: boolean;
  /** Default false: RNTO to a name that is taken is refused with 553. */
  renameReplaces?: boolean;
  /** Default false: names that differ only in case or Unicode composition are the same file, as on Windows and macOS. */
  foldsNames?: boolean;
  faults?: Faults;
}

export interface ServerIdentity extends Identity {
  caPem: string;
  /** What the fault `dataChannel: 'other_certificate'` shows; default: of another authority. */
  other?: Identity;
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
  /** Every command, as soon as it is heard. */
  commands: HeardCommand[];
  /** Every byte that arrived outside of TLS: a password or a file must never be among them. */
  clearBytes(): Buffer;
  sessions(): number;
  /** To every client, now, whatever else is under way. */
  say(bytes: string | Uint8Array): void;
  /** Ends every control connection, now; transfers under way are finished all the same. */
  hangUp(how: 'end' | 'reset'): void;
  /** TLS 1.2: asks every client for another handshake on its control connection. */
  renegotiate(): void;
  close(): Promise<void>;
}

export async function startPartnerSim(options: PartnerSimOptions): Promise<PartnerSim> {
  const host = options.host ?? '127.0.0.1';
  const identity = options.identity ?? makeServerIdentity(host);
  const tls = makeServerTls(identity, options.tls);
  let otherTls: ServerTls | undefined;
  const clear: Buffer[] = [];
  const sessions = new Set<ControlSession>();
  let closing: Promise<unknown> | undefined;
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
    commands: [],
    clearBytes: () => Buffer.concat(clear),
    sessions: () => sessions.size,
    say(bytes) {
      for (const session of sessions) session.say(bytes);
    },
    hangUp(how) {
      for (const session of sessions) session.hangUp(how);
    },
    renegotiate() {
      for (const session of sessions) session.renegotiate();
    },
    async close() {
      closing ??= Promise.all([closeServer(explicit), closeServer(implicit)]);
      for (const session of sessions) session.destroy();
      await closing;
    },
  };
  const tree = new FileTree(options.root, {
    isHidden: (path) => path === sim.faults.hideFile,
    foldsNames: options.foldsNames ?? false,
  });
  const serve = (implicitly: boolean) => (socket: Socket) => {
    if (closing) return void socket.destroy();
    const session = new ControlSession(socket, {
      sim,
      tree,
      tls,
      otherTls: () => {
        otherTls ??= makeServerTls(identity.other ?? makeServerIdentity(host), options.tls);
        return otherTls;
      },
      freshTls: () => makeServerTls(identity, options.tls),
      implicit: implicitly,
      readOnly: options.readOnly ?? false,
      renameReplaces: options.renameReplaces ?? false,
      requireSessionReuse: options.requireSessionReuse ?? true,
      knows: (user, password) => user === sim.username && isSame(password, sim.password),
      onClearBytes: (bytes) => clear.push(bytes),
      onEnd: () => sessions.delete(session),
    });
    sessions.add(session);
    session.start();
  };
  const explicit = await listen(serve(false), host, options.explicitPort ?? 0);
  const implicit = await listen(serve(true), host, options.implicitPort ?? 0).catch((error: unknown) => {
    explicit.close();
    throw error;
  });
  sim.explicitPort = (explicit.address() as AddressInfo).port;
  sim.implicitPort = (implicit.address() as AddressInfo).port;
  return sim;
}

/** A new authority, a leaf for localhost and `host`, and another leaf of the same names. */
function makeServerIdentity(host: string): ServerIdentity {
  const authority = makeAuthority({ commonName: 'Partner test authority' });
  const names = { commonName: 'localhost', dnsNames: ['localhost'], ipAddresses: [host] };
  return {
    ...issueCertificate(authority, names),
    caPem: authority.certificatePem,
    other: issueCertificate(authority, names),
  };
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
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
