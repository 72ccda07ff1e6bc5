import type { BellWorker, OpenBackend, ReportProblem } from './backend.ts';
import { type Doorbell, parseDoorbell } from './doorbell.ts';
import { QueueProblem } from './problem.ts';

export interface ListenOptions {
  /** Doorbells handled at the same time. */
  concurrency: number;
  /**
   * May be called twice for the same thing, late, or for nothing: Postgres says what is to be done. The signal aborts when
   * the queue has given this doorbell to somebody else, or when the grace period of `close` is over.
   */
  handle(doorbell: Doorbell, signal: AbortSignal): Promise<void>;
}

export interface Listener {
  /**
   * No further doorbell is taken; resolves when those under way are handled. After `graceMs` their signals abort; a handler
   * that ignores that is left behind a little later, and its doorbell rings elsewhere when its lock runs out.
   */
  close(graceMs?: number): Promise<void>;
}

/** Never "failed for ever" after some kills: crash budgets are kept in Postgres. */
const ANY_NUMBER_OF_STALLS = 1_000_000_000;
/** Pause after a failed fetch, so that a restarted database is used again soon. */
const FETCH_RETRY_MS = 1_000;
/** For a handler to honour its abort signal before it is left behind. */
const ABORT_PATIENCE_MS = 5_000;

export function startListener(
  backend: OpenBackend,
  options: ListenOptions & { lockMs: number },
  report: ReportProblem,
): Listener {
  const worker = backend.makeWorker(
    // Three parameters: BullMQ passes a signal to no other processor.
    async (job, _token, signal) => {
      const doorbell = parseDoorbell(job.data);
      if (!doorbell) {
        report(new QueueProblem('forged_doorbell', 'A payload that is no doorbell was ignored.'));
        return;
      }
      await options.handle(doorbell, signal ?? new AbortController().signal);
    },
    {
      concurrency: options.concurrency,
      lockDuration: options.lockMs,
      stalledInterval: Math.ceil(options.lockMs / 3),
      maxStalledCount: ANY_NUMBER_OF_STALLS,
      runRetryDelay: FETCH_RETRY_MS,
    },
  );
  worker.on('error', (error) => report(new QueueProblem('connection', error.message, error)));
  worker.on('failed', (_job, error) => report(new QueueProblem('handler_failed', error.message, error)));
  worker.on('lockRenewalFailed', (ids) => {
    for (const id of ids) {
      report(
        new QueueProblem('lock_lost', `Doorbell ${id} rings elsewhere now; its handler is told to stop.`),
      );
      worker.cancelJob(id, 'lock lost');
    }
  });
  return { close: (graceMs) => closeWorker(worker, graceMs) };
}

async function closeWorker(worker: BellWorker, graceMs: number | undefined): Promise<void> {
  const closing = worker.close();
  if (graceMs === undefined) return closing;
  const timers: NodeJS.Timeout[] = [];
  const leftBehind = new Promise<void>((resolve) => {
    timers.push(setTimeout(() => worker.cancelAllJobs('shutting down'), graceMs));
    timers.push(setTimeout(resolve, graceMs + ABORT_PATIENCE_MS));
  });
  await Promise.race([closing, leftBehind]);
  for (const timer of timers) clearTimeout(timer);
}
