import type { Redis } from 'ioredis';

/** This Redis may lose or evict what it acknowledged. */
export class UnsafeRedis extends Error {
  constructor(problem: string, remedy: string) {
    super(`Redis is not safe for a queue: ${problem}. ${remedy}`);
    this.name = 'UnsafeRedis';
  }
}

/** @throws UnsafeRedis when keys may be evicted, or nothing is written to disk. */
export async function assertSafeRedis(redis: Redis): Promise<void> {
  const policy = await setting(redis, 'maxmemory-policy');
  if (policy !== 'noeviction')
    throw new UnsafeRedis(`maxmemory-policy is ${policy}`, 'Set it to noeviction.');
  const appendOnly = await setting(redis, 'appendonly');
  if (appendOnly !== 'yes') throw new UnsafeRedis('appendonly is off', 'Set appendonly to yes.');
}

async function setting(redis: Redis, name: string): Promise<string | undefined> {
  const answer = (await redis.config('GET', name)) as string[];
  return answer[1];
}
