import type { CreatedRun } from '#audit';
import type { ApiParts } from '../api-parts.ts';

/** Rings every lane of the run. It is committed: a queue that is away only delays it until the sweep. */
export async function ringRun(
  { queue, log }: ApiParts,
  { id, lanes, priority, workerTag }: CreatedRun,
): Promise<void> {
  const rings = Array.from({ length: lanes }, (_, lane) =>
    queue.ring({ runId: id, lane, priority, tag: workerTag }),
  );
  for (const result of await Promise.allSettled(rings))
    if (result.status === 'rejected')
      log.warn({ err: result.reason, runId: id }, 'the queue did not take the doorbell');
}
