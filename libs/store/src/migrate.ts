import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { packageRoot } from '#config';

/** One lock for all who migrate this database at once; the number means nothing. */
const MIGRATION_LOCK = 727_218_301;

/** A migration that was applied is not the one in the folder any more. */
export class ChangedMigration extends Error {
  constructor(name: string) {
    super(
      `The migration ${name} was changed after it had been applied. Restore the file; put changes into a new migration.`,
    );
    this.name = 'ChangedMigration';
  }
}

/** The database knows migrations that this release does not. */
export class NewerDatabase extends Error {
  constructor(name: string) {
    super(
      `The database holds the migration ${name}, which a newer Waybill applied. Start that release, not this one.`,
    );
    this.name = 'NewerDatabase';
  }
}

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}

/**
 * Applies the migrations of `prisma/migrations` that are missing, each in its own transaction, and notes them as
 * `prisma migrate` does. Several processes may call it at once. Returns the names applied.
 * @param url connection of the owner role
 * @throws ChangedMigration, NewerDatabase; nothing is applied then
 */
export async function migrate(url: string, options: { folder?: string } = {}): Promise<string[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query('SELECT pg_advisory_lock($1)', [MIGRATION_LOCK]);
    await client.query(NOTES_TABLE);
    const migrations = await readMigrations(options.folder ?? join(packageRoot(), 'prisma/migrations'));
    const missing = await compare(client, migrations);
    for (const migration of missing) await apply(client, migration);
    return missing.map(({ name }) => name);
  } finally {
    await client.end();
  }
}

const NOTES_TABLE = `
  CREATE TABLE IF NOT EXISTS _prisma_migrations (
    id varchar(36) PRIMARY KEY, checksum varchar(64) NOT NULL, finished_at timestamptz, migration_name varchar(255) NOT NULL,
    logs text, rolled_back_at timestamptz, started_at timestamptz NOT NULL DEFAULT now(), applied_steps_count integer NOT NULL DEFAULT 0)`;

async function readMigrations(folder: string): Promise<Migration[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  const names = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return Promise.all(
    names.sort().map(async (name) => {
      const sql = await readFile(join(folder, name, 'migration.sql'), 'utf8');
      return { name, sql, checksum: createHash('sha256').update(sql).digest('hex') };
    }),
  );
}

/** The migrations that the database does not have; those it has must be ours, unchanged. */
async function compare(client: pg.Client, migrations: readonly Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<{ name: string; checksum: string }>(
    `SELECT migration_name AS name, checksum FROM _prisma_migrations
      WHERE finished_at IS NOT NULL AND rolled_back_at IS NULL ORDER BY migration_name`,
  );
  for (const { name, checksum } of rows) {
    const ours = migrations.find((migration) => migration.name === name);
    if (!ours) throw new NewerDatabase(name);
    if (ours.checksum !== checksum) throw new ChangedMigration(name);
  }
  const known = new Set(rows.map(({ name }) => name));
  return migrations.filter(({ name }) => !known.has(name));
}

async function apply(client: pg.Client, { name, sql, checksum }: Migration): Promise<void> {
  await client.query('BEGIN');
  try {
    await client.query(sql);
    await client.query(
      `INSERT INTO _prisma_migrations (id, checksum, migration_name, finished_at, applied_steps_count)
       VALUES (gen_random_uuid()::text, $1, $2, now(), 1)`,
      [checksum, name],
    );
    await client.query('COMMIT');
  } catch (error) {
    await client.query('ROLLBACK');
    throw new Error(`The migration ${name} failed: ${(error as Error).message}`, { cause: error });
  }
}
