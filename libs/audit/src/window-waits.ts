import type { Store } from '#store';
import { recordEvent, runEvent, workerActor } from './events.ts';

/** The run's route is closed now: no lane touches it before `opensAt`. Said once, however many lanes find out. */
export async function waitForWindow(
  store: Store,
  runId: string,
  worker: string,
  opensAt: Date,
): Promise<void> {
  await store.transaction(async (tx) => {
    const count = await tx.$executeRaw`
      UPDATE run SET not_before = ${opensAt}::timestamptz
       WHERE id = ${runId}::uuid AND state IN ('queued', 'running') AND not_before < ${opensAt}::timestamptz`;
    if (count === 0) return;
    await recordEvent(
      tx,
      runEvent(
        workerActor(worker),
        'run.waits_for_window',
        { object: 'run', objectId: runId, runId },
        { opensAt },
      ),
    );
  });
}
