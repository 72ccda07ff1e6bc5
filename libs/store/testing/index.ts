import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, startEmbeddedPostgres } from '../src/index.ts';

export interface TestDatabase {
  appUrl: string;
  ownerUrl: string;
  auditorUrl: string;
  superuserUrl: string;
  stop(): Promise<void>;
}

/** A migrated database of its own in a temporary folder: the real server, without fsync. */
export async function startTestDatabase(): Promise<TestDatabase> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-database-'));
  await chmod(home, 0o755);
  const server = await startEmbeddedPostgres({ home, unsafeForTests: true });
  await migrate(server.ownerUrl);
  return {
    ...server,
    async stop() {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
