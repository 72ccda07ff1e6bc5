import { type Actor, isFinishedRun, type RunState } from '#domain';
import type { Store } from '#store';
import { recordEvent, runEvent } from './events.ts';
import { settleRunIn } from './settling.ts';

/**
 * Transfers that have not started are cancelled at once; those in a worker's hands go on to their own end, so
 * that nothing is left half published. Returns the run's state, undefined when there is no such run.
 */
export async function cancelRun(
  store: Store,
  runId: string,
  actor: Actor,
  reason: string,
): Promise<RunState | undefined> {
  return store.transaction(async (tx) => {
    const rows = await tx.$queryRaw<{ state: RunState; planned: boolean }[]>`
      SELECT state, planned FROM run WHERE id = ${runId}::uuid FOR UPDATE`;
    const run = rows[0];
    if (!run || isFinishedRun(run.state)) return run?.state;
    const cancelled = await tx.$executeRaw`
      UPDATE transfer SET state = 'cancelled', finished_at = clock_timestamp(), error_code = 'cancelled'
       WHERE run_id = ${runId}::uuid AND state = 'planned' AND publish_intent_at IS NULL`;
    if (!run.planned) {
      await tx.$executeRaw`
        UPDATE run SET state = 'cancelled', finished_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL,
               fence = fence + 1 WHERE id = ${runId}::uuid`;
    }
    await recordEvent(
      tx,
      runEvent(
        actor,
        'run.cancel_requested',
        { object: 'run', objectId: runId, runId },
        { reason, transfers: cancelled },
      ),
    );
    return run.planned ? ((await settleRunIn(tx, runId)) ?? run.state) : 'cancelled';
  });
}
