import { spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { parse, stringify } from 'yaml';

/**
 * docker-compose.yml as its first lines say it is started, with three workers, on images that can be had without a
 * registry. `--image` is what the Dockerfile built; `--keep` leaves everything standing.
 */
const FILES = 300;
const FILE_BYTES = 200_000;
const ROOT = join(import.meta.dirname, '../..');
const IMAGES = { 'postgres-compose': 'waybill-test/postgres-compose', redis: 'waybill-test/redis' };

const { values: options } = parseArgs({
  options: { image: { type: 'string', default: 'waybill' }, keep: { type: 'boolean', default: false } },
});

const home = await mkdtemp(join(tmpdir(), 'waybill-compose-'));
const project = `waybill-test-${randomBytes(3).toString('hex')}`;
const roles = join(home, 'roles.sh');

function command(program: string, args: readonly string[], input?: string): string {
  const done = spawnSync(program, args, {
    cwd: home,
    env: { ...process.env, WAYBILL_COMPOSE_ROLES: roles, COMPOSE_PROJECT_NAME: project },
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    ...(input !== undefined && { input }),
  });
  if (done.status !== 0)
    throw new Error(`${program} ${args.join(' ')} ended with ${done.status}: ${done.stderr}${done.stdout}`);
  return done.stdout;
}

/** The plugin knows the whole file; version 1, which Debian has, knows no inline configs. */
function findCompose(): { program: string; before: string[]; version: string; old: boolean } {
  const plugin = spawnSync('docker', ['compose', 'version', '--short'], { encoding: 'utf8' });
  if (plugin.status === 0)
    return { program: 'docker', before: ['compose'], version: plugin.stdout.trim(), old: false };
  const version = command('docker-compose', ['version', '--short']).trim();
  return { program: 'docker-compose', before: [], version, old: version.startsWith('1.') };
}

const found = findCompose();
const compose = (...args: string[]) => command(found.program, [...found.before, ...args]);
const waybill = (...args: string[]) =>
  compose(...['exec', '-T', 'api', 'node_modules/.bin/node', 'dist/apps/cli/src/main.js', ...args]);

interface ComposeFile {
  services: Record<string, { build?: string; image: string; configs?: unknown }>;
  configs?: { roles: { content: string } };
}

async function prepare(): Promise<void> {
  for (const [folder, tag] of Object.entries(IMAGES))
    command('docker', ['build', '--quiet', '--tag', tag, join(ROOT, 'test/images', folder)]);
  const text = await readFile(join(ROOT, 'docker-compose.yml'), 'utf8');
  const file = parse(text, { merge: true }) as ComposeFile;
  // The script is mounted by the override, so that both versions of compose run the same.
  await writeFile(roles, file.configs!.roles.content.replaceAll('$$', '$'));
  await chmod(roles, 0o755);
  for (const service of Object.values(file.services)) {
    delete service.configs;
    if (service.build === undefined) continue;
    delete service.build;
    service.image = options.image;
  }
  delete file.configs;
  await writeFile(join(home, 'docker-compose.yml'), stringify(file, { aliasDuplicateObjects: false }));
  await copyFile(join(ROOT, 'test/compose/override.yml'), join(home, 'docker-compose.override.yml'));
  // The secrets, by the very lines that the file tells its reader to type.
  const lines = text.split('\n').filter((line) => /^# {3}(mkdir|for|openssl|echo) /.test(line));
  command('sh', ['-euc', lines.map((line) => line.slice(4)).join('\n')]);
  // People keep them to themselves; compose without swarm hands the files over as they are.
  command('sh', ['-c', 'chmod 644 secrets/*']);
}

async function waitFor<T>(what: string, seconds: number, look: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + seconds * 1_000;
  for (;;) {
    const seen = await look().catch(() => undefined);
    if (seen !== undefined) return seen;
    if (Date.now() > deadline) throw new Error(`${what}: not within ${seconds} s`);
    await pause(500);
  }
}

const url = 'http://127.0.0.1:8421/api/v1';
let key = '';
async function call<T>(method: string, path: string): Promise<T> {
  const answer = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    ...(method === 'POST' && { body: '{}' }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}

interface Run {
  id: string;
  state: string;
}

const ready = () =>
  waitFor('readiness of the api', 120, async () =>
    (await fetch(`${url}/health/ready`)).ok ? true : undefined,
  );
const finished = (id: string, seconds = 120) =>
  waitFor(`run ${id}`, seconds, async () => {
    const run = await call<Run>('GET', `/runs/${id}`);
    return ['delivered', 'partly_delivered', 'failed', 'held', 'cancelled'].includes(run.state)
      ? run
      : undefined;
  });

function expectEqual(what: string, seen: unknown, wanted: unknown): void {
  const equal = JSON.stringify(seen) === JSON.stringify(wanted);
  process.stdout.write(`${equal ? 'ok' : 'NOT OK'}  ${what}: ${JSON.stringify(seen)}\n`);
  if (!equal) throw new Error(`${what} should be ${JSON.stringify(wanted)}`);
}

const inDatabase = (query: string) =>
  compose(
    ...['exec', '-T', '-e', 'PGHOST=/tmp', 'postgres', 'psql', '--username=postgres', '--dbname=waybill'],
    ...['--tuples-only', '--no-align', '--command', query],
  ).trim();
const redis = (...words: string[]) =>
  compose(
    'exec',
    '-T',
    'redis',
    'sh',
    '-c',
    `REDISCLI_AUTH="$(cat /run/secrets/redis)" redis-cli ${words.join(' ')}`,
  )
    .trim()
    .split('\n');

/** New files, each of other bytes; what they add up to must be at the destination afterwards. */
function plant(folder: string): void {
  compose(
    ...['exec', '-T', 'api', 'sh', '-euc'],
    `mkdir -p ~/exchange/out ~/exchange/in; cd ~/exchange/out; for n in $(seq ${FILES}); do head -c ${FILE_BYTES} /dev/urandom > ${folder}-$n.bin; done`,
  );
}

function contentsOf(folder: string): string {
  const listed = compose('exec', '-T', 'api', 'sh', '-c', `cd ~/exchange/${folder} && sha256sum -- *`);
  return createHash('sha256').update(listed).digest('hex');
}

const ROUTE = `apiVersion: waybill/v1
endpoints:
  - {name: here, protocol: local, root: /var/lib/waybill/exchange, maxSessions: 32}
routes:
  - name: move
    source: {endpoint: here, path: /out, settleMs: 0}
    destination: {endpoint: here, path: /in}
    verify: {minimum: read_back}
    lanes: 12
`;

async function show(): Promise<void> {
  compose('up', '-d', '--scale', 'worker=3');
  await ready();
  expectEqual('workers that run', compose('ps', '-q', 'worker').trim().split('\n').length, 3);
  expectEqual('Redis keeps what it is told', redis('CONFIG', 'GET', 'appendonly'), ['appendonly', 'yes']);
  expectEqual('Redis evicts nothing', redis('CONFIG', 'GET', 'maxmemory-policy'), [
    'maxmemory-policy',
    'noeviction',
  ]);
  key = (JSON.parse(waybill('key', 'create', 'ops', '--role', 'admin', '--json')) as { key: string }).key;
  compose(
    'exec',
    '-T',
    'api',
    'sh',
    '-euc',
    `mkdir -p ~/exchange; cat > ~/exchange.yaml <<'END'\n${ROUTE}END`,
  );
  waybill('apply', '-f', '/var/lib/waybill/exchange.yaml');

  plant('first');
  const first = await call<Run>('POST', '/routes/move/runs');
  expectEqual('a run of 300 files', (await finished(first.id)).state, 'delivered');
  expectEqual('every byte of them', contentsOf('in'), contentsOf('out'));
  const workersOf = (id: string) =>
    inDatabase(
      `SELECT count(DISTINCT worker) FROM attempt JOIN transfer ON transfer.id = transfer_id WHERE run_id = '${id}'`,
    );
  expectEqual('workers that took part', workersOf(first.id), '3');

  plant('second');
  const second = await call<Run>('POST', '/routes/move/runs');
  await waitFor('the first deliveries', 60, async () =>
    Number(
      inDatabase(`SELECT count(*) FROM transfer WHERE run_id = '${second.id}' AND state = 'delivered'`),
    ) > 5
      ? true
      : undefined,
  );
  const [doomed] = compose('ps', '-q', 'worker').trim().split('\n');
  command('docker', ['kill', '--signal', 'KILL', doomed!]);
  compose('restart', 'redis');
  expectEqual(
    'the same after a worker was killed and Redis restarted',
    (await finished(second.id)).state,
    'delivered',
  );
  expectEqual('every byte of them', contentsOf('in'), contentsOf('out'));
  expectEqual(
    'deliveries of each file',
    inDatabase(
      "SELECT max(n) FROM (SELECT count(*) AS n FROM transfer WHERE state = 'delivered' GROUP BY source_path) AS each",
    ),
    '1',
  );

  compose('stop');
  compose('up', '-d', '--scale', 'worker=3');
  await ready();
  expectEqual(
    'what was delivered before the restart',
    (await call<Run>('GET', `/runs/${first.id}`)).state,
    'delivered',
  );
  const third = await call<Run>('POST', '/routes/move/runs');
  expectEqual('a run after it', (await finished(third.id)).state, 'delivered');
  expectEqual(
    'what it has to deliver',
    inDatabase(`SELECT DISTINCT state FROM transfer WHERE run_id = '${third.id}'`),
    'suppressed',
  );
}

/** A service whose settings are changed must end with one line that says why. */
function showRefusal(what: string, service: string, variables: Record<string, string>, words: RegExp): void {
  const given = Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]);
  const done = spawnSync(
    found.program,
    [...found.before, 'run', '--rm', '--no-deps', '-T', ...given, service],
    {
      cwd: home,
      env: { ...process.env, WAYBILL_COMPOSE_ROLES: roles, COMPOSE_PROJECT_NAME: project },
      encoding: 'utf8',
      timeout: 60_000,
    },
  );
  const lines = `${done.stdout}${done.stderr}`.split('\n').filter((line) => line.startsWith('waybill:'));
  expectEqual(
    `${what} is refused, in one line that says why`,
    [done.status !== 0, lines.length, words.test(lines[0] ?? '')],
    [true, 1, true],
  );
  process.stdout.write(`      ${lines[0]}\n`);
}

const began = Date.now();
process.stdout.write(`compose ${found.version}, image ${options.image}, project ${project}\n`);
try {
  await mkdir(home, { recursive: true });
  await prepare();
  await show();
  redis('CONFIG', 'SET', 'maxmemory-policy', 'allkeys-lru');
  showRefusal('a Redis that evicts', 'worker', {}, /allkeys-lru.*noeviction/);
  redis('CONFIG', 'SET', 'maxmemory-policy', 'noeviction');
  redis('CONFIG', 'SET', 'appendonly', 'no');
  showRefusal('a Redis that forgets', 'scheduler', {}, /appendonly/);
  redis('CONFIG', 'SET', 'appendonly', 'yes');
  inDatabase('GRANT waybill_owner TO waybill_app');
  showRefusal('a database role that owns the audit tables', 'worker', {}, /role|owner/i);
  process.stdout.write(`all of it in ${Math.round((Date.now() - began) / 1_000)} s\n`);
} finally {
  if (!options.keep) {
    compose('down', '--volumes', '--timeout', '20');
    await rm(home, { recursive: true, force: true });
  }
}
