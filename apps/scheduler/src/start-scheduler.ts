import cron from 'node-cron';
import type { Retention, RunRecorder } from '#audit';
import type { DoorbellQueue } from '#queue';
import { type Logger, Metrics } from '#telemetry';
import { keepHouse } from './keep-house.ts';
import { sweep } from './sweep.ts';
import { tick } from './tick.ts';

export interface SchedulerParts {
  recorder: RunRecorder;
  queue: DoorbellQueue;
  log: Logger;
  /** Where this scheduler counts; default: where nobody looks. */
  metrics?: Metrics | undefined;
  /** Pause between two sweeps, ms. */
  sweepMs: number;
  /** Absent: this scheduler throws nothing away. */
  retention?: Retention | undefined;
}

export interface Scheduler {
  /** Ticks since the start, for health: a scheduler that stands still is noticed. */
  lastTickAt(): Date | undefined;
  /** Waits for the tick under way; no further one begins. */
  close(): Promise<void>;
}

const KEEP_HOUSE_EVERY_MS = 60_000;

/** The process's own clock is only an alarm: what is due is decided by the database's clock. */
export function startScheduler(parts: SchedulerParts): Scheduler {
  const stopping = new AbortController();
  const metrics = parts.metrics ?? new Metrics();
  const log = parts.log.child({ part: 'scheduler' });
  let lastTickAt: Date | undefined;
  const ticking = neverTwiceAtOnce(log, 'tick', async () => {
    await tick(parts.recorder, parts.queue, log, stopping.signal, metrics);
    metrics.ticks.inc();
    lastTickAt = new Date();
  });
  const sweeping = neverTwiceAtOnce(log, 'sweep', async () => {
    await sweep(parts.recorder, parts.queue, log, metrics);
  });
  const { retention } = parts;
  const houseKeeping =
    retention &&
    neverTwiceAtOnce(log, 'house-keeping', async () => {
      await keepHouse(parts.recorder, retention, log, metrics, stopping.signal);
    });
  const everySecond = cron.schedule('* * * * * *', ticking.run);
  const sweepTimer = setInterval(sweeping.run, parts.sweepMs);
  const houseTimer = houseKeeping && setInterval(houseKeeping.run, KEEP_HOUSE_EVERY_MS);
  void ticking.run();
  void sweeping.run();
  void houseKeeping?.run();
  return {
    lastTickAt: () => lastTickAt,
    async close() {
      stopping.abort();
      await everySecond.destroy();
      clearInterval(sweepTimer);
      clearInterval(houseTimer);
      await Promise.all([ticking.stop(), sweeping.stop(), houseKeeping?.stop()]);
    },
  };
}

/** A slow database must not pile up ticks; a failing one must not end the process: the next tick tries again. */
function neverTwiceAtOnce(log: Logger, what: string, act: () => Promise<void>) {
  let running: Promise<void> | undefined;
  let stopped = false;
  const run = async (): Promise<void> => {
    if (stopped || running) return;
    running = act().catch((error: unknown) => log.error({ err: error }, `${what} failed; it is tried again`));
    await running;
    running = undefined;
  };
  return {
    run,
    async stop() {
      stopped = true;
      await running;
    },
  };
}
