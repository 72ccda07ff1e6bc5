import { createHash, randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type FtpServer, startFtpServer } from '../test/servers/support/index.ts';
import { DelayingProxy } from './delaying-proxy.ts';
import type { Sizes } from './rows.ts';

/** Both serve from memory. vsftpd demands session reuse, as most partners' servers do; Pure-FTPd does not. */
export type ServerKind = 'in_memory' | 'no_reuse';

const PASSIVE_PORTS = Array.from({ length: 200 }, (_, index) => 40_000 + index);
export const ONE_WAY_MS = 25;
const DISTANT_ADDRESS = '127.77.77.254';
/** Two folders; what the larger one costs more is the cost of that many files. */
export const COUNTED = { fewer: 10, more: 30 };

/** Name of a file to its SHA-256. */
export type Hashes = Map<string, string>;

export interface BenchServer extends FtpServer {
  /** What its folders hold. */
  hashes: Map<string, Hashes>;
  /** User and system time of the server's processes so far, ended ones too; undefined where the system does not tell. */
  processorSeconds(): number | undefined;
}

/** Starts each server when it is first asked for. */
export class Servers {
  readonly #running = new Map<ServerKind, Promise<BenchServer>>();
  readonly #folder: string;
  readonly #sizes: Sizes;

  constructor(folder: string, sizes: Sizes) {
    this.#folder = folder;
    this.#sizes = sizes;
  }

  get(kind: ServerKind): Promise<BenchServer> {
    const running = this.#running.get(kind) ?? this.#start(kind);
    this.#running.set(kind, running);
    return running;
  }

  async stop(): Promise<void> {
    for (const server of this.#running.values()) await (await server).stop();
  }

  async #start(kind: ServerKind): Promise<BenchServer> {
    // startFtpServer makes its folders where temporary files go.
    process.env['TMPDIR'] = this.#folder;
    const server = await startFtpServer({
      kind: kind === 'no_reuse' ? 'pure_ftpd' : 'vsftpd',
      mode: 'explicit',
      tls: '1.3',
      alsoReachedAt: [DISTANT_ADDRESS],
    });
    const hashes = new Map<string, Hashes>();
    const plant = async (folder: string, fill: (directory: string) => Promise<Hashes>) =>
      hashes.set(folder, await server.plant(folder, fill));
    const { largeMebibytes, manyFiles, distantFiles } = this.#sizes;
    await plant('out', async (directory) => {
      return new Map([['large', await writeRandom(join(directory, 'large'), largeMebibytes)]]);
    });
    if (kind === 'in_memory') {
      await plant('many', (directory) => writeMany(directory, manyFiles));
      await plant('few', (directory) => writeMany(directory, distantFiles));
      for (const count of Object.values(COUNTED))
        await plant(`counted_${count}`, (directory) => writeMany(directory, count));
    }
    const group = controlGroupOf(server.host);
    return {
      ...server,
      hashes,
      processorSeconds: () => (group === undefined ? undefined : secondsOf(group)),
    };
  }
}

/** The whole way to the server is long: its control port and every port it may name. */
export async function distantWay(server: FtpServer): Promise<{ proxy: DelayingProxy; host: string }> {
  const proxy = await DelayingProxy.start({
    from: DISTANT_ADDRESS,
    to: server.host,
    ports: [server.port, ...PASSIVE_PORTS],
    delayMs: ONE_WAY_MS,
  });
  return { proxy, host: DISTANT_ADDRESS };
}

/** Incompressible. */
export async function writeRandom(path: string, mebibytes: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  for (let count = 0; count < mebibytes; count += 1) {
    const bytes = randomBytes(1024 * 1024);
    hash.update(bytes);
    await file.write(bytes);
  }
  await file.close();
  return hash.digest('hex');
}

async function writeMany(directory: string, count: number): Promise<Hashes> {
  const hashes: Hashes = new Map();
  for (let index = 0; index < count; index += 1) {
    const name = `file-${String(index).padStart(4, '0')}.dat`;
    const bytes = randomBytes(10 * 1024);
    await writeFile(join(directory, name), bytes);
    hashes.set(name, createHash('sha256').update(bytes).digest('hex'));
  }
  return hashes;
}

/** The container's, found by the address its server was given; undefined where we may not look at its processes. */
function controlGroupOf(host: string): string | undefined {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (!environment.includes(`ADDRESS=${host}`)) continue;
      const groups = readFileSync(`/proc/${pid}/cgroup`, 'utf8');
      const [, first] = /^\d+:cpuacct:(.*)$/m.exec(groups) ?? /^\d+:cpu,cpuacct:(.*)$/m.exec(groups) ?? [];
      if (first) return `/sys/fs/cgroup/cpuacct${first}/cpuacct.usage`;
      const [, second] = /^0::(.*)$/m.exec(groups) ?? [];
      if (second) return `/sys/fs/cgroup${second}/cpu.stat`;
    } catch {
      // Ended meanwhile, or not ours to look at.
    }
  return undefined;
}

/** Version 1 of control groups counts in nanoseconds, version 2 in microseconds. */
function secondsOf(group: string): number {
  const text = readFileSync(group, 'utf8');
  const microseconds = /^usage_usec (\d+)/m.exec(text)?.[1];
  return microseconds === undefined ? Number(text) / 1e9 : Number(microseconds) / 1e6;
}
