import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openQueue, type QueueProblem } from '#queue';
import { describeQueueConformance, redisServer } from '#queue/testing';
import { describeWithDocker, type RedisServer, startRedis } from './support/index.ts';

describeWithDocker('Redis in a container', () => {
  describe('that keeps what it is given', () => {
    let redis: RedisServer;
    beforeAll(async () => {
      redis = await startRedis();
    });
    afterAll(() => redis?.stop());

    describeQueueConformance('Redis', () => redisServer(redis.url));
  });

  it('is refused when it forgets or evicts, unless asked for', async () => {
    const redis = await startRedis(['--appendonly', 'no', '--maxmemory-policy', 'allkeys-lru']);
    try {
      await expect(openQueue({ kind: 'redis', url: redis.url })).rejects.toMatchObject({
        code: 'invalid_configuration',
        detail: expect.stringMatching(/allkeys-lru; set it to noeviction; appendonly is off/),
      });
      const problems: QueueProblem[] = [];
      const queue = await openQueue({ kind: 'redis', url: redis.url, allowVolatile: true }, (problem) =>
        problems.push(problem),
      );
      await queue.close();
      expect(problems.map((problem) => problem.kind)).toEqual(['volatile_redis']);
    } finally {
      await redis.stop();
    }
  });

  it('ends no process by going away: ringing says so within seconds', async () => {
    const redis = await startRedis();
    const queue = await openQueue({ kind: 'redis', url: redis.url });
    queue.listen({ concurrency: 1, handle: async () => undefined });
    await redis.stop();
    await expect(queue.ring({ runId: randomUUID(), lane: 0 })).rejects.toMatchObject({
      code: 'connection_lost',
    });
    expect(await queue.problem()).toEqual(expect.any(String));
    await queue.close();
  });
});
