import type { Phase } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { isWhole, resolveScope, type Scope, transferIsWithin } from './scope.ts';
import { TRANSFER_IN_HAND } from './work-conditions.ts';

/** What a worker has said of a file that it moves. */
export interface TransferProgress {
  phase: Phase;
  /** Of the source's file; never more than its listed size. */
  streamedBytes: bigint;
  lane: number;
  /** When it was said, by the database's clock. */
  at: Date;
}

export interface UnderWay extends TransferProgress {
  transferId: string;
  runId: string;
  sourcePath: string;
  sizeBytes: bigint;
  worker: string;
}

/** A worker that said nothing for so long tells no truth any more: it is dead, frozen or without a database. */
const SILENT_AFTER_MS = 10_000;

/** On `transfer` and `told`: by the worker that has it, and not long ago. */
const TOLD_NOW = Prisma.sql`(
  told.transfer_id = transfer.id AND told.fence = transfer.fence
  AND told.at >= clock_timestamp() - ${SILENT_AFTER_MS} * interval '1 millisecond')`;

/** Of these transfers, those that a worker has in hand. */
export async function readInHand(
  db: Tx,
  ids: readonly string[],
): Promise<Map<string, { worker: string; progress: TransferProgress | null }>> {
  if (ids.length === 0) return new Map();
  const rows = await db.$queryRaw<
    ({ id: string; worker: string } & { [K in keyof TransferProgress]: TransferProgress[K] | null })[]
  >`
    SELECT transfer.id::text, transfer.lease_owner AS worker, told.phase, told.streamed_bytes AS "streamedBytes", told.lane, told.at
      FROM transfer LEFT JOIN transfer_progress told ON ${TOLD_NOW}
     WHERE transfer.id = ANY (${[...ids]}::uuid[]) AND ${TRANSFER_IN_HAND}`;
  return new Map(
    rows.map(({ id, worker, phase, streamedBytes, lane, at }) => [
      id,
      {
        worker,
        progress:
          phase === null || streamedBytes === null || lane === null || at === null
            ? null
            : { phase, streamedBytes, lane, at },
      },
    ]),
  );
}

/** All files that have been under way for a second, or those of one run; of each run those that were begun last, newest first. */
export async function readUnderWay(
  db: Tx,
  { mostOfRun, runId }: { mostOfRun: number; runId?: string | undefined },
): Promise<UnderWay[]> {
  const ofRun = runId === undefined ? Prisma.empty : Prisma.sql`AND transfer.run_id = ${runId}::uuid`;
  return db.$queryRaw<UnderWay[]>`
    SELECT "transferId", "runId", "sourcePath", "sizeBytes", worker, phase, "streamedBytes", lane, at
      FROM (
        SELECT transfer.id::text AS "transferId", transfer.run_id::text AS "runId", transfer.source_path AS "sourcePath",
               transfer.source_size_bytes AS "sizeBytes", transfer.lease_owner AS worker, told.phase,
               told.streamed_bytes AS "streamedBytes", told.lane, told.at,
               row_number() OVER (PARTITION BY transfer.run_id ORDER BY transfer.started_at DESC, transfer.id) AS place
          FROM transfer_progress told JOIN transfer ON ${TOLD_NOW}
         WHERE ${TRANSFER_IN_HAND} ${ofRun}) AS placed
     WHERE place <= ${mostOfRun}
     ORDER BY "runId", place`;
}

/** Of these transfers, those that somebody may see who reaches no further. */
export async function findTransfersWithin(
  db: Tx,
  scope: Scope,
  ids: readonly string[],
): Promise<Set<string>> {
  if (isWhole(scope) || ids.length === 0) return new Set(ids);
  const within = transferIsWithin(await resolveScope(db, scope));
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM transfer WHERE id = ANY (${[...ids]}::uuid[]) AND ${within}`;
  return new Set(rows.map(({ id }) => id));
}
