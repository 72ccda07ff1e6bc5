import type { JobsOptions } from 'bullmq';
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
  priority?: number | undefined;
  /** Only listeners with this tag hear it. */
  tag?: string | undefined;
  /** It is not heard before. Rung again for about the same moment, it is one doorbell. */
  delayMs?: number | undefined;
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
  /** Of the queue without a tag, and of those whose tags were rung here. */
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
/** A doorbell that a busy worker gives back. */
const RING_AGAIN_MS = 1_000;

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
  const opened = backend.kind === 'redis' ? await openRedis(backend, report) : await openPostgres(backend);
  const queue = new OpenDoorbellQueue(opened, queueName, report, {
    now: options.now ?? Date.now,
    lockMs: options.lockMs ?? DEFAULT_LOCK_MS,
  });
  await queue.ready();
  return queue;
}

type QueueTimes = Required<Pick<OpenQueueOptions, 'now' | 'lockMs'>>;

class OpenDoorbellQueue implements DoorbellQueue {
  readonly #backend: OpenBackend;
  readonly #name: string;
  /** By name: the one without a tag, and those of the tags that were rung. */
  readonly #queues = new Map<string, { queue: BellQueue; ready: Promise<unknown> }>();
  readonly #report: ReportProblem;
  readonly #options: QueueTimes;
  readonly #listeners = new Set<Listener>();
  #closing: Promise<void> | undefined;

  constructor(backend: OpenBackend, name: string, report: ReportProblem, options: QueueTimes) {
    this.#backend = backend;
    this.#name = name;
    this.#report = report;
    this.#options = options;
  }

  async ready(): Promise<void> {
    await this.#queue(this.#name);
  }

  /** Opened when it is first rung: tags come and go with the configuration. */
  async #queue(name: string): Promise<BellQueue> {
    const { queue, ready } = this.#queues.get(name) ?? this.#openQueue(name);
    await ready;
    return queue;
  }

  #openQueue(name: string): { queue: BellQueue; ready: Promise<unknown> } {
    const queue = this.#backend.makeQueue(name);
    queue.on('error', (error) => this.#report(new QueueProblem('connection', error.message, error)));
    const opened = { queue, ready: queue.waitUntilReady() };
    this.#queues.set(name, opened);
    // One that could not be opened is opened anew by the next ring.
    opened.ready.catch(() => {
      this.#queues.delete(name);
      queue.close().catch(() => undefined);
    });
    return opened;
  }

  ring({ tag, ...doorbell }: RingOptions): Promise<void> {
    return this.#ringIn(this.#nameOf(tag), doorbell);
  }

  #nameOf(tag: string | undefined): string {
    return tag === undefined ? this.#name : `${this.#name}-${tag}`;
  }

  async #ringIn(
    queueName: string,
    { runId, lane, priority = DEFAULT_PRIORITY, delayMs }: Omit<RingOptions, 'tag'>,
  ): Promise<void> {
    try {
      await this.#ask(queueName, (queue) =>
        queue.add(
          'doorbell',
          { runId, lane },
          {
            attempts: 1,
            priority,
            removeOnComplete: true,
            removeOnFail: true,
            ...(delayMs === undefined ? this.#atOnce(runId, lane) : this.#later(runId, lane, delayMs)),
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

  #atOnce(runId: string, lane: number): JobsOptions {
    const period = Math.floor(this.#options.now() / SAME_DOORBELL_MS);
    return { deduplication: { id: `${runId}.${lane}.${period}`, keepLastIfActive: true } };
  }

  /** By its due moment, so that a doorbell whose handler puts it off again is not taken for itself. */
  #later(runId: string, lane: number, delayMs: number): JobsOptions {
    const nowMs = this.#options.now();
    const due = Math.floor(nowMs / delayMs) + 2;
    return {
      delay: Math.ceil(due * delayMs - nowMs),
      deduplication: { id: `${runId}.${lane}.${delayMs}x${due}` },
    };
  }

  listen(options: ListenOptions): Listener {
    const inner = startListener(options, {
      backend: this.#backend,
      queueNames: [undefined, ...new Set(options.tags)].map((tag) => this.#nameOf(tag)),
      lockMs: this.#options.lockMs,
      report: this.#report,
      ringLater: (queueName, doorbell) => this.#ringIn(queueName, { ...doorbell, delayMs: RING_AGAIN_MS }),
    });
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
    const depth = { waiting: 0, active: 0 };
    for (const name of this.#queues.keys()) {
      const counts = await this.#ask(name, (queue) => queue.getJobCounts('wait', 'prioritized', 'active'));
      depth.waiting += (counts['wait'] ?? 0) + (counts['prioritized'] ?? 0);
      depth.active += counts['active'] ?? 0;
    }
    return depth;
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
  async #ask<T>(queueName: string, question: (queue: BellQueue) => Promise<T>): Promise<T> {
    if (this.#closing) throw new Error('the queue is closed');
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => late.reject(new Error(`no answer within ${ANSWER_DEADLINE_MS} ms`)),
      ANSWER_DEADLINE_MS,
    );
    try {
      return await Promise.race([this.#queue(queueName).then(question), late.promise]);
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
    await Promise.all([...this.#queues.values()].map(({ queue }) => queue.close()));
    await this.#backend.close();
  }
}
