import { startScheduler } from '#apps/scheduler';
import type { Shared } from './shared-parts.ts';

/** A scheduler that has not ticked for so long stands still. */
const SILENT_SCHEDULER_MS = 30_000;

export function startSchedulerPart(shared: Shared, stack: AsyncDisposableStack): void {
  const { config, queue, recorder, readiness, log, metrics } = shared;
  const { sweepMs } = config.scheduler;
  const scheduler = startScheduler({
    recorder,
    queue,
    log,
    metrics,
    sweepMs,
    retention: config.retention,
  });
  const startedAtMs = Date.now();
  readiness.health.add('scheduler', async () => {
    const silentMs = Date.now() - (scheduler.lastTickAt()?.getTime() ?? startedAtMs);
    return silentMs > SILENT_SCHEDULER_MS ? `no tick for ${Math.round(silentMs / 1_000)} s` : undefined;
  });
  stack.defer(() => scheduler.close());
}
