export { describeQueueConformance, type QueueServer } from './queue-conformance.ts';
export { type RedisMonitor, redisServer, watchRedis } from './redis-server.ts';
