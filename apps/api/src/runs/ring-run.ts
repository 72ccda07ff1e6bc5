import { doorbellOf, type RunToRing } from '#audit';
import type { ApiParts } from '../api-parts.ts';

/** One ring: the lane it wakes calls the others. The run is committed: a queue that is away only delays it until the sweep. */
export async function ringRun({ queue, log }: ApiParts, run: RunToRing): Promise<void> {
  try {
    await queue.ring(doorbellOf(run));
  } catch (error) {
    log.warn({ err: error, runId: run.id }, 'the queue did not take the doorbell');
  }
}
