export { describeQueueConformance, type QueueServer } from './queue-conformance.ts';
export { redisServer } from './redis-server.ts';
