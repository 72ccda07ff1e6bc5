import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { describeQueueConformance } from '#queue/testing';
import { startTestDatabase } from '#store/testing';
import { doorbellId, parseDoorbell } from './doorbell.ts';

describeQueueConformance('Postgres', async () => {
  const database = await startTestDatabase();
  return { backend: { kind: 'postgres', connectionString: database.appUrl }, stop: () => database.stop() };
});

const runId = randomUUID();

it.each([
  [{}],
  [{ runId, lane: -1 }],
  [{ runId, lane: '0' }],
  [{ runId: '../../etc/passwd', lane: 0 }],
  [{ runId, lane: 0, host: 'evil.example' }],
  ['text'],
])('does not take %j for a doorbell', (payload) => {
  expect(parseDoorbell(payload)).toBeUndefined();
});

it('makes ids that BullMQ accepts and that change with the minute', () => {
  const id = doorbellId({ runId, lane: 2 }, 120_000);
  expect(id).not.toContain(':');
  expect(doorbellId({ runId, lane: 2 }, 179_999)).toBe(id);
  expect(doorbellId({ runId, lane: 2 }, 180_000)).not.toBe(id);
});
