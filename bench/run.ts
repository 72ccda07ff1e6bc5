import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { type FtpServer, startFtpServer } from '../test/servers/support/index.ts';
import { DelayingProxy } from './delaying-proxy.ts';
import { type Comparison, compare, measure, medianOf, type Sample } from './measure.ts';
import { type Row, rowsFor } from './rows.ts';
import { printRow } from './table.ts';

const PASSIVE_PORTS = Array.from({ length: 200 }, (_, index) => 40_000 + index);
const ONE_WAY_MS = 25;
const DISTANT_ADDRESS = '127.77.77.254';
const MOST_ROUND_TRIPS = 4;
const MOST_MEMORY_MEBIBYTES = 160;
const MOST_GROWTH_MEBIBYTES = 16;

const { values } = parseArgs({
  options: {
    rows: { type: 'string' },
    pairs: { type: 'string', default: '5' },
    small: { type: 'boolean', default: false },
  },
});
const pairs = Number(values.pairs);
const sizes = values.small
  ? { largeMebibytes: 64, manyFiles: 100, distantFiles: 40 }
  : { largeMebibytes: 1024, manyFiles: 1000, distantFiles: 200 };

for (const tool of ['curl', 'lftp', 'rclone'])
  try {
    execFileSync('which', [tool]);
  } catch {
    console.error(`bench: ${tool} is missing: apt-get install curl lftp rclone`);
    process.exit(2);
  }

interface Outcome {
  row: string;
  passed: boolean;
  comparisons: Array<Comparison & { mostRatio: number; ours: Sample[]; theirs: Sample[] }>;
  roundTripsPerFile?: number;
  memory?: { mebibytes: number; tenfoldMebibytes: number };
}

const folder = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
const memory = await mkdtemp('/dev/shm/waybill-bench-');
const servers = new Map<string, FtpServer>();
let failed = false;
try {
  const wanted = values.rows?.split(',');
  const rows = rowsFor(folder, memory, sizes).filter(({ name }) => !wanted || wanted.includes(name));
  await writeRandom(join(memory, 'source'), sizes.largeMebibytes);
  const outcomes: Outcome[] = [];
  for (const row of rows) outcomes.push(await runRow(row));
  if (!wanted || wanted.includes('memory')) outcomes.push(await memoryRow());
  failed = outcomes.some(({ passed }) => !passed);
  await keep(outcomes);
} finally {
  for (const server of servers.values()) await server.stop();
  await rm(folder, { recursive: true, force: true });
  await rm(memory, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);

async function runRow(row: Row): Promise<Outcome> {
  const server = await serverFor(row.server);
  const proxy = row.distant ? await distantWay(server) : undefined;
  const environment = {
    BENCH_HOST: proxy ? DISTANT_ADDRESS : server.host,
    BENCH_PORT: String(server.port),
    BENCH_USER: server.username,
    BENCH_PASSWORD: server.password,
    BENCH_CA: join(folder, `${row.server}.pem`),
  };
  await writeFile(environment.BENCH_CA, server.caPem);
  const run = async (script: string): Promise<Sample> => {
    await rm(row.target, { recursive: true, force: true });
    await mkdir(row.target, { recursive: true });
    const sample = await measure(script, environment);
    const found = (await readdir(row.target)).length;
    if (found !== row.files) throw new Error(`${found} files of ${row.files} arrived: ${script}`);
    return sample;
  };
  try {
    const comparisons: Outcome['comparisons'] = [];
    for (const peer of row.peers) {
      // Warm-up of both.
      await run(row.ours);
      await run(peer.script);
      const samples: Array<{ ours: Sample; theirs: Sample }> = [];
      for (let pair = 0; pair < pairs; pair += 1)
        samples.push({ ours: await run(row.ours), theirs: await run(peer.script) });
      const comparison = compare(peer.name, samples);
      comparisons.push({
        ...comparison,
        mostRatio: peer.mostRatio,
        ours: samples.map(({ ours }) => ours),
        theirs: samples.map(({ theirs }) => theirs),
      });
      printRow(row, comparisons.at(-1)!);
    }
    const passed = comparisons.every(({ median, mostRatio }) => median <= mostRatio);
    if (!proxy) return { row: row.name, passed, comparisons };
    // All that our side does for a file, waiting included, in round trips of the way.
    const perFile = comparisons.flatMap(({ ours }) =>
      ours.map(({ report }) => report['millisecondsPerFile']!),
    );
    const roundTripsPerFile = medianOf(perFile) / (2 * ONE_WAY_MS);
    console.log(`  round trips a file: ${roundTripsPerFile.toFixed(2)} (at most ${MOST_ROUND_TRIPS})`);
    return {
      row: row.name,
      passed: passed && roundTripsPerFile <= MOST_ROUND_TRIPS,
      comparisons,
      roundTripsPerFile,
    };
  } finally {
    await proxy?.stop();
  }
}

/** Eight sessions at once: how much memory, and does it grow with the size of the files. */
async function memoryRow(): Promise<Outcome> {
  const server = await serverFor('from_memory');
  const environment = {
    BENCH_HOST: server.host,
    BENCH_PORT: String(server.port),
    BENCH_USER: server.username,
    BENCH_PASSWORD: server.password,
    BENCH_CA: join(folder, 'from_memory.pem'),
  };
  await writeFile(environment.BENCH_CA, server.caPem);
  const rss = async (mebibytes: number): Promise<number> => {
    await server.plant('sized', (directory) => writeSparse(join(directory, 'big'), mebibytes));
    const ours = 'node_modules/node/bin/node bench/sides/ours.ts memory /sized 8';
    return (await measure(ours, environment)).report['rssMebibytes']!;
  };
  const mebibytes = await rss(sizes.largeMebibytes);
  const tenfoldMebibytes = await rss(10 * sizes.largeMebibytes);
  const passed = mebibytes <= MOST_MEMORY_MEBIBYTES && tenfoldMebibytes - mebibytes <= MOST_GROWTH_MEBIBYTES;
  console.log(
    `${passed ? 'ok  ' : 'MISS'} memory: 8 sessions, ${sizes.largeMebibytes} MiB each: ${mebibytes.toFixed(0)} MiB (at most ${MOST_MEMORY_MEBIBYTES}); ten times the size: ${tenfoldMebibytes.toFixed(0)} MiB (at most ${MOST_GROWTH_MEBIBYTES} more)`,
  );
  return { row: 'memory', passed, comparisons: [], memory: { mebibytes, tenfoldMebibytes } };
}

async function serverFor(kind: Row['server']): Promise<FtpServer> {
  const running = servers.get(kind);
  if (running) return running;
  // What a server serves lies in memory where it is read from, on the disk where it is written to.
  process.env['TMPDIR'] = kind === 'to_disk' ? folder : memory;
  const server = await startFtpServer({
    kind: kind === 'no_reuse' ? 'pure_ftpd' : 'vsftpd',
    mode: 'explicit',
    tls: '1.3',
    alsoReachedAt: [DISTANT_ADDRESS],
  });
  servers.set(kind, server);
  if (kind !== 'to_disk')
    await server.plant('out', (directory) => writeRandom(join(directory, 'large'), sizes.largeMebibytes));
  if (kind === 'from_memory') {
    await server.plant('many', (directory) => writeMany(directory, sizes.manyFiles));
    await server.plant('few', (directory) => writeMany(directory, sizes.distantFiles));
  }
  return server;
}

function distantWay(server: FtpServer): Promise<DelayingProxy> {
  return DelayingProxy.start({
    from: DISTANT_ADDRESS,
    to: server.host,
    ports: [server.port, ...PASSIVE_PORTS],
    delayMs: ONE_WAY_MS,
  });
}

async function writeRandom(path: string, mebibytes: number): Promise<void> {
  const file = await open(path, 'w');
  for (let count = 0; count < mebibytes; count += 1) await file.write(randomBytes(1024 * 1024));
  await file.close();
}

/** Holes read as zeros; only the amount matters where nothing is kept. */
async function writeSparse(path: string, mebibytes: number): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(mebibytes * 1024 * 1024);
  await file.close();
}

async function writeMany(directory: string, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1)
    await writeFile(join(directory, `file-${String(index).padStart(4, '0')}.dat`), randomBytes(10 * 1024));
}

async function keep(outcomes: Outcome[]): Promise<void> {
  const results = join(import.meta.dirname, 'results');
  await mkdir(results, { recursive: true });
  const version = (tool: string) => execFileSync(tool, ['--version'], { encoding: 'utf8' }).split('\n')[0];
  const machine = {
    processors: cpus().map(({ model }) => model),
    node: process.version,
    openssl: process.versions.openssl,
    curl: version('curl'),
    lftp: version('lftp'),
    rclone: version('rclone'),
  };
  const path = join(results, `${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.json`);
  await writeFile(path, JSON.stringify({ machine, pairs, sizes, outcomes }, null, 2));
  console.log(`every sample: ${path}`);
}
