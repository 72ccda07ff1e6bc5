import { type DueSchedule, doorbellOf, type FireDecision, type RunRecorder } from '#audit';
import type { DoorbellQueue, RingOptions } from '#queue';
import { decideFires } from '#schedule';
import type { Logger, Metrics } from '#telemetry';

/** Fires of one schedule that a single transaction records; more are taken by the next round. */
const FIRES_PER_ROUND = 1000;

/**
 * Takes every due schedule, many in one transaction, until none is left. Any number of schedulers may tick at once:
 * the row locks let each due moment be recorded by one of them. Returns how many schedules fired.
 */
export async function tick(
  recorder: RunRecorder,
  queue: DoorbellQueue,
  log: Logger,
  signal: AbortSignal,
  metrics: Metrics,
): Promise<number> {
  let fired = 0;
  while (!signal.aborted) {
    const recorded = await recorder.recordFires(decide);
    if (recorded.length === 0) return fired;
    fired += recorded.length;
    for (const { routeName, fires } of recorded) log.info({ route: routeName, fires }, 'schedule fired');
    const runs = recorded.flatMap((each) => each.runs);
    await Promise.all(runs.map((run) => ringQuietly(queue, log, doorbellOf(run), metrics)));
  }
  return fired;
}

/** Pure: which of the due moments become runs, by the rules of the schedule. */
function decide({ definition, ...due }: DueSchedule): FireDecision {
  const { fires, nextFireAt } = decideFires({ ...due, schedule: definition, limit: FIRES_PER_ROUND });
  return { fires, nextFireAt: nextFireAt ?? null };
}

/** The run is committed; if the bell cannot be rung now, the sweep rings it. */
export async function ringQuietly(
  queue: DoorbellQueue,
  log: Logger,
  doorbell: RingOptions,
  metrics: Metrics,
): Promise<void> {
  try {
    await queue.ring(doorbell);
    metrics.doorbells.inc({ outcome: 'rung' });
  } catch (error) {
    metrics.doorbells.inc({ outcome: 'refused' });
    log.warn(
      { err: error, runId: doorbell.runId },
      'the queue did not take the doorbell; the sweep will ring again',
    );
  }
}
