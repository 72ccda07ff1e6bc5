import pg from 'pg';
import {
  choosePort,
  DATABASE,
  type EmbeddedAccess,
  type EmbeddedUrls,
  maintenanceUrl,
  newPasswords,
  ROLES,
  readAccess,
  urlsOf,
  writeAccess,
} from './embedded-access.ts';
import { stopOrphan } from './postgres-orphan.ts';
import { choosePlace, UnusableHome } from './postgres-place.ts';
import { initialise, isInitialised, PostgresServer, type ServerStart } from './postgres-server.ts';
import { lockHome } from './process-lock.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

export interface EmbeddedPostgresOptions {
  home: string;
  /** Lines of the server's log. */
  log?: (line: string) => void;
  /** Only for tests: no fsync, so that a cluster is up at once. */
  unsafeForTests?: boolean;
}

/** A PostgreSQL server of our own, on loopback, with its data under the home. */
export interface EmbeddedPostgres extends EmbeddedUrls {
  port: number;
  pid: number;
  /** Called once, when the server ends though nobody stopped it. */
  onExit(report: (reason: string) => void): void;
  /** Clean end: connections are cut, everything is flushed. */
  stop(): Promise<void>;
}

/**
 * Starts the server of this home, making it on first use. A server left behind by a killed process is stopped and
 * recovers from its log. It never outlives this process for long: a watch stops it when this process dies.
 * @throws HomeInUse when another process works on this home
 * @throws UnusableHome when the home's data is not this release's to open
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const lock = await lockHome(options.home);
  try {
    const { server, access } = await startServer(options);
    return {
      ...urlsOf(access),
      port: access.port,
      pid: server.pid,
      onExit: (report) => server.onExit(report),
      async stop() {
        await server.stop();
        await lock.release();
      },
    };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function startServer({ home, log, unsafeForTests = false }: EmbeddedPostgresOptions) {
  const user = await unprivilegedUser();
  const place = await choosePlace(home, user);
  await stopOrphan(place.data);
  const known = await readAccess(home);
  const initialised = await isInitialised(place.data);
  if (initialised && !known)
    throw new UnusableHome(
      `${home}/database.json is gone, and with it the passwords of the database in ${place.data}. Restore it from a backup.`,
    );
  const access: EmbeddedAccess = {
    port: await choosePort(known?.port),
    passwords: known?.passwords ?? newPasswords(),
  };
  await writeAccess(home, access);
  const start: ServerStart = { place, user, access, unsafe: unsafeForTests, log };
  if (!initialised) await initialise(start);
  const server = await PostgresServer.launch(start);
  try {
    await prepareRoles(access);
    return { server, access };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

/** Roles and database are made once; passwords are set at each start to what the home holds. */
async function prepareRoles(access: EmbeddedAccess): Promise<void> {
  const client = new pg.Client({ connectionString: maintenanceUrl(access) });
  client.on('error', () => undefined);
  await client.connect();
  try {
    for (const [kind, role] of Object.entries(ROLES)) {
      const known = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
      if (known.rowCount === 0) await client.query(`CREATE ROLE ${role} LOGIN`);
      const password = client.escapeLiteral(access.passwords[kind as keyof typeof ROLES]);
      await client.query(`ALTER ROLE ${role} PASSWORD ${password}`);
    }
    const database = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (database.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE} OWNER ${ROLES.owner}`);
  } finally {
    await client.end();
  }
}
