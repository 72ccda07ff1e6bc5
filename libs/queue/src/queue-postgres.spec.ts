import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeQueueConformance } from '#queue/testing';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { openQueue } from './open-queue.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await startTestDatabase();
});
afterAll(() => database.stop());

describeQueueConformance('Postgres', () => ({
  backend: { kind: 'postgres', connectionString: database.appUrl },
  wipe: () => query('TRUNCATE bullmq.job, bullmq.dedup, bullmq.dedup_next CASCADE'),
  loseWaiting: () => query(`UPDATE bullmq.job SET state = 'completed' WHERE state = 'waiting'`),
  // Neither ours nor the server's own processes.
  cutConnections: () =>
    query(
      `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'waybill_app' AND pid <> pg_backend_pid()`,
    ),
}));

describe('the tables of the queue', () => {
  it('are demanded with a sentence when the role may not make them', async () => {
    await expect(
      openQueue({ kind: 'postgres', connectionString: database.auditorUrl }),
    ).rejects.toMatchObject({
      code: 'invalid_configuration',
      detail: expect.stringContaining('grant it CREATE on the database'),
    });
  });

  it('are made once by many who start together', async () => {
    await query('DROP SCHEMA IF EXISTS bullmq CASCADE');
    const queues = await Promise.all(
      Array.from({ length: 4 }, () =>
        openQueue({ kind: 'postgres', connectionString: database.appUrl }, undefined, {
          queueName: randomUUID(),
        }),
      ),
    );
    for (const queue of queues) await queue.close();
  });
});

async function query(text: string): Promise<void> {
  const client = new pg.Client({ connectionString: database.superuserUrl });
  client.on('error', () => undefined);
  await client.connect();
  try {
    await client.query(text);
  } finally {
    await client.end();
  }
}
