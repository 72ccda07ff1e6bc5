import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decideRetry } from './retry.ts';
import { runOutcome } from './run.ts';
import {
  ASSURANCE_LEVELS,
  canMoveTransfer,
  isSettledTransfer,
  meetsAssurance,
  TRANSFER_STATES,
} from './transfer.ts';

const policy = { maxAttempts: 5, firstDelayMs: 30_000, factor: 2, maxDelayMs: 900_000, jitter: 0.2 };

describe('decideRetry', () => {
  it('doubles the delay up to the maximum', () => {
    const delays = [1, 2, 3, 4].map((attempt) => decideRetry('soon', attempt, policy, 0.5));
    expect(delays).toEqual([30_000, 60_000, 120_000, 240_000].map((delayMs) => ({ kind: 'retry', delayMs })));
    expect(decideRetry('soon', 4, { ...policy, maxDelayMs: 100_000 }, 0.5)).toEqual({
      kind: 'retry',
      delayMs: 100_000,
    });
  });

  it('leaves a busy partner alone one step longer', () => {
    expect(decideRetry('later', 1, policy, 0.5)).toEqual({ kind: 'retry', delayMs: 60_000 });
  });

  it('never repeats what only a person can change, and stops when the attempts are used up', () => {
    expect(decideRetry('never', 1, policy, 0.5)).toEqual({ kind: 'fail', because: 'never' });
    expect(decideRetry('soon', 5, policy, 0.5)).toEqual({ kind: 'fail', because: 'attempts_used_up' });
  });

  it('spreads by the jitter and no further', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), (random) => {
        const decision = decideRetry('soon', 1, policy, random);
        expect(decision.kind === 'retry' && decision.delayMs >= 24_000 && decision.delayMs <= 36_000).toBe(
          true,
        );
      }),
    );
  });
});

describe('runOutcome', () => {
  it.each([
    [[], 'delivered'],
    [['delivered', 'suppressed'], 'delivered'],
    [['delivered', 'failed'], 'partly_delivered'],
    [['failed', 'suppressed'], 'failed'],
    [['delivered', 'held', 'failed'], 'held'],
    [['cancelled', 'suppressed'], 'cancelled'],
    [['cancelled', 'failed'], 'failed'],
  ] as const)('%j is %s', (states, outcome) => {
    expect(runOutcome(states)).toBe(outcome);
  });
});

describe('transfer states', () => {
  it('let nothing leave delivered, suppressed, failed or cancelled', () => {
    for (const from of ['delivered', 'suppressed', 'failed', 'cancelled'] as const) {
      expect(TRANSFER_STATES.filter((to) => canMoveTransfer(from, to))).toEqual([]);
    }
  });

  it('let a person decide a held transfer', () => {
    expect(TRANSFER_STATES.filter((to) => canMoveTransfer('held', to))).toEqual([
      'planned',
      'delivered',
      'failed',
      'cancelled',
    ]);
    expect(isSettledTransfer('held')).toBe(true);
  });

  it('order assurance from none to hash_by_server', () => {
    expect(ASSURANCE_LEVELS.map((level) => meetsAssurance('read_back', level))).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });
});
