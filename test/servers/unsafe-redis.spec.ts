import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { makeReady, WaybillProcess } from '../support/waybill-process.ts';
import { describeWithDocker, startRedis } from './support/index.ts';

describeWithDocker('waybill with a Redis', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    makeReady();
    database = await startTestDatabase();
  });
  afterAll(() => database?.stop());

  it.each([
    ['that forgets', ['--appendonly', 'no'], 'appendonly is off; switch it on'],
    ['that evicts', ['--maxmemory-policy', 'allkeys-lru'], 'allkeys-lru; set it to noeviction'],
  ])('%s does not start, and says in one line what to change', async (_, settings, words) => {
    const redis = await startRedis(settings);
    try {
      for (const kind of ['scheduler', 'worker']) {
        const started = new WaybillProcess([kind], { DATABASE_URL: database.appUrl, REDIS_URL: redis.url });
        expect(await started.exit()).toBe(2);
        const said = started.complaints.filter((line) => line !== '');
        expect(said).toHaveLength(1);
        expect(said[0]).toMatch(/^waybill: The Redis of REDIS_URL would lose doorbells/);
        expect(said[0]).toContain(words);
      }
    } finally {
      await redis.stop();
    }
  });
});
