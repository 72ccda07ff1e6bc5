import { rm } from 'node:fs/promises';
import { startEmbeddedPostgres } from '../src/index.ts';
import { makeMigratedHome } from './template.ts';

export interface TestDatabase {
  appUrl: string;
  ownerUrl: string;
  auditorUrl: string;
  superuserUrl: string;
  stop(): Promise<void>;
}

export interface TestDatabaseOptions {
  /** With fsync, as in life: for specs that kill. */
  durable?: boolean;
}

/** A migrated database of its own in a temporary folder: the real server, as a rule without fsync. */
export async function startTestDatabase({
  durable = false,
}: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const home = await makeMigratedHome();
  const server = await startEmbeddedPostgres({ home, unsafeForTests: !durable });
  return {
    ...server,
    async stop() {
      await server.stop();
      await rm(home, { recursive: true, force: true });
    },
  };
}
