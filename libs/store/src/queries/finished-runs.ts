import type { Tx } from '../open-store.ts';

/** Which of these runs have come to their end. */
export async function findFinishedRuns(db: Tx, runIds: readonly string[]): Promise<string[]> {
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM run WHERE id = ANY (${[...runIds]}::uuid[]) AND finished_at IS NOT NULL`;
  return rows.map(({ id }) => id);
}
