import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { Wait } from 'testcontainers';
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

/** The oldest PostgreSQL we support, with the three roles made as libs/store/README.md tells an administrator. */
export async function startPostgres(): Promise<PostgresServer> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-postgres-'));
  const password = randomBytes(12).toString('hex');
  await writeFile(join(folder, 'password'), `${password}\n`);
  // Read by the container's own user.
  await chmod(folder, 0o755);
  const address = nextLoopbackAddress();
  const port = 5499;
  const image = await imageOf('postgres');
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
