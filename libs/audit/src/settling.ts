import {
  type Actor,
  isFinishedRun,
  isLeasedTransfer,
  type RunState,
  runOutcome,
  type TransferError,
  type TransferState,
} from '#domain';
import {
  LANES_TO_SPARE,
  RUN_NOT_PAUSED,
  type SqlTx,
  type Store,
  TRANSFER_DUE,
  TRANSFER_TO_CANCEL,
  TRANSFER_UNSETTLED,
} from '#store';
import { abandonAttempt } from './abandoning.ts';
import { recordEvent, recordEvents, runEvent, workerActor } from './events.ts';
import { closeFailedRuns, openFailedRun } from './problems.ts';

const RECORDER: Actor = { kind: 'system', name: 'recorder' };

/** Closes the run when every transfer of it has settled; returns its state then, undefined while work is left. */
export async function settleRun(store: Store, runId: string): Promise<RunState | undefined> {
  return store.transaction((tx) => settleRunIn(tx, runId));
}

/** Of several runs, those whose last transfer has settled. Cheap where work is left: their rows are not locked. */
export async function settleRunsIn(tx: SqlTx, runIds: readonly string[]): Promise<void> {
  if (runIds.length === 0) return;
  const rows = await tx.$queryRaw<{ id: string }[]>`
    SELECT run.id::text FROM run
     WHERE run.id = ANY (${runIds}::uuid[])
       AND (run.cancel_requested_at IS NOT NULL
            OR NOT EXISTS (SELECT FROM transfer WHERE transfer.run_id = run.id AND ${TRANSFER_UNSETTLED}))
     ORDER BY run.id`;
  for (const { id } of rows) await settleRunIn(tx, id);
}

export async function settleRunIn(
  tx: SqlTx,
  runId: string,
  { tellFailures = true }: { tellFailures?: boolean } = {},
): Promise<RunState | undefined> {
  // The lock orders two lanes that finish their last transfers at the same moment: the later one sees both.
  const rows = await tx.$queryRaw<{ state: RunState; planned: boolean; cancel: boolean; route_id: string }[]>`
    SELECT state, planned, cancel_requested_at IS NOT NULL AS cancel, route_id::text FROM run WHERE id = ${runId}::uuid FOR UPDATE`;
  const run = rows[0];
  if (!run || isFinishedRun(run.state)) return run?.state;
  if (!run.planned) return undefined;
  if (run.cancel) await cancelLeftTransfers(tx, runId, RECORDER);
  const [unsettled] = await tx.$queryRaw<object[]>`
    SELECT FROM transfer WHERE run_id = ${runId}::uuid AND ${TRANSFER_UNSETTLED} LIMIT 1`;
  if (unsettled) return undefined;
  const groups = await tx.$queryRaw<{ state: TransferState; count: number }[]>`
    SELECT state, count(*)::int FROM transfer WHERE run_id = ${runId}::uuid GROUP BY state ORDER BY state`;
  const outcome = runOutcome(groups.map(({ state }) => state));
  await tx.$executeRaw`UPDATE run SET state = ${outcome}, finished_at = clock_timestamp() WHERE id = ${runId}::uuid`;
  const counts = Object.fromEntries(groups.map((group) => [group.state, group.count]));
  await recordEvent(
    tx,
    runEvent(RECORDER, `run.${outcome}`, { object: 'run', objectId: runId, runId }, { transfers: counts }),
  );
  if (outcome === 'delivered') await closeFailedRuns(tx, runId, run.route_id, RECORDER);
  else if (counts['failed'] && tellFailures) await openFailedRun(tx, runId, RECORDER);
  return outcome;
}

/**
 * A person stopped the run: what is in nobody's hands is cancelled, unless it may be published already. Also what came back
 * from its lane since, to be tried again. Returns how many.
 */
export async function cancelLeftTransfers(tx: SqlTx, runId: string, actor: Actor): Promise<number> {
  // One that is being claimed at this moment is in a worker's hands.
  const rows = await tx.$queryRaw<{ id: string; state: TransferState }[]>`
    SELECT transfer.id::text, transfer.state FROM transfer JOIN run ON run.id = transfer.run_id
     WHERE run_id = ${runId}::uuid AND ${TRANSFER_TO_CANCEL}
       FOR NO KEY UPDATE OF transfer SKIP LOCKED`;
  if (rows.length === 0) return 0;
  for (const { id, state } of rows) if (isLeasedTransfer(state)) await abandonAttempt(tx, runId, id, actor);
  const ids = rows.map(({ id }) => id);
  await tx.$executeRaw`
    UPDATE transfer SET state = 'cancelled', finished_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL,
           error_code = 'cancelled', error_phase = NULL, error_detail = NULL
     WHERE id = ANY(${ids}::uuid[])`;
  await recordEvents(
    tx,
    ids.map((id) =>
      runEvent(actor, 'transfer.cancelled', { object: 'transfer', objectId: id, runId, transferId: id }),
    ),
  );
  return ids.length;
}

/**
 * The endpoint refuses us for a reason that only a person can change: the transfers that have not begun fail
 * with that reason and without another login. Returns how many.
 */
export async function giveUpRun(
  store: Store,
  runId: string,
  worker: string,
  error: TransferError,
): Promise<number> {
  return store.transaction(async (tx) => {
    const count = await tx.$executeRaw`
      UPDATE transfer SET state = 'failed', finished_at = clock_timestamp(), error_code = ${error.code},
             error_phase = ${error.phase}, error_detail = ${error.detail ?? error.sentence}
       WHERE run_id = ${runId}::uuid AND state = 'planned' AND publish_intent_at IS NULL`;
    if (count > 0) {
      await recordEvent(
        tx,
        runEvent(
          workerActor(worker),
          'run.given_up',
          { object: 'run', objectId: runId, runId },
          {
            code: error.code,
            transfers: count,
          },
        ),
      );
    }
    await settleRunIn(tx, runId);
    return count;
  });
}

/** A run the queue may have lost: it has due work that nobody holds. */
export interface OverdueRun {
  id: string;
  routeName: string;
  priority: number;
  workerTag?: string | undefined;
}

/**
 * What the sweep re-arms: runs with due work, no live lease on it and a lane to spare, the most urgent first; and closes
 * those left open by a crash. A run that is paused, or waits for its window, waits on.
 */
export async function findOverdueRuns(store: Store, limit: number): Promise<OverdueRun[]> {
  return store.transaction((tx) => findOverdueRunsIn(tx, limit));
}

/** @param endpointIds only runs that need one of these endpoints */
export async function findOverdueRunsIn(
  tx: SqlTx,
  limit: number,
  endpointIds: readonly string[] | null = null,
): Promise<OverdueRun[]> {
  const rows = await tx.$queryRaw<
    { id: string; route_name: string; priority: number; worker_tag: string | null }[]
  >`
    SELECT run.id::text, route.name AS route_name, run.priority, route.definition ->> 'workerTag' AS worker_tag
      FROM run JOIN transfer_route route ON route.id = run.route_id
     WHERE run.state IN ('queued', 'running')
       AND (${endpointIds}::uuid[] IS NULL
            OR ARRAY[route.source_endpoint_id, route.destination_endpoint_id] && ${endpointIds}::uuid[])
       AND ((run.not_before <= clock_timestamp() AND ${RUN_NOT_PAUSED}
             AND ((NOT run.planned AND (run.lease_until IS NULL OR run.lease_until < clock_timestamp()))
                  OR (run.planned AND EXISTS (SELECT FROM transfer WHERE transfer.run_id = run.id AND ${TRANSFER_DUE})
                      AND ${LANES_TO_SPARE} > 0)))
            OR (run.planned AND EXISTS (
                  SELECT FROM transfer WHERE transfer.run_id = run.id AND ${TRANSFER_TO_CANCEL}))
            OR (run.planned AND NOT EXISTS (
                  SELECT FROM transfer WHERE transfer.run_id = run.id AND ${TRANSFER_UNSETTLED})))
     ORDER BY run.priority, run.created_at
     LIMIT ${limit}`;
  return rows.map((row) => ({
    id: row.id,
    routeName: row.route_name,
    priority: row.priority,
    workerTag: row.worker_tag ?? undefined,
  }));
}
