import { type AssuranceLevel, type FileVersion, isLeasedTransfer, type TransferState } from '#domain';
import {
  LANES_TO_SPARE,
  mayBeHeldBy,
  onItsLastChance,
  RUN_NOT_PAUSED,
  type Sql,
  type SqlTx,
  type Store,
  sql,
  TRANSFER_LEFT,
  TRANSFER_WAITS,
} from '#store';
import { abandonAttempt } from './abandoning.ts';
import { asJson, recordEvents, runEvent, workerActor } from './events.ts';
import type { Answer, RecordKind } from './group-commit.ts';
import { openHeldTransfer } from './problems.ts';
import { settleRunsIn } from './settling.ts';
import { CRASH_BUDGET } from './transitions.ts';

/** One worker's right to move one transfer; void as soon as the transfer's fence has moved on. */
export interface TransferClaim {
  transferId: string;
  runId: string;
  attemptId: string;
  attempt: number;
  worker: string;
  fence: number;
}

export interface ClaimedTransfer {
  claim: TransferClaim;
  version: FileVersion;
  destinationPath: string;
  /** What earlier attempts left behind, as far as it was committed. */
  previous: {
    publishIntended: boolean;
    temporaryPath: string | null;
    sizeBytes: bigint | null;
    sha256: string | null;
    assurance: AssuranceLevel | null;
    delivered: boolean;
    /** Attempts whose workers went silent, in order; they may still write. */
    silentFences: number[];
  };
}

interface ClaimRow {
  id: string;
  state: TransferState;
  fence: number;
  attempt_count: number;
  attempts_forgiven: number;
  source_path: string;
  source_size_bytes: bigint;
  source_modified: string;
  destination_path: string;
  temporary_path: string | null;
  publish_intent_at: Date | null;
  delivered_at: Date | null;
  size_bytes: bigint | null;
  sha256: string | null;
  assurance: AssuranceLevel | null;
  last_chance: boolean;
  silent_fences: number[];
  /** Of the attempt that was begun with the claim; null where something has to be looked at before. */
  attempt: string | null;
}

export interface ClaimRequest {
  runId: string;
  worker: string;
  leaseMs: number;
  /** By the database's clock, nothing is claimed from then on: the route's window closes. */
  before?: Date | undefined;
}

/**
 * Claims the run's next due transfer: one that waits, or one whose worker went silent past its lease.
 * undefined when there is none now, when as many lanes as the run may have are at work, or while it is paused.
 */
export const CLAIMS: RecordKind<ClaimRequest, ClaimedTransfer | undefined> = {
  rank: 6,
  async record(tx, requests) {
    const answers: Answer<ClaimedTransfer | undefined>[] = requests.map(() => ({ value: undefined }));
    for (const places of sameRequests(requests)) {
      const claimed = await claimTransfers(tx, requests[places[0]!]!, places.length);
      claimed.forEach((transfer, index) => {
        answers[places[index]!] = { value: transfer };
      });
      // Nothing is left to claim: with the delivery that shares this transaction the run may be over.
      if (claimed.length < places.length) await settleRunsIn(tx, [requests[places[0]!]!.runId]);
    }
    return answers;
  },
};

/** The lanes of one run in one process ask for the same: their places, in order. */
function sameRequests(requests: readonly ClaimRequest[]): number[][] {
  const groups = new Map<string, number[]>();
  requests.forEach(({ runId, worker, leaseMs, before }, place) => {
    const key = [runId, worker, leaseMs, before?.getTime()].join(' ');
    groups.set(key, [...(groups.get(key) ?? []), place]);
  });
  return [...groups.values()];
}

async function claimTransfers(tx: SqlTx, request: ClaimRequest, wanted: number): Promise<ClaimedTransfer[]> {
  const { runId, worker } = request;
  const claimed: ClaimedTransfer[] = [];
  for (;;) {
    const due = await takeDueTransfers(tx, request, wanted - claimed.length);
    const alone = due.find((row) => row.last_chance);
    const begun = due.filter((row) => row.attempt !== null);
    const movable: ClaimRow[] = [];
    for (const row of due) {
      if (row.attempt !== null || (row.last_chance && row !== alone)) continue;
      if (isLeasedTransfer(row.state)) await abandonAttempt(tx, runId, row.id, workerActor(worker));
      if (!(await quarantine(tx, runId, row, worker))) movable.push(row);
    }
    begun.push(...(await beginAttempts(tx, request, movable)));
    claimed.push(...begun.map((row) => claimedTransfer(request, row)));
    // Only what was settled or left instead of begun makes room for another look.
    if (begun.length === due.length) return claimed;
  }
}

/**
 * What a dead worker left comes first, then what waits, by two indexes: of a hundred thousand files only those that are
 * taken are looked at. Those that nothing has happened to are begun at once. NO KEY UPDATE: a run that plans at this moment
 * and finds this file in hand refers to it from its `suppressed` row, and that reference alone must not hide the transfer from
 * its own lane.
 */
async function takeDueTransfers(tx: SqlTx, request: ClaimRequest, most: number): Promise<ClaimRow[]> {
  const { runId, worker } = request;
  const closing = request.before ?? null;
  return tx.$queryRaw<ClaimRow[]>`
    WITH room AS MATERIALIZED (
      SELECT run.id, run.cancel_requested_at, greatest(0, least(${most}::bigint, ${LANES_TO_SPARE})) AS files
        FROM run
       WHERE run.id = ${runId}::uuid AND run.state = 'running' AND run.not_before <= clock_timestamp()
         AND (${closing}::timestamptz IS NULL OR clock_timestamp() < ${closing}::timestamptz)
         AND ${RUN_NOT_PAUSED}
    ), left_behind AS (
      SELECT transfer.*, ${onItsLastChance(CRASH_BUDGET)} AS last_chance FROM transfer CROSS JOIN room AS run
       WHERE transfer.run_id = ${runId}::uuid AND ${TRANSFER_LEFT} AND ${mayBeHeldBy(worker, CRASH_BUDGET)}
       ORDER BY transfer.lease_until
       LIMIT (SELECT files FROM room)
         FOR NO KEY UPDATE OF transfer SKIP LOCKED
    ), waiting AS (
      SELECT transfer.*, ${onItsLastChance(CRASH_BUDGET)} AS last_chance FROM transfer CROSS JOIN room AS run
       WHERE transfer.run_id = ${runId}::uuid AND ${TRANSFER_WAITS} AND ${mayBeHeldBy(worker, CRASH_BUDGET)}
       ORDER BY transfer.not_before, transfer.source_path
       LIMIT (SELECT files - (SELECT count(*) FROM left_behind) FROM room)
         FOR NO KEY UPDATE OF transfer SKIP LOCKED
    ), due AS (
      SELECT * FROM left_behind UNION ALL SELECT * FROM waiting
    ), begun AS (
      SELECT id AS transfer, fence + 1 AS fence, attempt_count + 1 AS number FROM due
       WHERE state = 'planned' AND attempt_count - attempts_forgiven < ${CRASH_BUDGET - 1}
    ), ${attemptsBegun(request)}
    SELECT due.id::text, state, due.fence, attempt_count, attempts_forgiven, source_path, source_size_bytes, source_modified,
           destination_path, temporary_path, publish_intent_at, delivered_at, size_bytes, sha256, assurance, last_chance,
           ARRAY(SELECT attempt.fence FROM attempt WHERE attempt.transfer_id = due.id
                    AND attempt.outcome IN ('abandoned', 'running') ORDER BY attempt.number) AS silent_fences,
           tried.id::text AS attempt
      FROM due LEFT JOIN tried ON tried.transfer_id = due.id`;
}

async function quarantine(tx: SqlTx, runId: string, row: ClaimRow, worker: string): Promise<boolean> {
  if (row.attempt_count - row.attempts_forgiven < CRASH_BUDGET) return false;
  const [counted] = await tx.$queryRaw<{ crashes: number }[]>`
    SELECT count(*)::int AS crashes FROM attempt
     WHERE transfer_id = ${row.id}::uuid AND outcome = 'abandoned' AND number > ${row.attempts_forgiven}`;
  const crashes = counted!.crashes;
  // A delivery that is only waiting for its disposition, or whose rename may have happened, is never given up.
  if (crashes < CRASH_BUDGET || row.publish_intent_at !== null) return false;
  await tx.$executeRaw`
    UPDATE transfer SET state = 'held', lease_owner = NULL, lease_until = NULL, finished_at = clock_timestamp(),
           error_code = 'worker_lost', error_phase = 'stream',
           error_detail = ${`${crashes} workers died while moving this file; it is held until a person decides.`}
     WHERE id = ${row.id}::uuid`;
  await recordEvents(tx, [
    runEvent(
      workerActor(worker),
      'transfer.quarantined',
      { object: 'transfer', objectId: row.id, runId, transferId: row.id },
      { crashes },
    ),
  ]);
  await openHeldTransfer(tx, row.id, workerActor(worker), {
    code: 'worker_lost',
    detail: `${crashes} workers died while moving it.`,
    quarantined: true,
  });
  return true;
}

/** After `begun(transfer, fence, number)` in a WITH: their leases, their attempts (`tried`) and what is said of them. */
function attemptsBegun({ runId, worker, leaseMs }: ClaimRequest): Sql {
  return sql`claimed AS (
      UPDATE transfer SET state = 'claimed', fence = begun.fence, attempt_count = begun.number, lease_owner = ${worker},
             lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond',
             started_at = coalesce(started_at, clock_timestamp())
        FROM begun WHERE transfer.id = begun.transfer AND transfer.id = ANY (ARRAY(SELECT transfer FROM begun))
    ), tried AS (
      INSERT INTO attempt (transfer_id, number, fence, worker) SELECT transfer, number, fence, ${worker} FROM begun
      RETURNING id, transfer_id, number, fence
    ), said AS (
      INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, run_id, transfer_id, details)
      SELECT 'worker', ${worker}, 'transfer.claimed', 'transfer', transfer_id::text, ${runId}::uuid, transfer_id,
             jsonb_build_object('attemptId', id, 'attempt', number, 'fence', fence)
        FROM tried
    )`;
}

async function beginAttempts(
  tx: SqlTx,
  request: ClaimRequest,
  rows: readonly ClaimRow[],
): Promise<ClaimRow[]> {
  if (rows.length === 0) return [];
  const begun = rows.map((row) => ({
    transfer: row.id,
    fence: row.fence + 1,
    number: row.attempt_count + 1,
  }));
  const attempts = await tx.$queryRaw<{ id: string; transfer: string }[]>`
    WITH begun AS (
      SELECT * FROM jsonb_to_recordset(${asJson(begun)}::jsonb) AS entry(transfer uuid, fence int, number int)
    ), ${attemptsBegun(request)}
    SELECT id::text, transfer_id::text AS transfer FROM tried`;
  const attemptOf = new Map(attempts.map(({ id, transfer }) => [transfer, id]));
  return rows.map((row) => ({ ...row, attempt: attemptOf.get(row.id)! }));
}

/** The row is as it was before the claim. */
function claimedTransfer({ runId, worker }: ClaimRequest, row: ClaimRow): ClaimedTransfer {
  return {
    claim: {
      transferId: row.id,
      runId,
      attemptId: row.attempt!,
      attempt: row.attempt_count + 1,
      worker,
      fence: row.fence + 1,
    },
    version: { path: row.source_path, sizeBytes: row.source_size_bytes, modified: row.source_modified },
    destinationPath: row.destination_path,
    previous: {
      publishIntended: row.publish_intent_at !== null,
      temporaryPath: row.temporary_path,
      sizeBytes: row.size_bytes,
      sha256: row.sha256,
      assurance: row.assurance,
      delivered: row.delivered_at !== null,
      silentFences: row.silent_fences,
    },
  };
}

/**
 * Prolongs what this worker holds; returns the transfers it still has. A missing one is lost: stop at once. `cancelled`:
 * a person stopped the run, and as nothing was intended yet, no intent of this transfer will be taken any more.
 */
export async function renewClaims(
  store: Store,
  claims: readonly TransferClaim[],
  leaseMs: number,
): Promise<Map<string, 'kept' | 'cancelled'>> {
  if (claims.length === 0) return new Map();
  return store.transaction(async (tx) => {
    const rows = await tx.$queryRaw<{ id: string; cancelled: boolean }[]>`
      UPDATE transfer SET lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond'
        FROM run, unnest(${claims.map((claim) => claim.transferId)}::uuid[],
                         ${claims.map((claim) => claim.fence)}::int[],
                         ${claims.map((claim) => claim.worker)}::text[]) AS held(id, fence, worker)
       WHERE transfer.id = held.id AND transfer.fence = held.fence AND transfer.lease_owner = held.worker
         AND transfer.state IN ('claimed', 'streaming', 'verifying', 'publishing', 'disposing')
         AND run.id = transfer.run_id
      RETURNING transfer.id::text, run.cancel_requested_at IS NOT NULL AND transfer.publish_intent_at IS NULL AS cancelled`;
    return new Map(rows.map((row) => [row.id, row.cancelled ? 'cancelled' : 'kept'] as const));
  });
}
