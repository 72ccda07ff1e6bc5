import type { Actor } from '#domain';
import type { SqlTx } from '#store';
import { recordEvents, runEvent } from './events.ts';

/** The worker of the last attempt is gone: its attempt ends here, in the record as in life. */
export async function abandonAttempt(
  tx: SqlTx,
  runId: string,
  transferId: string,
  finder: Actor,
): Promise<void> {
  const running = await tx.$queryRaw<{ id: string; number: number; worker: string; fence: number }[]>`
    UPDATE attempt SET outcome = 'abandoned', finished_at = clock_timestamp(), error_code = 'worker_lost'
     WHERE transfer_id = ${transferId}::uuid AND outcome = 'running'
    RETURNING id::text, number, worker, fence`;
  await recordEvents(
    tx,
    running.map((attempt) =>
      runEvent(
        finder,
        'attempt.abandoned',
        { object: 'attempt', objectId: attempt.id, runId, transferId },
        {
          number: attempt.number,
          worker: attempt.worker,
          fence: attempt.fence,
        },
      ),
    ),
  );
}
