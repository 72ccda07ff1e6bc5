import type pg from 'pg';
import { translatePoolError } from './store-adapter.ts';

/** Rejects when we may not be the only one any more: the connection that holds the lock is gone, and the lock with it. */
export type StillAlone = () => Promise<void>;

/**
 * For work on what lies outside of the database: by one process of the installation at a time, however long it takes. The
 * lock is of a session and not of a transaction, whose time is limited; it ends with the process.
 * @returns undefined when somebody else is at it
 */
export async function workAlone<T extends object>(
  pool: pg.Pool,
  what: string,
  act: (stillAlone: StillAlone) => Promise<T>,
): Promise<T | undefined> {
  const client = await translating(pool.connect());
  let broken: Error | undefined;
  // Ended by the server meanwhile; the next statement says so.
  const onEnd = (error: Error) => {
    broken = error;
  };
  client.on('error', onEnd);
  const ask = (text: string, values: string[] = []) =>
    translating(client.query<{ taken: boolean }>(text, values));
  try {
    const { rows } = await ask('SELECT pg_try_advisory_lock(hashtext($1)) AS taken', [what]);
    if (!rows[0]!.taken) return undefined;
    try {
      return await act(async () => void (await ask('SELECT 1')));
    } finally {
      await ask('SELECT pg_advisory_unlock(hashtext($1))', [what]).catch(onEnd);
    }
  } finally {
    client.off('error', onEnd);
    client.release(broken);
  }
}

async function translating<T>(asked: Promise<T>): Promise<T> {
  try {
    return await asked;
  } catch (error) {
    throw translatePoolError(error);
  }
}
