import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Wait } from 'testcontainers';
import { type CertificateRequest, issueCertificate, makeAuthority } from '#apps/partner-sim';
import { imageOf } from './docker.ts';
import { listening, nextLoopbackAddress } from './loopback.ts';
import { type LoggedConnection, readConnections, type ServerKind } from './server-logs.ts';

export interface FtpServerOptions {
  kind: ServerKind;
  mode: 'explicit' | 'implicit';
  tls: '1.2' | '1.3';
  /** Default: a good certificate for the server's address and `partner.test`. */
  certificate?: Partial<CertificateRequest>;
  /** Further addresses that the certificate names: of a proxy in front of the server. */
  alsoReachedAt?: string[];
  /** Default: none. Size in bytes of a tmpfs that clients see as `/small`; it does not show in `root`. */
  smallDiskBytes?: number;
  /** Folders of this machine that clients see in their home: what is mounted there is seen too. */
  folders?: Readonly<Record<string, string>>;
}

export interface FtpServer {
  host: string;
  port: number;
  username: string;
  password: string;
  caPem: string;
  /** The user's home on this machine's disk: what the server serves. */
  root: string;
  /** Lets `fill` write into a folder of the home, and hands everything to the server's user. */
  plant<T>(folder: string, fill: (directory: string) => Promise<T>): Promise<T>;
  /** What the server itself logged. */
  tlsConnections(): Promise<LoggedConnection[]>;
  log(): Promise<string>;
  stop(): Promise<void>;
}

const IMAGE = { vsftpd: 'vsftpd', proftpd: 'proftpd', pure_ftpd: 'pure-ftpd' } as const;
const CONTROL_PORT = 2121;
const PASSIVE = { least: 40_000, most: 40_199 };
/** When the suite runs as root the server's files belong to somebody else, as on a real server. */
const FOREIGN_UID = 21_021;

/** A real server in a container, with a certificate and a password made now. */
export async function startFtpServer(options: FtpServerOptions): Promise<FtpServer> {
  const base = await mkdtemp(join(tmpdir(), 'waybill-server-'));
  await chmod(base, 0o755);
  const folders = { files: join(base, 'files'), tls: join(base, 'tls'), log: join(base, 'log') };
  for (const folder of Object.values(folders)) await mkdir(folder);
  const uid = process.getuid?.() === 0 ? FOREIGN_UID : process.getuid!();
  const address = nextLoopbackAddress();
  const password = randomBytes(15).toString('base64url');
  const caPem = await writeIdentity(
    folders.tls,
    [address, ...(options.alsoReachedAt ?? [])],
    password,
    options.certificate,
  );
  for (const folder of ['out', 'in']) await mkdir(join(folders.files, folder));
  await giveTo(uid, folders.files);
  const image = await imageOf(IMAGE[options.kind]);
  const container = image
    .withNetworkMode('host')
    .withEnvironment({
      ADDRESS: address,
      PORT: String(CONTROL_PORT),
      MODE: options.mode,
      TLS: options.tls,
      PASV_MIN: String(PASSIVE.least),
      PASV_MAX: String(PASSIVE.most),
      UID_OF_FILES: String(uid),
    })
    .withBindMounts([
      { source: folders.files, target: '/files' },
      { source: folders.tls, target: '/tls', mode: 'ro' },
      { source: folders.log, target: '/log' },
      ...Object.entries(options.folders ?? {}).map(([name, source]) => ({
        source,
        target: `/files/${name}`,
      })),
    ])
    // Pure-FTPd gives up rights that a container does not have by default, and ends when it cannot.
    .withAddedCapabilities('SYS_NICE', 'DAC_READ_SEARCH')
    .withWaitStrategy(Wait.forSuccessfulCommand('true'));
  if (options.smallDiskBytes)
    container.withTmpFs({ '/files/small': `rw,size=${options.smallDiskBytes},uid=${uid},mode=755` });
  const log = () => readLog(join(folders.log, 'server.log'));
  const started = await container.start().catch(async (error: unknown) => {
    await rm(base, { recursive: true, force: true });
    throw error;
  });
  try {
    await listening(address, CONTROL_PORT);
  } catch (error) {
    const said = await readAll(await started.logs());
    await started.stop();
    await rm(base, { recursive: true, force: true });
    throw new Error(`${options.kind} did not start: ${said}`, { cause: error });
  }
  return {
    host: address,
    port: CONTROL_PORT,
    username: 'partner',
    password,
    caPem,
    root: folders.files,
    async plant(folder, fill) {
      const directory = join(folders.files, folder);
      await mkdir(directory, { recursive: true });
      const result = await fill(directory);
      await giveTo(uid, directory);
      return result;
    },
    tlsConnections: async () => readConnections(options.kind, await log()),
    log,
    async stop() {
      await started.stop({ timeout: 1_000 });
      await rm(base, { recursive: true, force: true });
    },
  };
}

async function writeIdentity(
  folder: string,
  ipAddresses: string[],
  password: string,
  wanted: Partial<CertificateRequest> = {},
): Promise<string> {
  const authority = makeAuthority({ commonName: 'Authority of one test run' });
  const leaf = issueCertificate(authority, {
    commonName: 'partner.test',
    dnsNames: ['partner.test'],
    ipAddresses,
    ...wanted,
  });
  await writeFile(join(folder, 'certificate.pem'), leaf.certificatePem);
  await writeFile(join(folder, 'key.pem'), leaf.privateKeyPem, { mode: 0o600 });
  await writeFile(join(folder, 'both.pem'), leaf.privateKeyPem + leaf.certificatePem, { mode: 0o600 });
  await writeFile(join(folder, 'password'), `partner:${password}\n`, { mode: 0o600 });
  return authority.certificatePem;
}

async function giveTo(uid: number, path: string): Promise<void> {
  if (process.getuid?.() !== 0) return;
  await chown(path, uid, uid);
  for (const entry of await readdir(path, { withFileTypes: true, recursive: true }))
    await chown(join(entry.parentPath, entry.name), uid, uid);
}

/** A server that has logged nothing yet has no file; a file that cannot be read is an error of the test's set-up. */
async function readLog(path: string): Promise<string> {
  return readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

async function readAll(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  stream.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  // The stream of a running container has no end: what it said so far comes at once.
  await Promise.race([once(stream, 'end'), once(stream, 'data')]);
  return text.slice(-2_000);
}
