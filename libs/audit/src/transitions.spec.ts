import { expect, it } from 'vitest';
import { TransferError } from '#domain';
import { decideFailure } from './transitions.ts';

const policy = { maxAttempts: 3, firstDelayMs: 100, factor: 2, maxDelayMs: 1_000, jitter: 0 };

it.each([false, true])(
  'a worker that stood still fails no file, however often (publish intended: %s)',
  (publishIntended) => {
    const stoodStill = new TransferError('lease_lost', { phase: 'open' });
    expect(decideFailure(stoodStill, 7, policy, publishIntended)).toEqual({ kind: 'retry', delayMs: 100 });
  },
);

it('a partner that does not answer uses the attempts up', () => {
  const silent = new TransferError('connect_timeout', { phase: 'connect' });
  expect(decideFailure(silent, 3, policy, false)).toEqual({ kind: 'failed' });
  expect(decideFailure(silent, 3, policy, true)).toEqual({ kind: 'held' });
});
