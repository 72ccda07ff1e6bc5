import type { BellWorker, OpenBackend, ReportProblem } from './backend.ts';
import { type Doorbell, parseDoorbell } from './doorbell.ts';
import { QueueProblem } from './problem.ts';

export interface ListenOptions {
  /** Doorbells handled at the same time, whatever their tags. */
  concurrency: number;
  /** Doorbells with one of these tags are heard too; those without a tag always are. */
  tags?: readonly string[] | undefined;
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

/** For a doorbell of one queue while the lanes are busy with those of others; then it rings for another worker. */
const LANE_PATIENCE_MS = 1_000;

export interface ListenerParts {
  backend: OpenBackend;
  /** The queue without a tag first. */
  queueNames: readonly string[];
  lockMs: number;
  report: ReportProblem;
  /** Gives a doorbell back that found no lane in time. */
  ringLater(queueName: string, doorbell: Doorbell): Promise<void>;
}

export function startListener(options: ListenOptions, parts: ListenerParts): Listener {
  const lanes = new SharedLanes(options.concurrency);
  const workers = parts.queueNames.map((queueName) => startWorker(queueName, options, parts, lanes));
  lanes.share(workers);
  return {
    async close(graceMs) {
      await Promise.all(workers.map((worker) => closeWorker(worker, graceMs)));
    },
  };
}

function startWorker(
  queueName: string,
  options: ListenOptions,
  { backend, lockMs, report, ringLater }: ListenerParts,
  lanes: SharedLanes,
): BellWorker {
  const worker = backend.makeWorker(
    queueName,
    // Three parameters: BullMQ passes a signal to no other processor.
    async (job, _token, signal) => {
      const doorbell = parseDoorbell(job.data);
      if (!doorbell) {
        report(new QueueProblem('forged_doorbell', 'A payload that is no doorbell was ignored.'));
        return;
      }
      if (!(await lanes.enter(worker))) return ringLater(queueName, doorbell);
      try {
        await options.handle(doorbell, signal ?? new AbortController().signal);
      } finally {
        lanes.leave(worker);
      }
    },
    {
      concurrency: options.concurrency,
      lockDuration: lockMs,
      stalledInterval: Math.ceil(lockMs / 3),
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
  return worker;
}

/**
 * The lanes of one listener, used by several queues. Each queue's worker may fetch as many doorbells as it has lanes in
 * use and lanes are free, but one at least, as BullMQ demands: that one waits here for a moment.
 */
class SharedLanes {
  readonly #most: number;
  readonly #inUse = new Map<BellWorker, number>();
  readonly #waiting: (() => void)[] = [];
  #free: number;

  constructor(most: number) {
    this.#most = most;
    this.#free = most;
  }

  share(workers: readonly BellWorker[]): void {
    for (const worker of workers) this.#inUse.set(worker, this.#inUse.get(worker) ?? 0);
    this.#adjust();
  }

  /** false: no lane became free in time. */
  async enter(worker: BellWorker): Promise<boolean> {
    if (this.#free > 0) this.#free--;
    else if (!(await this.#turn())) return false;
    this.#inUse.set(worker, (this.#inUse.get(worker) ?? 0) + 1);
    this.#adjust();
    return true;
  }

  leave(worker: BellWorker): void {
    this.#inUse.set(worker, (this.#inUse.get(worker) ?? 1) - 1);
    const next = this.#waiting.shift();
    if (next) next();
    else this.#free++;
    this.#adjust();
  }

  /** Resolves with true when somebody who left has handed over the lane. */
  async #turn(): Promise<boolean> {
    const turn = Promise.withResolvers<boolean>();
    const take = () => turn.resolve(true);
    this.#waiting.push(take);
    const timer = setTimeout(() => {
      this.#waiting.splice(this.#waiting.indexOf(take), 1);
      turn.resolve(false);
    }, LANE_PATIENCE_MS);
    const came = await turn.promise;
    clearTimeout(timer);
    return came;
  }

  #adjust(): void {
    if (this.#inUse.size < 2) return;
    for (const [worker, inUse] of this.#inUse)
      worker.concurrency = Math.min(this.#most, Math.max(1, inUse + this.#free));
  }
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
