// npm run bench:system: the whole product, from a trigger to a finished run, against lftp and against our bare engine.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { lftpSettings } from '../peers.ts';
import { Servers } from '../servers.ts';
import { printTitle } from '../table.ts';
import { idleRow } from './idle.ts';
import { type Installation, type Mode, startInstallation } from './installation.ts';
import { manyRow } from './many.ts';
import type { Bench, Measured } from './measured.ts';
import { schedulesRow } from './schedules.ts';
import { triggersRow } from './triggers.ts';

const ROWS: Record<string, (bench: Bench, installation: Installation) => Promise<Measured[]>> = {
  idle: idleRow,
  many: manyRow,
  triggers: triggersRow,
  schedules: schedulesRow,
};

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: Object.keys(ROWS).join(',') },
    modes: { type: 'string', default: 'embedded,services' },
    pairs: { type: 'string', default: '5' },
    small: { type: 'boolean', default: false },
  },
});
const rows = values.rows.split(',');
const modes = values.modes.split(',') as Mode[];
const unknown = [
  ...rows.filter((name) => !(name in ROWS)).map((name) => `no row ${name}: ${Object.keys(ROWS).join(', ')}`),
  ...modes
    .filter((mode) => mode !== 'embedded' && mode !== 'services')
    .map((mode) => `no mode ${mode}: embedded, services`),
  ...(Number(values.pairs) >= 1 ? [] : ['--pairs is a number from 1']),
];
for (const complaint of unknown) console.error(`bench:system: ${complaint}`);
if (unknown.length > 0) process.exit(2);

const disk = await mkdtemp(join(tmpdir(), 'waybill-bench-'));
const memory = await mkdtemp('/dev/shm/waybill-bench-');
const sizes = { largeMebibytes: 1, manyFiles: values.small ? 100 : 1000, distantFiles: 1 };
const servers = new Servers(memory, sizes);
const measured: Measured[] = [];
try {
  const server = await servers.get('in_memory');
  // The server's folders are in memory; what is ours is on the disk.
  process.env['TMPDIR'] = disk;
  await writeFile(join(disk, 'ca.pem'), server.caPem);
  const place = { ...server, caPath: join(disk, 'ca.pem') };
  await writeFile(join(disk, 'lftp'), lftpSettings(place), { mode: 0o600 });
  const target = join(disk, 'target');
  await mkdir(target);
  const bench: Bench = {
    server,
    target,
    pairs: Number(values.pairs),
    count: values.small ? 50 : 500,
    schedules: values.small ? 100 : 1000,
    environment: {
      HOME: disk,
      BENCH_HOST: server.host,
      BENCH_PORT: String(server.port),
      BENCH_USER: server.username,
      BENCH_PASSWORD: server.password,
      BENCH_CA: place.caPath,
      BENCH_LFTP: join(disk, 'lftp'),
    },
  };
  for (const mode of modes) {
    const installation = await startInstallation(mode, { BENCH_PASSWORD: server.password });
    try {
      for (const name of rows) {
        printTitle(name, mode === 'embedded' ? 'embedded PostgreSQL' : 'PostgreSQL and Redis');
        measured.push(...(await ROWS[name]!(bench, installation)).map((each) => ({ ...each, mode })));
      }
    } finally {
      await installation.stop();
    }
  }
} finally {
  await servers.stop();
  for (const folder of [disk, memory]) await rm(folder, { recursive: true, force: true });
}
const results = join(import.meta.dirname, '../results');
await mkdir(results, { recursive: true });
const at = new Date().toISOString();
const path = join(results, `system-${at.slice(0, 19).replaceAll(':', '')}.json`);
await writeFile(path, JSON.stringify({ at, node: process.version, sizes, measured }, null, 2));
console.log(`\nevery figure: ${path}`);
process.exit(measured.every(({ passed }) => passed) ? 0 : 1);
