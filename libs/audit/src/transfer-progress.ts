import type { Phase } from '#domain';
import { type Store, TRANSFER_IN_HAND } from '#store';
import type { TransferClaim } from './claims.ts';

/** How far one file under way has come. */
export interface ProgressReport {
  claim: TransferClaim;
  /** Of its run. */
  lane: number;
  phase: Phase;
  streamedBytes: number;
}

/** What is as old as this is nobody's any more. */
const FORGOTTEN_AFTER_MS = 60_000;

/**
 * What a worker has to say of all its files at once, in one statement without a transaction around it. Of a transfer that is
 * another's by now nothing is written: not its fence, or no lease. Evidence of nothing, so the audit says nothing either.
 */
export async function recordProgress(store: Store, reports: readonly ProgressReport[]): Promise<number> {
  if (reports.length === 0) return 0;
  const ids = reports.map(({ claim }) => claim.transferId);
  return store.db.$executeRaw`
    WITH forgotten AS (
      DELETE FROM transfer_progress WHERE transfer_id IN (
        SELECT transfer_id FROM transfer_progress
         WHERE at < clock_timestamp() - ${FORGOTTEN_AFTER_MS} * interval '1 millisecond'
           AND transfer_id <> ALL (${ids}::uuid[])
           FOR UPDATE SKIP LOCKED)
    )
    INSERT INTO transfer_progress AS told (transfer_id, fence, lane, phase, streamed_bytes, at)
    SELECT transfer.id, said.fence, said.lane, said.phase, least(said.bytes, transfer.source_size_bytes), clock_timestamp()
      FROM unnest(${ids}::uuid[], ${reports.map(({ claim }) => claim.fence)}::int[],
                  ${reports.map(({ claim }) => claim.worker)}::text[], ${reports.map(({ lane }) => lane)}::int[],
                  ${reports.map(({ phase }) => phase)}::text[],
                  ${reports.map(({ streamedBytes }) => BigInt(streamedBytes))}::bigint[])
           AS said(id, fence, worker, lane, phase, bytes)
      JOIN transfer ON transfer.id = said.id
     WHERE transfer.id = ANY (${ids}::uuid[]) AND transfer.fence = said.fence AND transfer.lease_owner = said.worker
       AND ${TRANSFER_IN_HAND}
     ORDER BY transfer.id
        ON CONFLICT (transfer_id) DO UPDATE
       SET fence = excluded.fence, lane = excluded.lane, phase = excluded.phase, streamed_bytes = excluded.streamed_bytes,
           at = excluded.at
     WHERE told.fence <= excluded.fence`;
}
