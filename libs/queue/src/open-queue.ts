import { TransferError } from '#domain';
import {
  type BellQueue,
  type OpenBackend,
  QUEUE_NAME,
  type QueueBackend,
  type ReportProblem,
} from './backend.ts';
import type { Doorbell } from './doorbell.ts';
import { type Listener, type ListenOptions, startListener } from './listener.ts';
import { openPostgres } from './postgres.ts';
import { openRedis } from './redis.ts';

export interface RingOptions extends Doorbell {
  /** 1 (first) .. 9 (last). */
  priority?: number;
}

export interface QueueDepth {
  waiting: number;
  active: number;
}

/** "There may be work for this run", between processes. Losing everything in it loses nothing. */
export interface DoorbellQueue {
  /**
   * Rung twice while it waits, it is one doorbell; rung while it is being handled, it rings once more afterwards.
   * @throws TransferError `connection_lost` at once when the queue is away; the sweep rings again.
   */
  ring(doorbell: RingOptions): Promise<void>;
  listen(options: ListenOptions): Listener;
  depth(): Promise<QueueDepth>;
  /** undefined while the queue answers, otherwise what is wrong. */
  health(): Promise<string | undefined>;
  /** Closes listeners still open, then the queue. Call it before the database stops. */
  close(): Promise<void>;
}

export interface OpenQueueOptions {
  /** For the log. */
  onProblem?: ReportProblem;
  /** Several queues on one server, in tests. */
  queueName?: string;
  /** Milliseconds; a test's clock. */
  now?: () => number;
}

const DEFAULT_PRIORITY = 5;
/**
 * A doorbell that waits swallows equal ones only so long: should the queue lose it and still remember its key
 * (evicted, half restored, a bug), the sweep is heard again after that.
 */
const SAME_DOORBELL_MS = 60_000;
const HEALTH_DEADLINE_MS = 5_000;

/** @throws TransferError with what the operator has to change, when the backend cannot be used. */
export async function openQueue(
  backend: QueueBackend,
  options: OpenQueueOptions = {},
): Promise<DoorbellQueue> {
  const report = options.onProblem ?? (() => undefined);
  const queueName = options.queueName ?? QUEUE_NAME;
  const opened =
    backend.kind === 'redis'
      ? await openRedis(backend, queueName, report)
      : await openPostgres(backend, queueName);
  const queue = opened.makeQueue();
  queue.on('error', (cause) => report({ kind: 'connection', detail: cause.message, cause }));
  await queue.waitUntilReady();
  return new OpenDoorbellQueue(opened, queue, report, options.now ?? Date.now);
}

class OpenDoorbellQueue implements DoorbellQueue {
  readonly #backend: OpenBackend;
  readonly #queue: BellQueue;
  readonly #report: ReportProblem;
  readonly #now: () => number;
  readonly #listeners = new Set<Listener>();
  #closing: Promise<void> | undefined;

  constructor(backend: OpenBackend, queue: BellQueue, report: ReportProblem, now: () => number) {
    this.#backend = backend;
    this.#queue = queue;
    this.#report = report;
    this.#now = now;
  }

  async ring({ runId, lane, priority = DEFAULT_PRIORITY }: RingOptions): Promise<void> {
    const period = Math.floor(this.#now() / SAME_DOORBELL_MS);
    try {
      await this.#queue.add(
        'doorbell',
        { runId, lane },
        {
          attempts: 1,
          priority,
          removeOnComplete: true,
          removeOnFail: true,
          deduplication: { id: `${runId}.${lane}.${period}`, keepLastIfActive: true },
        },
      );
    } catch (cause) {
      throw new TransferError('connection_lost', {
        phase: 'connect',
        detail: `The queue did not take the doorbell of run ${runId}: ${(cause as Error).message}`,
        cause,
      });
    }
  }

  listen(options: ListenOptions): Listener {
    const inner = startListener(this.#backend, options, this.#report);
    const listener: Listener = {
      close: async (graceMs) => {
        await inner.close(graceMs);
        this.#listeners.delete(listener);
      },
    };
    this.#listeners.add(listener);
    return listener;
  }

  async depth(): Promise<QueueDepth> {
    const {
      wait = 0,
      prioritized = 0,
      active = 0,
    } = await this.#queue.getJobCounts('wait', 'prioritized', 'active');
    return { waiting: wait + prioritized, active };
  }

  async health(): Promise<string | undefined> {
    const { promise: late, resolve } = Promise.withResolvers<string>();
    const timer = setTimeout(() => resolve(`no answer within ${HEALTH_DEADLINE_MS} ms`), HEALTH_DEADLINE_MS);
    const answered = this.depth().then(
      () => undefined,
      (error: Error) => error.message,
    );
    const reason = await Promise.race([answered, late]);
    clearTimeout(timer);
    return reason;
  }

  close(): Promise<void> {
    this.#closing ??= this.#closeInOrder();
    return this.#closing;
  }

  /** Listeners first, so that each handler's end is still recorded; connections last. */
  async #closeInOrder(): Promise<void> {
    await Promise.all([...this.#listeners].map((listener) => listener.close(0)));
    await this.#queue.close();
    await this.#backend.close();
  }
}
