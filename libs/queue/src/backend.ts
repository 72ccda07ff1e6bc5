import type { JobsOptions, WorkerOptions } from 'bullmq';
import type { QueueProblem } from './problem.ts';

export const QUEUE_NAME = 'waybill-doorbells';

export interface RedisQueueBackend {
  kind: 'redis';
  /** redis:// or rediss:// */
  url: string;
  /**
   * Accepts a Redis that evicts keys or forgets at a restart. Nothing is lost with it either: Postgres is the truth.
   * But runs then wait for the next sweep, so it is refused unless asked for.
   */
  allowVolatile?: boolean;
}

export interface PostgresQueueBackend {
  kind: 'postgres';
  connectionString: string;
}

/** Where the doorbells lie. */
export type QueueBackend = RedisQueueBackend | PostgresQueueBackend;

/** The part of BullMQ's Queue that this room uses, whatever backend it was built for. */
export interface BellQueue {
  add(name: string, data: unknown, options: JobsOptions): Promise<unknown>;
  getJobCounts(...states: ('wait' | 'prioritized' | 'active')[]): Promise<Record<string, number>>;
  waitUntilReady(): Promise<unknown>;
  close(): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
}

/** The same for its Worker. */
export interface BellWorker {
  concurrency: number;
  cancelJob(id: string, reason?: string): boolean;
  cancelAllJobs(reason?: string): void;
  waitUntilReady(): Promise<unknown>;
  close(force?: boolean): Promise<void>;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'lockRenewalFailed', listener: (ids: string[]) => void): unknown;
  on(event: 'failed', listener: (job: { data: unknown } | undefined, error: Error) => void): unknown;
}

/** BullMQ passes the signal only to a processor that declares three parameters. */
export type BellProcessor = (
  job: { data: unknown },
  token: string | undefined,
  signal: AbortSignal | undefined,
) => Promise<void>;

/** What differs between Redis and Postgres. */
export interface OpenBackend {
  makeQueue(name: string): BellQueue;
  makeWorker(name: string, process: BellProcessor, options: Omit<WorkerOptions, 'connection'>): BellWorker;
  /** Last of all, after every queue and worker. */
  close(): Promise<void>;
}

export type ReportProblem = (problem: QueueProblem) => void;
