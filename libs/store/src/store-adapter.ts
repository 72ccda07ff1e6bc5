import { PrismaPg } from '@prisma/adapter-pg';
import { isDriverAdapterError, type SqlQueryable, type Transaction } from '@prisma/driver-adapter-utils';
import pg from 'pg';

/**
 * The database cannot be reached, or ended the connection. A transaction whose commit was not answered may or may
 * not have happened: whoever repeats it must look first.
 */
export class StoreUnavailable extends Error {
  constructor(reason: string, cause: unknown) {
    super(`The database cannot be reached or ended the connection (${reason}).`, { cause });
    this.name = 'StoreUnavailable';
  }
}

/** The statement took longer than one may, and was given up: to do the same at once again will hardly help. */
export class StatementTooLong extends StoreUnavailable {
  constructor(cause: unknown) {
    super('a statement took too long', cause);
    this.name = 'StatementTooLong';
  }
}

/** A deadlock or serialization failure: nothing of the transaction has happened, it may be tried again. */
export class WriteConflict extends Error {
  constructor(cause: unknown) {
    super('Concurrent transactions kept getting in each other’s way.', { cause });
    this.name = 'WriteConflict';
  }
}

const UNAVAILABLE_KINDS: ReadonlySet<string> = new Set([
  'DatabaseNotReachable',
  'ConnectionClosed',
  'SocketTimeout',
  'TooManyConnections',
]);

/** SQLSTATE: serialization failure, deadlock. */
const CONFLICTS: ReadonlySet<string> = new Set(['40001', '40P01']);

/** SQLSTATE: given up by the server, on its own or its administrator's account. */
const GIVEN_UP = '57014';

/** SQLSTATE: connection exceptions, the end of the server or (25P03) of a session that stood still, out of connections. */
function isUnavailableState(code: string | undefined): boolean {
  return code !== undefined && (/^(08|57P)/.test(code) || code === '53300' || code === '25P03');
}

/** Errors of node-postgres itself, before Prisma has seen them. */
export function translatePoolError(error: unknown): unknown {
  if (error instanceof pg.DatabaseError) {
    if (error.code !== undefined && CONFLICTS.has(error.code)) return new WriteConflict(error);
    if (error.code === GIVEN_UP) return new StatementTooLong(error);
    return isUnavailableState(error.code) ? new StoreUnavailable(error.code!, error) : error;
  }
  return new StoreUnavailable(reasonOf(error), error);
}

function translate(error: unknown): unknown {
  // What the server did not say itself is a broken or missing connection.
  if (!isDriverAdapterError(error)) return new StoreUnavailable(reasonOf(error), error);
  const { kind, originalCode } = error.cause;
  if (kind === 'TransactionWriteConflict') return new WriteConflict(error);
  if (originalCode === GIVEN_UP) return new StatementTooLong(error);
  if (UNAVAILABLE_KINDS.has(kind) || isUnavailableState(originalCode))
    return new StoreUnavailable(originalCode ?? kind, error);
  return error;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return code ?? message ?? 'no reason given';
}

/** The border: every error of the driver is translated here, once, for models and raw SQL alike. */
export class StoreAdapter extends PrismaPg {
  override async connect() {
    const adapter = await super.connect();
    const startTransaction = adapter.startTransaction.bind(adapter);
    return Object.assign(translating(adapter), {
      startTransaction: async (...args: Parameters<typeof startTransaction>): Promise<Transaction> =>
        translating(await guarded(() => startTransaction(...args))),
    });
  }
}

function translating<T extends SqlQueryable>(target: T): T {
  const queryRaw = target.queryRaw.bind(target);
  const executeRaw = target.executeRaw.bind(target);
  const guards: Pick<SqlQueryable, 'queryRaw' | 'executeRaw'> = {
    queryRaw: (query) => guarded(() => queryRaw(query)),
    executeRaw: (query) => guarded(() => executeRaw(query)),
  };
  return Object.assign(target, guards);
}

async function guarded<T>(act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw translate(error);
  }
}
