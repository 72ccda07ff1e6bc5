import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chmod, chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import pg from 'pg';
import { choosePlace, type PostgresPlace } from './postgres-place.ts';
import { processExists, takeProcessLock } from './process-lock.ts';
import { type UnprivilegedUser, unprivilegedUser } from './unprivileged-user.ts';

const SUPERUSER = 'waybill_super';
const DATABASE = 'waybill';
/** The three roles of a Waybill database: who migrates, who works, who only reads. */
export const ROLES = { owner: 'waybill_owner', app: 'waybill_app', auditor: 'waybill_auditor' } as const;

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;

export interface EmbeddedPostgresOptions {
  home: string;
  /** Lines of the server's log. */
  log?: (line: string) => void;
  /** Only for tests: no fsync, so that a cluster is up at once. */
  unsafeForTests?: boolean;
}

/** A PostgreSQL server of our own, on loopback, with its data under the home. */
export interface EmbeddedPostgres {
  ownerUrl: string;
  appUrl: string;
  auditorUrl: string;
  superuserUrl: string;
  port: number;
  pid: number;
  /** Clean end: connections are cut, everything is flushed. */
  stop(): Promise<void>;
}

/** What is kept in the home, 0600: without it nobody can log in. */
interface Access {
  port: number;
  passwords: { super: string; owner: string; app: string; auditor: string };
}

/**
 * Starts the server of this home, making it on first use. A server left behind by a killed process is stopped and
 * recovers from its log.
 * @throws HomeInUse when another process works on this home.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const lock = await takeProcessLock(join(options.home, 'waybill.lock'));
  try {
    const user = await unprivilegedUser();
    const place = await choosePlace(options.home, user);
    await stopOrphan(place);
    const access = await readAccess(options.home);
    await initialise(place, user, access);
    const server = await launch(place, user, access, options);
    await prepareRoles(access);
    return {
      ...urls(access),
      port: access.port,
      pid: server.pid!,
      async stop() {
        await stopServer(server);
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** The connections of a home whose server is running now (another process started it). */
export async function readEmbeddedUrls(home: string): Promise<ReturnType<typeof urls> | undefined> {
  const access = await readAccessFile(home);
  return access && urls(access);
}

function urls({ port, passwords }: Access) {
  const url = (role: string, password: string) =>
    `postgresql://${role}:${password}@127.0.0.1:${port}/${DATABASE}`;
  return {
    superuserUrl: url(SUPERUSER, passwords.super),
    ownerUrl: url(ROLES.owner, passwords.owner),
    appUrl: url(ROLES.app, passwords.app),
    auditorUrl: url(ROLES.auditor, passwords.auditor),
  };
}

async function readAccessFile(home: string): Promise<Access | undefined> {
  try {
    return JSON.parse(await readFile(join(home, 'database.json'), 'utf8')) as Access;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

async function readAccess(home: string): Promise<Access> {
  const known = await readAccessFile(home);
  const password = () => randomBytes(24).toString('base64url');
  const access: Access = {
    // The port is kept while it is free, so that a running `waybill` elsewhere finds the server again.
    port: known && (await isFree(known.port)) ? known.port : await freePort(),
    passwords: known?.passwords ?? {
      super: password(),
      owner: password(),
      app: password(),
      auditor: password(),
    },
  };
  const path = join(home, 'database.json');
  await writeFile(`${path}.new`, JSON.stringify(access), { mode: 0o600 });
  await rename(`${path}.new`, path);
  return access;
}

async function freePort(): Promise<number> {
  return listenOn(0);
}

async function isFree(port: number): Promise<boolean> {
  return listenOn(port).then(
    () => true,
    () => false,
  );
}

async function listenOn(port: number): Promise<number> {
  const probe = createServer();
  probe.listen(port, '127.0.0.1');
  await once(probe, 'listening');
  const found = (probe.address() as AddressInfo).port;
  probe.close();
  await once(probe, 'close');
  return found;
}

/** After `kill -9` of its parent the server lives on; its pid file says so. */
async function stopOrphan(place: PostgresPlace): Promise<void> {
  const text = await readFile(join(place.data, 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !processExists(pid)) return;
  const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  if (!command.includes(place.data)) return;
  process.kill(pid, 'SIGINT');
  await until(
    () => !processExists(pid),
    STOP_DEADLINE_MS,
    `The PostgreSQL server ${pid} left by an earlier process does not stop.`,
  );
}

async function until(condition: () => boolean, deadlineMs: number, complaint: string): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!condition()) {
    if (Date.now() > end) throw new Error(complaint);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function initialise(
  place: PostgresPlace,
  user: UnprivilegedUser | undefined,
  access: Access,
): Promise<void> {
  const version = await readFile(join(place.data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version !== undefined) return;
  const passwordFile = `${place.data}.password`;
  await writeFile(passwordFile, `${access.passwords.super}\n`, { mode: 0o600 });
  if (user) await chown(passwordFile, user.uid, user.gid);
  try {
    await run(join(place.bin, 'initdb'), user, [
      `--pgdata=${place.data}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      '--no-sync',
    ]);
  } catch (error) {
    // A cluster cut short would be taken for a whole one at the next start.
    await rm(join(place.data, 'PG_VERSION'), { force: true });
    throw error;
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function run(program: string, user: UnprivilegedUser | undefined, parameters: string[]): Promise<void> {
  await chmod(program, 0o755).catch(() => undefined);
  const child = spawn(program, parameters, {
    ...user,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
  });
  let complaint = '';
  child.stderr!.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} failed (${code}): ${complaint.trim()}`);
}

/** Small on purpose: the all-in-one process should fit into 350 MiB together with its database. */
const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=',
  'max_connections=80',
  'shared_buffers=64MB',
  'max_wal_size=256MB',
  'jit=off',
  'log_min_messages=warning',
  'idle_in_transaction_session_timeout=5min',
  'TimeZone=UTC',
  'io_method=sync',
];

async function launch(
  place: PostgresPlace,
  user: UnprivilegedUser | undefined,
  access: Access,
  options: EmbeddedPostgresOptions,
): Promise<ChildProcess> {
  const settings = options.unsafeForTests ? [...SETTINGS, 'fsync=off', 'full_page_writes=off'] : SETTINGS;
  const server = spawn(
    join(place.bin, 'postgres'),
    ['-D', place.data, '-p', String(access.port), ...settings.flatMap((setting) => ['-c', setting])],
    // Its own process group: Ctrl-C at the terminal must not end the database before our work is drained.
    {
      ...user,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    },
  );
  let tail = '';
  let ended = false;
  server.once('exit', () => {
    ended = true;
  });
  server.once('error', (error) => {
    ended = true;
    tail += error.message;
  });
  server.stderr!.on('data', (text: Buffer) => {
    tail = (tail + text.toString()).slice(-4000);
    options.log?.(text.toString().trimEnd());
  });
  await connectable(
    urls(access).superuserUrl.replace(/\/[^/]+$/, '/postgres'),
    () => ended,
    () => tail,
  );
  return server;
}

async function connectable(url: string, hasEnded: () => boolean, tail: () => string): Promise<void> {
  const end = Date.now() + START_DEADLINE_MS;
  for (;;) {
    if (hasEnded()) throw new Error(`PostgreSQL did not start:\n${tail()}`);
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (Date.now() > end) throw new Error(`PostgreSQL did not become ready:\n${tail()}`, { cause: error });
      await new Promise((resolve) => setTimeout(resolve, 30));
    }
  }
}

async function stopServer(server: ChildProcess): Promise<void> {
  if (server.exitCode !== null || server.signalCode !== null) return;
  const gone = once(server, 'exit');
  server.kill('SIGINT');
  const late = setTimeout(() => server.kill('SIGQUIT'), STOP_DEADLINE_MS);
  await gone;
  clearTimeout(late);
}

/** Roles and database are made once; passwords are set at each start to what the home holds. */
async function prepareRoles(access: Access): Promise<void> {
  const { superuserUrl } = urls(access);
  await withClient(superuserUrl.replace(/\/[^/]+$/, '/postgres'), async (client) => {
    for (const [kind, role] of Object.entries(ROLES)) {
      const known = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
      if (known.rowCount === 0) await client.query(`CREATE ROLE ${role} LOGIN`);
      const password = client.escapeLiteral(access.passwords[kind as keyof typeof ROLES]);
      await client.query(`ALTER ROLE ${role} PASSWORD ${password}`);
    }
    const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (database.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${ROLES.owner}`);
  });
}

async function withClient(url: string, act: (client: pg.Client) => Promise<void>): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await act(client);
  } finally {
    await client.end();
  }
}
