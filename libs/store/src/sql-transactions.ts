import pg from 'pg';
import { Prisma } from './generated/client.ts';
import { translatePoolError } from './store-adapter.ts';

/** A part of a statement, with its values. */
export type Sql = Prisma.Sql;
export const sql = Prisma.sql;

/**
 * A transaction that takes statements only; what takes one takes Prisma's as well. Statements that are asked for at once go
 * to the server at once, and are carried out in their order.
 */
export interface SqlTx {
  $queryRaw<T>(text: TemplateStringsArray, ...values: unknown[]): Promise<T>;
  /** Resolves with the number of changed rows. */
  $executeRaw(text: TemplateStringsArray, ...values: unknown[]): Promise<number>;
}

export interface SqlTransactions {
  /** @throws StoreUnavailable, WriteConflict */
  transaction<T>(act: (tx: SqlTx) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** One for the lanes of a process, and some for what does not wait for them. */
const CONNECTIONS = 4;

/** 64 bits as Prisma gives them: a number would lose the last digits. */
const TYPES: pg.CustomTypesConfig = {
  getTypeParser: (oid, format) =>
    oid === pg.types.builtins.INT8 ? BigInt : pg.types.getTypeParser(oid, format),
};

/**
 * Transactions straight on the driver, for what is written thousands of times: there Prisma's part of a statement takes
 * longer than the database's.
 * @param deadlineMs for each statement; after it the connection is cut, and the server ends the transaction
 */
export function openSqlTransactions(
  config: pg.PoolConfig,
  nameOf: (query: { sql: string }) => string,
  deadlineMs: number,
): SqlTransactions {
  const pipelined = { ...config, max: CONNECTIONS, query_timeout: deadlineMs, pipeline: true };
  const pool = new pg.Pool(pipelined);
  // A connection that the server ends while idle would otherwise end this process.
  pool.on('error', () => undefined);
  return {
    async transaction(act) {
      const client = await translating(pool.connect());
      let broken: Error | undefined;
      // Ended by the server between two statements; the next one says so.
      const onEnd = (error: Error) => {
        broken = error;
      };
      client.on('error', onEnd);
      try {
        const begun = translating(client.query('BEGIN'));
        // Without it the statements have no connection either: none can run outside of the transaction.
        const [result] = await Promise.all([act(statementsOn(client, nameOf)), begun]);
        const { command } = await translating(client.query('COMMIT'));
        // A transaction in which a statement has failed answers its COMMIT with a friendly "ROLLBACK".
        if (command !== 'COMMIT') throw new Error(`The transaction ended with ${command}.`);
        return result;
      } catch (error) {
        // A connection that does not even take this is thrown away, and its transaction with it.
        await client.query('ROLLBACK').catch((cause: Error) => {
          broken = cause;
        });
        throw error;
      } finally {
        client.off('error', onEnd);
        client.release(broken);
      }
    },
    close: () => pool.end(),
  };
}

function statementsOn(client: pg.PoolClient, nameOf: (query: { sql: string }) => string): SqlTx {
  const ask = (text: TemplateStringsArray, values: readonly unknown[]) => {
    const statement = new Prisma.Sql(text, values);
    return translating(
      client.query({
        name: nameOf({ sql: statement.text }),
        text: statement.text,
        values: statement.values,
        types: TYPES,
      }),
    );
  };
  return {
    $queryRaw: async <T>(text: TemplateStringsArray, ...values: unknown[]) =>
      (await ask(text, values)).rows as T,
    $executeRaw: async (text, ...values) => (await ask(text, values)).rowCount ?? 0,
  };
}

async function translating<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw translatePoolError(error);
  }
}
