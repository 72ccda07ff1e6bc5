import pg from 'pg';
import { type Prisma, PrismaClient } from './generated/client.ts';
import { openSqlTransactions, type SqlTx } from './sql-transactions.ts';
import { statementNames } from './statement-names.ts';
import { StoreAdapter, translatePoolError, WriteConflict } from './store-adapter.ts';
import { type StillAlone, workAlone } from './work-alone.ts';

/** A transaction, or the store itself where one statement needs none. */
export type Tx = Prisma.TransactionClient;

/** The connection has rights that the app must not have. */
export class UnsafeRole extends Error {
  constructor(role: string, right: string) {
    super(
      `The database role "${role}" ${right}. Waybill must not be able to change its own audit: give DATABASE_URL the role waybill_app (libs/store/README.md).`,
    );
    this.name = 'UnsafeRole';
  }
}

export interface StoreOptions {
  /** Connection of the app role. */
  url: string;
  poolSize?: number;
  connectTimeoutMs?: number;
  /** How long a transaction may stand between two statements before the server ends it. Default 10 s. */
  idleTransactionMs?: number;
  /** How long one statement may take before the server gives it up. Default 20 s. */
  statementMs?: number;
}

export interface Store {
  /** For single reads. */
  readonly db: Tx;
  /**
   * All or nothing. Conflicts of concurrent transactions are tried again a few times.
   * @throws StoreUnavailable, WriteConflict
   */
  transaction<T>(act: (tx: Tx) => Promise<T>): Promise<T>;
  /** The same for what is written thousands of times: statements only, without Prisma on the way. */
  sqlTransaction<T>(act: (tx: SqlTx) => Promise<T>): Promise<T>;
  /** Work outside of the database, by one process of the installation at a time; undefined when another one is at it. */
  workAlone<T extends object>(
    what: string,
    act: (stillAlone: StillAlone) => Promise<T>,
  ): Promise<T | undefined>;
  /** The database's clock: the only one that decides. */
  now(): Promise<Date>;
  close(): Promise<void>;
}

const TRANSACTION_DEADLINE_MS = 30_000;
const MAX_TRIES = 5;
/**
 * A process that stands still keeps its connection and every lock: nobody could take over what its lease has lost. Our own
 * deadline stands still with it, the server's does not.
 */
const IDLE_TRANSACTION_MS = 10_000;
/**
 * A search that reads too much goes on at the server though nobody waits for it any more, and twenty of them are all connections.
 * Waiting for a lock counts: who stands still with one has lost it before. What is written by the thousand (`sqlTransaction`) has
 * connections of its own, and is given all the time of a transaction.
 */
const STATEMENT_MS = 20_000;

/**
 * @throws UnsafeRole when the connection could rewrite the audit
 * @throws StoreUnavailable; so does everything that the store is asked later
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const connection = {
    connectionString: options.url,
    connectionTimeoutMillis: options.connectTimeoutMs ?? 10_000,
    idle_in_transaction_session_timeout: options.idleTransactionMs ?? IDLE_TRANSACTION_MS,
  };
  const pool = new pg.Pool({
    ...connection,
    max: options.poolSize ?? 20,
    statement_timeout: options.statementMs ?? STATEMENT_MS,
  });
  // A connection that the server ends while idle would otherwise end this process.
  pool.on('error', () => undefined);
  try {
    await assertAppRole(pool);
  } catch (error) {
    await pool.end();
    throw error instanceof UnsafeRole ? error : translatePoolError(error);
  }
  const names = statementNames();
  const statements = openSqlTransactions(connection, names, TRANSACTION_DEADLINE_MS);
  const prisma = new PrismaClient({
    adapter: new StoreAdapter(pool, { statementNameGenerator: names }),
    transactionOptions: { maxWait: 15_000, timeout: TRANSACTION_DEADLINE_MS },
  });
  return {
    db: prisma,
    transaction: (act) => withRetry(() => prisma.$transaction(act)),
    sqlTransaction: (act) => withRetry(() => statements.transaction(act)),
    workAlone: (what, act) => workAlone(pool, what, act),
    now: () => databaseClock(prisma),
    async close() {
      await prisma.$disconnect();
      await Promise.all([pool.end(), statements.close()]);
    },
  };
}

/** `18.1` */
export async function readServerVersion(db: Pick<Tx, '$queryRaw'>): Promise<string> {
  const rows = await db.$queryRaw<{ version: string }[]>`SELECT current_setting('server_version') AS version`;
  return rows[0]!.version.split(' ')[0]!;
}

/** The same within a transaction. */
export async function databaseClock(tx: Pick<Tx, '$queryRaw'>): Promise<Date> {
  const rows = await tx.$queryRaw<{ now: Date }[]>`SELECT clock_timestamp() AS now`;
  return rows[0]!.now;
}

async function assertAppRole(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{
    role: string;
    superuser: boolean;
    owner: boolean;
    changes: boolean;
  }>(`
    SELECT current_user AS role, rolsuper AS superuser, pg_has_role(relowner, 'MEMBER') AS owner,
           has_table_privilege('audit_event', 'DELETE, TRUNCATE') OR has_any_column_privilege('audit_event', 'UPDATE') AS changes
      FROM pg_roles, pg_class WHERE rolname = current_user AND pg_class.oid = 'public.audit_event'::regclass`);
  const found = rows[0]!;
  if (found.superuser) throw new UnsafeRole(found.role, 'is a superuser');
  if (found.owner) throw new UnsafeRole(found.role, 'owns the audit table');
  if (found.changes) throw new UnsafeRole(found.role, 'may change or delete audit events');
}

/** Nothing of a transaction in conflict has happened. */
async function withRetry<T>(act: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof WriteConflict) || tries === MAX_TRIES) throw error;
      // Those who met would meet again.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 20 * 2 ** tries));
    }
  }
}
