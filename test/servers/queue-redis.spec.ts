import { afterAll, beforeAll } from 'vitest';
import { describeQueueConformance, redisServer } from '#queue/testing';
import { describeWithDocker, type RedisServer, startRedis } from './support/index.ts';

describeWithDocker('Redis in a container', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis?.stop());

  describeQueueConformance('Redis', () => redisServer(redis.url));
});
