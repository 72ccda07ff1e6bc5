import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type GenericContainer, type StartedTestContainer, Wait } from 'testcontainers';
import { ROLES } from '#store';
import { imageOf } from './docker.ts';
import { listening, nextLoopbackAddress } from './loopback.ts';

export interface PostgresServer {
  superuserUrl: string;
  ownerUrl: string;
  appUrl: string;
  auditorUrl: string;
  stop(): Promise<void>;
}

export interface StoppablePostgres extends PostgresServer {
  /** `immediate`: every connection breaks, nothing is flushed; the next start recovers from the log. */
  stopImmediately(): Promise<void>;
  startAgain(): Promise<void>;
}

const PG_CTL =
  '/usr/lib/postgresql/15/bin/pg_ctl --pgdata=/var/lib/postgresql/test --log=/tmp/server.log --wait';

/** The server as a child of something that stays: its disk outlives it. */
const STOPPABLE = `set -eu
/usr/lib/postgresql/15/bin/initdb --pgdata=/var/lib/postgresql/test --username=postgres --pwfile=/secret/password \
  --auth=scram-sha-256 --encoding=UTF8 > /dev/null
cat >> /var/lib/postgresql/test/postgresql.conf <<CONF
listen_addresses = '$ADDRESS'
port = $PORT
unix_socket_directories = '/tmp'
max_connections = 300
CONF
${PG_CTL} start
exec tail -f /dev/null`;

/** The oldest PostgreSQL we support, with the three roles made as libs/store/README.md tells an administrator. */
export async function startPostgres(): Promise<PostgresServer> {
  return startServer(await imageOf('postgres'));
}

/** The same, for those who stop it in the middle of its work. */
export async function startStoppablePostgres(): Promise<StoppablePostgres> {
  const image = (await imageOf('postgres')).withEntrypoint(['/bin/sh', '-c', STOPPABLE]);
  const { container, ...server } = await startServer(image);
  const control = async (order: string): Promise<void> => {
    const { exitCode, output } = await container.exec(['/bin/sh', '-c', `${PG_CTL} ${order}`]);
    if (exitCode !== 0) throw new Error(`pg_ctl ${order}: ${output}`);
  };
  return {
    ...server,
    stopImmediately: () => control('--mode=immediate stop'),
    startAgain: () => control('start'),
  };
}

async function startServer(
  image: GenericContainer,
): Promise<PostgresServer & { container: StartedTestContainer }> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-postgres-'));
  const password = randomBytes(12).toString('hex');
  await writeFile(join(folder, 'password'), `${password}\n`);
  // Read by the container's own user.
  await chmod(folder, 0o755);
  const address = nextLoopbackAddress();
  const port = 5499;
  const container = await image
    .withNetworkMode('host')
    .withEnvironment({ ADDRESS: address, PORT: String(port) })
    .withBindMounts([{ source: folder, target: '/secret', mode: 'ro' }])
    .withWaitStrategy(Wait.forSuccessfulCommand('true'))
    .start();
  await listening(address, port);
  const url = (role: string, database: string) =>
    `postgresql://${role}:${password}@${address}:${port}/${database}`;
  const client = await connected(url('postgres', 'postgres'));
  for (const role of Object.values(ROLES))
    await client.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  await client.query(`CREATE DATABASE waybill OWNER ${ROLES.owner}`);
  await client.end();
  return {
    container,
    superuserUrl: url('postgres', 'waybill'),
    ownerUrl: url(ROLES.owner, 'waybill'),
    appUrl: url(ROLES.app, 'waybill'),
    auditorUrl: url(ROLES.auditor, 'waybill'),
    async stop() {
      await container.stop({ timeout: 1_000 });
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** The server listens a moment before it lets anybody in. */
async function connected(url: string): Promise<pg.Client> {
  const end = Date.now() + 30_000;
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      return client;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
