import { type Actor, isFinishedRun, type RunState } from '#domain';
import type { Store } from '#store';
import { recordEvent, runEvent } from './events.ts';
import { cancelLeftTransfers, settleRunIn } from './settling.ts';

/**
 * Transfers that have not begun are cancelled at once. One in a worker's hands gives up before its publish intent, when its
 * lease is renewed or when it asks for that intent; after the intent it goes on to its end, so that nothing is left half
 * published. Returns the run's state, undefined when there is no such run.
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
    await tx.$executeRaw`
      UPDATE run SET cancel_requested_at = coalesce(cancel_requested_at, clock_timestamp()) WHERE id = ${runId}::uuid`;
    const cancelled = await cancelLeftTransfers(tx, runId, actor);
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
