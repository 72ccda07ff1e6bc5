import { doorbellOf, type RunRecorder } from '#audit';
import type { DoorbellQueue } from '#queue';
import type { Logger, Metrics } from '#telemetry';
import { ringQuietly } from './tick.ts';

/** Runs looked at in one sweep; the next one takes the rest. */
const RUNS_PER_SWEEP = 500;

/**
 * Rings again for every run that has due work in nobody's hands: what Redis lost, what a dead worker left, what
 * waited for its retry. Closes runs whose last transfer settled while nobody looked.
 */
export async function sweep(
  recorder: RunRecorder,
  queue: DoorbellQueue,
  log: Logger,
  metrics: Metrics,
): Promise<number> {
  const overdue = await recorder.findOverdueRuns(RUNS_PER_SWEEP);
  for (const run of overdue) {
    if (await recorder.settleRun(run.id)) continue;
    // One lane: it calls the others when its login has worked.
    await ringQuietly(queue, log, doorbellOf(run), metrics);
  }
  if (overdue.length > 0) log.debug({ runs: overdue.length }, 'sweep rang for overdue runs');
  return overdue.length;
}
