export { describeQueueConformance, forge, type QueueServer } from './queue-conformance.ts';
export { type RedisMonitor, redisServer, tellRedis, watchRedis } from './redis-server.ts';
