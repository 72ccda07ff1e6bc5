import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import { parseDoorbell } from './doorbell.ts';

const runId = randomUUID();

it('takes a run and a lane for a doorbell', () => {
  expect(parseDoorbell({ runId, lane: 3 })).toEqual({ runId, lane: 3 });
});

it.each([
  [{}],
  [{ runId, lane: -1 }],
  [{ runId, lane: 1e9 }],
  [{ runId, lane: 0.5 }],
  [{ runId, lane: '0' }],
  [{ runId: '../../etc/passwd', lane: 0 }],
  [{ runId, lane: 0, host: 'evil.example' }],
  [[runId, 0]],
  ['text'],
  [null],
])('does not take %j for a doorbell', (payload) => {
  expect(parseDoorbell(payload)).toBeUndefined();
});
