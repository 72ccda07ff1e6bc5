import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { type EmbeddedAccess, maintenanceUrl, SUPERUSER } from './embedded-access.ts';
import { makeDataFolder, POSTGRES_MAJOR, type PostgresPlace, UnusableHome } from './postgres-place.ts';
import type { UnprivilegedUser } from './unprivileged-user.ts';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 20_000;
const ENVIRONMENT = { LC_ALL: 'C', PATH: '/usr/bin:/bin' };

/** Small on purpose: `waybill start` should fit into 350 MiB together with its database. */
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
const UNSAFE_SETTINGS = ['fsync=off', 'full_page_writes=off', 'synchronous_commit=off'];

/** One start of a server. */
export interface ServerStart {
  place: PostgresPlace;
  user: UnprivilegedUser | undefined;
  access: EmbeddedAccess;
  /** No fsync: for tests. */
  unsafe: boolean;
  log?: ((line: string) => void) | undefined;
}

/** Whether initdb has done its work here. @throws UnusableHome when another major version did. */
export async function isInitialised(data: string): Promise<boolean> {
  const version = await readFile(join(data, 'PG_VERSION'), 'utf8').catch(() => undefined);
  if (version === undefined) return false;
  if (version.trim() === POSTGRES_MAJOR) return true;
  throw new UnusableHome(
    `${data} holds data of PostgreSQL ${version.trim()}, this release brings ${POSTGRES_MAJOR}.`,
  );
}

/** Made aside and renamed: a cluster cut short by a crash is never taken for a whole one. */
export async function initialise({ place, user, access, unsafe }: ServerStart): Promise<void> {
  const aside = `${place.data}.new`;
  const passwordFile = `${place.data}.password`;
  await rm(aside, { recursive: true, force: true });
  await makeDataFolder(aside, user);
  await writeFile(passwordFile, `${access.passwords.super}\n`, { mode: 0o600 });
  try {
    if (user) await chown(passwordFile, user.uid, user.gid);
    await run(join(place.bin, 'initdb'), user, [
      `--pgdata=${aside}`,
      `--username=${SUPERUSER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      '--encoding=UTF8',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
      '--locale=C',
      ...(unsafe ? ['--no-sync', '--wal-segsize=1'] : []),
    ]);
    await rename(aside, place.data);
  } finally {
    await rm(passwordFile, { force: true });
    await rm(aside, { recursive: true, force: true });
  }
}

async function run(program: string, user: UnprivilegedUser | undefined, parameters: string[]): Promise<void> {
  const child = spawn(program, parameters, {
    ...user,
    cwd: dirname(program),
    stdio: ['ignore', 'ignore', 'pipe'],
    env: ENVIRONMENT,
  });
  let complaint = '';
  child.stderr!.on('data', (text: Buffer) => {
    complaint += text.toString();
  });
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} failed (${code}): ${complaint.trim()}`);
}

/** A running server and the watch that ends it should this process die. */
export class PostgresServer {
  readonly #server: ChildProcess;
  readonly #watch: ChildProcess;
  readonly #gone: Promise<unknown>;
  #tail = '';
  #stopping = false;

  private constructor(server: ChildProcess, watch: ChildProcess) {
    this.#server = server;
    this.#watch = watch;
    this.#gone = once(server, 'exit').finally(() => watch.kill('SIGKILL'));
  }

  /** Resolves when it takes connections. */
  static async launch(start: ServerStart): Promise<PostgresServer> {
    const { place, user, access } = start;
    const settings = start.unsafe ? [...SETTINGS, ...UNSAFE_SETTINGS] : SETTINGS;
    // Groups of their own: Ctrl-C at the terminal must not end the database before our work is drained.
    const options = { ...user, cwd: dirname(place.data), detached: true, env: ENVIRONMENT } as const;
    const child = spawn(
      join(place.bin, 'postgres'),
      ['-D', place.data, '-p', String(access.port), ...settings.flatMap((setting) => ['-c', setting])],
      { ...options, stdio: ['ignore', 'ignore', 'pipe'] },
    );
    await once(child, 'spawn');
    // When we die, even by kill -9, its standard input ends, and with it the server: nobody is left behind.
    const watch = spawn('/bin/sh', ['-c', 'read _; kill -INT "$1"', 'waybill-watch', String(child.pid)], {
      ...options,
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    watch.on('error', () => undefined);
    watch.stdin.on('error', () => undefined);
    const server = new PostgresServer(child, watch);
    child.stderr.on('data', (text: Buffer) => {
      server.#tail = (server.#tail + text.toString()).slice(-4000);
      start.log?.(text.toString().trimEnd());
    });
    try {
      await server.#connectable(maintenanceUrl(access));
    } catch (error) {
      await server.stop();
      throw error;
    }
    return server;
  }

  get pid(): number {
    return this.#server.pid!;
  }

  /** Called once, when the server ends though nobody stopped it. */
  onExit(report: (reason: string) => void): void {
    void this.#gone.then(() => {
      if (!this.#stopping) report(`PostgreSQL ended unexpectedly: ${this.#tail.trim() || 'it said nothing'}`);
    });
  }

  /** Clean end: connections are cut, everything is flushed. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (!this.#hasEnded()) this.#server.kill('SIGINT');
    const late = setTimeout(() => this.#server.kill('SIGQUIT'), STOP_DEADLINE_MS);
    await this.#gone;
    clearTimeout(late);
    if (this.#watch.exitCode === null && this.#watch.signalCode === null) await once(this.#watch, 'exit');
  }

  #hasEnded(): boolean {
    return this.#server.exitCode !== null || this.#server.signalCode !== null;
  }

  async #connectable(url: string): Promise<void> {
    const end = performance.now() + START_DEADLINE_MS;
    for (;;) {
      if (this.#hasEnded()) throw new Error(`PostgreSQL did not start:\n${this.#tail}`);
      const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
      client.on('error', () => undefined);
      try {
        await client.connect();
        await client.end();
        return;
      } catch (error) {
        if (performance.now() > end)
          throw new Error(`PostgreSQL did not become ready:\n${this.#tail}`, { cause: error });
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }
}
