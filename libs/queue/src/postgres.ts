import { createPostgresBackend, LATEST_SCHEMA_VERSION, Queue, runMigrations, Worker } from 'bullmq';
import pg from 'pg';
import { TransferError } from '#domain';
import type { OpenBackend, PostgresQueueBackend } from './backend.ts';

/** BullMQ's own tables, apart from ours. */
const SCHEMA = 'bullmq';
const CONNECT_TIMEOUT_MS = 5_000;
const QUERY_TIMEOUT_MS = 15_000;

/** @throws TransferError `invalid_configuration` when the queue's tables are missing and this role may not make them. */
export async function openPostgres(backend: PostgresQueueBackend): Promise<OpenBackend> {
  await withClient(backend.connectionString, prepareTables);
  // A number of connections that a small embedded server can bear: ring rarely, listen on one of its own.
  const connection = (max: number) => ({
    connectionString: backend.connectionString,
    schema: SCHEMA,
    max,
    keepAlive: true,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    // A process that stands still must not keep the others from their doorbells.
    idle_in_transaction_session_timeout: QUERY_TIMEOUT_MS,
  });
  return {
    makeQueue: (name) => new Queue(name, { connection: connection(2) }, createPostgresBackend),
    makeWorker: (name, process, options) =>
      new Worker(name, process, { ...options, connection: connection(3) }, createPostgresBackend),
    close: async () => undefined,
  };
}

const INSUFFICIENT_PRIVILEGE = '42501';
const UNDEFINED_TABLE = '42P01';

/** The app role owns the queue's schema: it may create schemas in this database, and nothing else of the owner's. */
async function prepareTables(client: pg.Client): Promise<void> {
  if ((await schemaVersion(client)) >= LATEST_SCHEMA_VERSION) return;
  try {
    await runMigrations(client, SCHEMA);
  } catch (cause) {
    if ((cause as pg.DatabaseError).code !== INSUFFICIENT_PRIVILEGE) throw cause;
    throw new TransferError('invalid_configuration', {
      phase: 'connect',
      detail:
        'The tables of the queue are missing or old, and the role of DATABASE_URL may not make them: grant it CREATE on the database.',
      cause,
    });
  }
}

async function schemaVersion(client: pg.Client): Promise<number> {
  try {
    const { rows } = await client.query<{ version: number }>(
      `SELECT coalesce(max(version), 0)::int AS version FROM ${SCHEMA}.migration`,
    );
    return rows[0]?.version ?? 0;
  } catch (error) {
    if ((error as pg.DatabaseError).code === UNDEFINED_TABLE) return 0;
    if ((error as pg.DatabaseError).code === INSUFFICIENT_PRIVILEGE) return 0;
    throw error;
  }
}

async function withClient(
  connectionString: string,
  act: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({ connectionString, connectionTimeoutMillis: CONNECT_TIMEOUT_MS });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await act(client);
  } finally {
    await client.end();
  }
}
