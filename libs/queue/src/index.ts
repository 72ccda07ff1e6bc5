export type { PostgresQueueBackend, QueueBackend, RedisQueueBackend } from './backend.ts';
export type { Doorbell } from './doorbell.ts';
export type { Listener, ListenOptions } from './listener.ts';
export {
  type DoorbellQueue,
  type OpenQueueOptions,
  openQueue,
  type QueueDepth,
  type RingOptions,
} from './open-queue.ts';
export { QueueProblem } from './problem.ts';
