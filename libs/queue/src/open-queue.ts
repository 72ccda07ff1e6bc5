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
import { QueueProblem } from './problem.ts';
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
   * @throws TransferError `connection_lost` within seconds when the queue is away; the sweep rings again.
   */
  ring(doorbell: RingOptions): Promise<void>;
  listen(options: ListenOptions): Listener;
  depth(): Promise<QueueDepth>;
  /** undefined while the queue answers, otherwise what is wrong. */
  problem(): Promise<string | undefined>;
  /** Closes listeners still open, then the queue. Call it before the database stops. */
  close(): Promise<void>;
}

export interface OpenQueueOptions {
  /** Several queues on one server, in tests. */
  queueName?: string;
  /** How long a worker process may be dead or frozen before its doorbells ring elsewhere. */
  lockMs?: number;
  /** Milliseconds; a test's clock. */
  now?: () => number;
}

const DEFAULT_PRIORITY = 5;
const DEFAULT_LOCK_MS = 15_000;
/**
 * A doorbell that waits swallows equal ones only so long: should the queue lose it and still remember its key
 * (evicted, half restored, a bug), the sweep is heard again after that.
 */
const SAME_DOORBELL_MS = 60_000;
const ANSWER_DEADLINE_MS = 5_000;

/**
 * @param report is told what goes wrong later: nothing ends the process, nothing is thrown outside of a call.
 * @throws TransferError with what the operator has to change, when the backend cannot be used.
 */
export async function openQueue(
  backend: QueueBackend,
  report: ReportProblem = () => undefined,
  options: OpenQueueOptions = {},
): Promise<DoorbellQueue> {
  const queueName = options.queueName ?? QUEUE_NAME;
  const opened =
    backend.kind === 'redis'
      ? await openRedis(backend, queueName, report)
      : await openPostgres(backend, queueName);
  const queue = opened.makeQueue();
  queue.on('error', (error) => report(new QueueProblem('connection', error.message, error)));
  await queue.waitUntilReady();
  return new OpenDoorbellQueue(opened, queue, report, {
    now: options.now ?? Date.now,
    lockMs: options.lockMs ?? DEFAULT_LOCK_MS,
  });
}

type QueueTimes = Required<Pick<OpenQueueOptions, 'now' | 'lockMs'>>;

class OpenDoorbellQueue implements DoorbellQueue {
  readonly #backend: OpenBackend;
  readonly #queue: BellQueue;
  readonly #report: ReportProblem;
  readonly #options: QueueTimes;
  readonly #listeners = new Set<Listener>();
  #closing: Promise<void> | undefined;

  constructor(backend: OpenBackend, queue: BellQueue, report: ReportProblem, options: QueueTimes) {
    this.#backend = backend;
    this.#queue = queue;
    this.#report = report;
    this.#options = options;
  }

  async ring({ runId, lane, priority = DEFAULT_PRIORITY }: RingOptions): Promise<void> {
    const period = Math.floor(this.#options.now() / SAME_DOORBELL_MS);
    try {
      await this.#ask((queue) =>
        queue.add(
          'doorbell',
          { runId, lane },
          {
            attempts: 1,
            priority,
            removeOnComplete: true,
            removeOnFail: true,
            deduplication: { id: `${runId}.${lane}.${period}`, keepLastIfActive: true },
          },
        ),
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
    const inner = startListener(this.#backend, { ...options, lockMs: this.#options.lockMs }, this.#report);
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
    const counts = await this.#ask((queue) => queue.getJobCounts('wait', 'prioritized', 'active'));
    const { wait = 0, prioritized = 0, active = 0 } = counts;
    return { waiting: wait + prioritized, active };
  }

  async problem(): Promise<string | undefined> {
    try {
      await this.depth();
      return undefined;
    } catch (error) {
      return (error as Error).message;
    }
  }

  /** A closed queue of BullMQ waits for ever, and so may a connection that died without a word. */
  async #ask<T>(question: (queue: BellQueue) => Promise<T>): Promise<T> {
    if (this.#closing) throw new Error('the queue is closed');
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`no answer within ${ANSWER_DEADLINE_MS} ms`)),
      ANSWER_DEADLINE_MS,
    );
    try {
      return await Promise.race([question(this.#queue), late.promise]);
    } finally {
      clearTimeout(timer);
    }
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
