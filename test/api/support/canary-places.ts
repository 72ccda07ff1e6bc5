import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, Socket } from 'node:net';
import { join } from 'node:path';
import {
  issueCertificate,
  makeAuthority,
  type PartnerSim,
  type ServerIdentity,
  startPartnerSim,
} from '#apps/partner-sim';
import type { Endpoint, SecretRef } from '#domain';
import { anEndpointAt } from '../../support/builders.ts';

/** Where a secret is used, and what goes wrong with it there. */
export const PLACES = [
  'delivered',
  'refused',
  'environment',
  'file',
  'account',
  'proxy',
  'passphrase',
  'private_key',
  'untrusted',
  'tampered',
] as const;
export type PlaceKind = (typeof PLACES)[number];

/** One secret, where it is kept, and the partner that it is used with. */
export interface CanaryPlace {
  name: string;
  kind: PlaceKind;
  value: string;
  /** Stored through the api under `name`; the others are found in the environment or in a file. */
  stored: boolean;
  endpoint: Endpoint;
  /** How a run ends that needs it: `delivered`, or the code of its failure. */
  ends: string;
  /** What the partner was told. */
  sim: PartnerSim;
}

export interface CanaryGround {
  places: CanaryPlace[];
  /** For `{env: NAME}` references. */
  environment: Record<string, string>;
  close(): Promise<void>;
}

/** What those have in common that are not about the password. */
const PLAIN = 'PLAIN_PASSWORD';

/** Partners who know their secrets and repeat them at every opportunity, letter by letter. */
export async function layOutCanaries(canaries: readonly string[], home: string): Promise<CanaryGround> {
  const identity = makeIdentity();
  const environment: Record<string, string> = { [PLAIN]: `plain-${randomBytes(12).toString('hex')}` };
  const proxies: Server[] = [];
  const places = await Promise.all(canaries.map((value, index) => layOut(value, index)));
  return {
    places,
    environment,
    async close() {
      await Promise.all(places.map(({ sim }) => sim.close()));
      for (const proxy of proxies) {
        proxy.closeAllConnections();
        proxy.close();
      }
    },
  };

  async function layOut(value: string, index: number): Promise<CanaryPlace> {
    const name = `place-${index}`;
    const kind = PLACES[index % PLACES.length]!;
    const root = join(home, name);
    await mkdir(join(root, 'out'), { recursive: true });
    await writeFile(join(root, 'out/a.csv'), randomBytes(2_000));
    const sim = await startPartnerSim({ root, username: 'waybill', password: value, identity });
    const password = await passwordOf(kind, index, value, sim);
    const wanted = { name, partner: 'acme', password };
    const endpoint = anEndpointAt(sim, {
      ...wanted,
      ...(kind === 'account' && { account: { secret: name } }),
      ...(kind === 'proxy' && { proxy: await startProxy(name, value) }),
      ...(kind === 'untrusted' && { tls: { ca: [makeAuthority({ commonName: 'Nobody' }).certificatePem] } }),
      ...((kind === 'passphrase' || kind === 'private_key') && { tls: ownCertificate(kind, name) }),
    });
    const stored = !['environment', 'file'].includes(kind);
    return { name, kind, value, stored, endpoint, ends: endOf(kind, value), sim };
  }

  async function passwordOf(
    kind: PlaceKind,
    index: number,
    value: string,
    sim: PartnerSim,
  ): Promise<SecretRef> {
    switch (kind) {
      case 'delivered':
        sim.faults = {
          answer: (_, { verb }) => (verb === 'PASS' ? [...`230 Welcome, ${value}.\r\n`] : undefined),
        };
        return { secret: `place-${index}` };
      case 'refused':
      case 'environment':
        sim.password = 'another';
        sim.faults = { answer: (_, { verb }) => (verb === 'PASS' ? quoted('530', value) : undefined) };
        if (kind === 'refused') return { secret: `place-${index}` };
        environment[`CANARY_${index}`] = value;
        return { env: `CANARY_${index}` };
      case 'file':
        sim.faults = { resetDownloadAfterBytes: 100 };
        await writeFile(join(sim.root, 'password'), value);
        return { file: join(sim.root, 'password') };
      case 'account':
        sim.password = environment[PLAIN]!;
        sim.faults = {
          answer: (_, { verb }) =>
            verb === 'PASS' ? ['332 Account?\r\n'] : verb === 'ACCT' ? quoted('532', value) : undefined,
        };
        return { env: PLAIN };
      case 'untrusted':
      case 'tampered':
        return { secret: `place-${index}` };
      default:
        sim.password = environment[PLAIN]!;
        return { env: PLAIN };
    }
  }

  /** Says in its status line what it was told, as it came and decoded. */
  async function startProxy(name: string, value: string) {
    const proxy = createServer();
    proxies.push(proxy);
    proxy.on('connect', ({ headers }, socket) => {
      const told = headers['proxy-authorization'] ?? '';
      if (socket instanceof Socket) socket.on('error', () => undefined);
      socket.end(`HTTP/1.1 407 No, ${value} is wrong, nor is ${told}\r\n\r\n`);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const { port } = proxy.address() as AddressInfo;
    return {
      kind: 'http_connect' as const,
      host: 'localhost',
      port,
      username: 'us',
      password: { secret: name },
    };
  }

  function ownCertificate(kind: 'passphrase' | 'private_key', name: string) {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const cert = issueCertificate(makeAuthority({ commonName: 'Ours' }), { commonName: 'us' }).certificatePem;
    if (kind === 'private_key') return { ca: [], clientCertificate: { cert, key: { secret: name } } };
    environment[`KEY_OF_${name}`] = privateKey.export({
      type: 'pkcs8',
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'another one',
    }) as string;
    return {
      ca: [],
      clientCertificate: { cert, key: { env: `KEY_OF_${name}` }, passphrase: { secret: name } },
    };
  }
}

/** Several lines, each in pieces of one character. */
function quoted(code: string, value: string): string[] {
  return [...`${code}-You said ${value}\r\n${code} "PASS ${value}" is wrong.\r\n`];
}

function endOf(kind: PlaceKind, value: string): string {
  switch (kind) {
    case 'passphrase':
    case 'private_key':
    case 'proxy':
      return 'invalid_configuration';
    case 'untrusted':
      return 'tls_untrusted_certificate';
    case 'tampered':
      return 'secret_unavailable';
    default:
      // No FTP command can carry a line break.
      if (/[\r\n]/.test(value)) return 'invalid_configuration';
      if (kind === 'delivered') return 'delivered';
      return kind === 'file' ? 'connection_lost' : 'auth_rejected';
  }
}

function makeIdentity(): ServerIdentity {
  const authority = makeAuthority({ commonName: 'Partner authority' });
  const leaf = issueCertificate(authority, { commonName: 'localhost', dnsNames: ['localhost'] });
  return { ...leaf, caPem: authority.certificatePem };
}
