import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, statfs, writeFile } from 'node:fs/promises';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import type { DelayingProxy } from './delaying-proxy.ts';
import { measure, medianOf, type Ratio, ratioOf, type Sample } from './measure.ts';
import { curlSettings, lftpSettings, type Place, rcloneSettings } from './peers.ts';
import { type Peer, ROW_NAMES, type Row, rowsFor } from './rows.ts';
import {
  type BenchServer,
  COUNTED,
  distantWay,
  type Hashes,
  ONE_WAY_MS,
  Servers,
  writeRandom,
} from './servers.ts';
import { printComparison, printSide, printTitle, printVerdict } from './table.ts';

const MOST_ROUND_TRIPS = 4;
const MEMORY_SESSIONS = 8;
const MOST_MEMORY_MEBIBYTES = 160;
const MOST_GROWTH_MEBIBYTES = 16;
const TMPFS = 0x01021994;
const PROFILES = join(import.meta.dirname, 'results/profiles');

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: ROW_NAMES.join(',') },
    pairs: { type: 'string', default: '5' },
    small: { type: 'boolean', default: false },
    peers: { type: 'string' },
    profile: { type: 'boolean', default: false },
    // As an installation starts its processes.
    'node-flags': { type: 'string', default: '--max-semi-space-size=2' },
  },
});
const pairs = Number(values.pairs);
const wanted = values.rows.split(',');
const sizes = values.small
  ? { largeMebibytes: 64, manyFiles: 100, distantFiles: 40 }
  : { largeMebibytes: 1024, manyFiles: 1000, distantFiles: 200 };
refuseUnknown();

interface Outcome {
  row: string;
  passed: boolean;
  comparisons?: Array<Ratio & { peer: string; mostRatio: number; ours: Sample[]; theirs: Sample[] }>;
  ours?: Sample[];
  roundTripsPerFile?: Record<string, number>;
  memory?: { sessions: number; mebibytes: number; tenfoldMebibytes: number };
}

const disk = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
const memory = await mkdtemp('/dev/shm/waybill-bench-');
const target = join(disk, 'target');
const source = join(disk, 'source');
/** For our side alone. */
const nodeFlags = `${values['node-flags']} ${values.profile ? `--cpu-prof --cpu-prof-dir=${PROFILES}` : ''}`;
const sourceHashes: Hashes = new Map();
const servers = new Servers(memory, sizes);
for (const signal of ['SIGINT', 'SIGTERM'] as const)
  process.once(signal, () => void cleanUp().finally(() => process.exit(130)));

let failed = false;
try {
  if ((await statfs(disk)).type === TMPFS) throw new Error(`${disk} is not on a disk: set TMPDIR`);
  const outcomes: Outcome[] = [];
  for (const row of rowsFor({ target, source, sizes, nodeFlags }))
    if (wanted.includes(row.name)) outcomes.push(await runRow(row));
  if (wanted.includes('memory')) outcomes.push(await memoryRow());
  failed = outcomes.some(({ passed }) => !passed);
  await keep(outcomes);
} finally {
  await cleanUp();
}
process.exit(failed ? 1 : 0);

function refuseUnknown(): void {
  const unknown = wanted.filter((name) => !ROW_NAMES.some((known) => known === name));
  const complaints = [
    ...unknown.map((name) => `no row ${name}: ${ROW_NAMES.join(', ')}`),
    ...(pairs >= 1 ? [] : ['--pairs is a number from 1']),
    ...['curl', 'lftp', 'rclone']
      .filter(isMissing)
      .map((tool) => `${tool} is missing: apt-get install ${tool}`),
  ];
  for (const complaint of complaints) console.error(`bench: ${complaint}`);
  if (complaints.length > 0) process.exit(2);
}

function isMissing(tool: string): boolean {
  try {
    execFileSync('bash', ['-c', `command -v ${tool}`], { stdio: 'ignore' });
    return false;
  } catch {
    return true;
  }
}

async function cleanUp(): Promise<void> {
  await servers.stop();
  for (const folder of [disk, memory]) await rm(folder, { recursive: true, force: true });
}

/** Ours and the peer in turns (A B A B): after one warm-up of both, `pairs` times. */
async function runRow(row: Row): Promise<Outcome> {
  printTitle(row.name, row.work);
  const server = await servers.get(row.server);
  const way = row.distant ? await distantWay(server) : undefined;
  const uploaded = row.arrives === 'source' ? join(server.root, 'in/source') : undefined;
  if (uploaded) await prepareSource();
  try {
    const environment = await settle(row.server, server, way?.host ?? server.host);
    const expected = uploaded ? sourceHashes : server.hashes.get(row.arrives)!;
    const run = (script: string) => runOnce(script, environment, server, expected, uploaded);
    const peers = row.peers.filter(isWanted);
    const outcome: Outcome = { row: row.name, passed: true, comparisons: [] };
    if (peers.length === 0) outcome.ours = await runAlone(row, run);
    for (const peer of peers) {
      await run(row.ours);
      await run(peer.script);
      const [ours, theirs]: [Sample[], Sample[]] = [[], []];
      for (let pair = 0; pair < pairs; pair += 1) {
        ours.push(await run(row.ours));
        theirs.push(await run(peer.script));
      }
      const ratio = ratioOf(ours, theirs);
      printComparison(peer.name, ratio, peer.mostRatio, ours, theirs);
      outcome.comparisons!.push({ peer: peer.name, ...ratio, mostRatio: peer.mostRatio, ours, theirs });
      outcome.passed &&= ratio.median <= peer.mostRatio;
      if (way) printTime(ours);
    }
    if (way && row.oneSession) {
      outcome.roundTripsPerFile = await countRoundTrips(row.oneSession, way.proxy, environment, server);
      outcome.passed &&= outcome.roundTripsPerFile['ours']! <= MOST_ROUND_TRIPS;
    }
    return outcome;
  } finally {
    await way?.proxy.stop();
  }
}

function isWanted({ name }: Peer): boolean {
  return values.peers === undefined || values.peers.split(',').some((peer) => name.startsWith(peer));
}

async function runAlone({ ours }: Row, run: (script: string) => Promise<Sample>): Promise<Sample[]> {
  const samples: Sample[] = [];
  for (let count = 0; count < pairs; count += 1) samples.push(await run(ours));
  printSide('ours', samples);
  return samples;
}

/** One whole process from an empty target; what arrived is compared with what was sent. */
async function runOnce(
  script: string,
  environment: Record<string, string>,
  server: BenchServer,
  expected: Hashes,
  uploaded?: string,
): Promise<Sample> {
  await rm(target, { recursive: true, force: true });
  await mkdir(target);
  if (uploaded) await rm(uploaded, { force: true });
  const sample = await measure(script, environment, server.processorSeconds);
  const names = uploaded ? [...expected.keys()] : await readdir(target);
  const wrong = [...expected].filter(([name, hash]) => sample.hashes.get(name) !== hash);
  if (names.length !== expected.size || wrong.length > 0)
    throw new Error(
      `${names.length} files of ${expected.size} arrived, ${wrong.length} with another SHA-256 or none: ${script}`,
    );
  if (uploaded && (await hashFile(uploaded)) !== expected.get('source'))
    throw new Error(`the server holds other bytes: ${script}`);
  // The map was needed for the comparison alone; a thousand names in each sample say nothing more.
  return { ...sample, hashes: new Map() };
}

/** What our sessions spent on a file, work and waiting for the processor included, in round trips of the way. */
function printTime(ours: readonly Sample[]): void {
  const milliseconds = medianOf(ours.map(({ report }) => report['millisecondsPerFile']!));
  console.log(`       ours   ${(milliseconds / (2 * ONE_WAY_MS)).toFixed(2)} round trips a file by time`);
}

/** Counted by the proxy with one session: what 20 more files cost, listing included, divided by 20. */
async function countRoundTrips(
  sides: NonNullable<Row['oneSession']>,
  proxy: DelayingProxy,
  environment: Record<string, string>,
  server: BenchServer,
): Promise<Record<string, number>> {
  const counts: Record<string, number> = {};
  for (const { name, script } of sides) {
    const trips = async (files: number): Promise<number> => {
      const folder = `counted_${files}`;
      const before = proxy.roundTrips;
      await runOnce(script(`/${folder}`), environment, server, server.hashes.get(folder)!);
      return proxy.roundTrips - before;
    };
    const fewer = await trips(COUNTED.fewer);
    counts[name] = ((await trips(COUNTED.more)) - fewer) / (COUNTED.more - COUNTED.fewer);
  }
  const others = sides.slice(1).map(({ name }) => `${name} ${counts[name]!.toFixed(2)}`);
  printVerdict(
    counts['ours']! <= MOST_ROUND_TRIPS,
    'round trips a file',
    `${counts['ours']!.toFixed(2)}, at most ${MOST_ROUND_TRIPS} (${others.join(', ')})`,
  );
  return counts;
}

/** Eight sessions at once: how much memory, and whether it grows with the size of the files. */
async function memoryRow(): Promise<Outcome> {
  printTitle(
    'memory',
    `${MEMORY_SESSIONS} sessions at once, ${sizes.largeMebibytes} MiB each, then ten times as much`,
  );
  const server = await servers.get('in_memory');
  const environment = await settle('in_memory', server, server.host);
  const peakOf = async (mebibytes: number): Promise<number> => {
    await server.plant('sized', (directory) => writeSparse(join(directory, 'big'), mebibytes));
    await rm(target, { recursive: true, force: true });
    await mkdir(target);
    const script = `node_modules/node/bin/node ${nodeFlags} bench/sides/ours.ts memory /sized ${target} ${MEMORY_SESSIONS}`;
    return (await measure(script, environment, server.processorSeconds)).report['peakMebibytes']!;
  };
  const mebibytes = await peakOf(sizes.largeMebibytes);
  printVerdict(
    mebibytes <= MOST_MEMORY_MEBIBYTES,
    'peak of our process',
    `${mebibytes.toFixed(0)} MiB, at most ${MOST_MEMORY_MEBIBYTES}`,
  );
  const tenfoldMebibytes = await peakOf(10 * sizes.largeMebibytes);
  const growth = tenfoldMebibytes - mebibytes;
  printVerdict(
    growth <= MOST_GROWTH_MEBIBYTES,
    'growth with tenfold files',
    `${growth.toFixed(0)} MiB, at most ${MOST_GROWTH_MEBIBYTES}`,
  );
  return {
    row: 'memory',
    passed: mebibytes <= MOST_MEMORY_MEBIBYTES && growth <= MOST_GROWTH_MEBIBYTES,
    memory: { sessions: MEMORY_SESSIONS, mebibytes, tenfoldMebibytes },
  };
}

async function prepareSource(): Promise<void> {
  if (sourceHashes.size === 0) sourceHashes.set('source', await writeRandom(source, sizes.largeMebibytes));
}

/** What each side reads: environment for those that are ours to write, files for the others. */
async function settle(kind: string, server: BenchServer, host: string): Promise<Record<string, string>> {
  const caPath = join(disk, `${kind}.pem`);
  await writeFile(caPath, server.caPem);
  const { port, username, password } = server;
  const place: Place = { host, port, username, password, caPath };
  const obscured = execFileSync('rclone', ['obscure', '-'], { input: password, encoding: 'utf8' }).trim();
  const files = {
    curl: curlSettings(place),
    lftp: lftpSettings(place),
    rclone: rcloneSettings(place, obscured),
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(disk, name), text, { mode: 0o600 });
  return {
    // Nobody's own settings.
    HOME: disk,
    BENCH_HOST: host,
    BENCH_PORT: String(port),
    BENCH_USER: username,
    BENCH_PASSWORD: password,
    BENCH_CA: caPath,
    BENCH_CURL: join(disk, 'curl'),
    BENCH_LFTP: join(disk, 'lftp'),
    BENCH_RCLONE: join(disk, 'rclone'),
    SSL_CERT_FILE: caPath,
  };
}

/** Holes read as zeros: what is measured here does not depend on the bytes. */
async function writeSparse(path: string, mebibytes: number): Promise<void> {
  const file = await open(path, 'w');
  await file.truncate(mebibytes * 1024 * 1024);
  await file.close();
}

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function keep(outcomes: Outcome[]): Promise<void> {
  const results = join(import.meta.dirname, 'results');
  await mkdir(results, { recursive: true });
  const version = (tool: string) => execFileSync(tool, ['--version'], { encoding: 'utf8' }).split('\n')[0];
  const machine = {
    processors: cpus().map(({ model }) => model),
    memoryMebibytes: Math.round(totalmem() / 1024 / 1024),
    kernel: execFileSync('uname', ['-sr'], { encoding: 'utf8' }).trim(),
  };
  const versions = {
    node: process.version,
    openssl: process.versions.openssl,
    ...Object.fromEntries(['curl', 'lftp', 'rclone'].map((tool) => [tool, version(tool)])),
    commit: execFileSync('git', ['describe', '--always', '--dirty'], { encoding: 'utf8' }).trim(),
  };
  const at = new Date().toISOString();
  const path = join(results, `${at.slice(0, 19).replaceAll(':', '')}.json`);
  await writeFile(
    path,
    JSON.stringify({ at, machine, versions, nodeFlags, pairs, sizes, outcomes }, null, 2),
  );
  console.log(`\nevery sample: ${path}`);
}
