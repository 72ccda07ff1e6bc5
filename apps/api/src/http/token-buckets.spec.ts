import fc from 'fast-check';
import { expect, it } from 'vitest';
import { TokenBuckets } from './token-buckets.ts';

const RATE = { perSecond: 10, burst: 5 };

/** A clock that goes on only when told to. */
function buckets() {
  let nowMs = 0;
  const made = new TokenBuckets(RATE, () => nowMs);
  return { made, pass: (ms: number) => (nowMs += ms) };
}

it('gives the burst at once, then what comes back, and says how long to wait', () => {
  const { made, pass } = buckets();
  expect(Array.from({ length: 7 }, () => made.take('a'))).toEqual([0, 0, 0, 0, 0, 1, 1]);
  pass(100);
  expect([made.take('a'), made.take('a')]).toEqual([0, 1]);
});

it('lets nobody pay for another', () => {
  const { made } = buckets();
  for (let one = 0; one < 9; one++) made.take('a');
  expect(made.take('a')).toBe(1);
  expect(made.take('b')).toBe(0);
});

it('charges what was spent before, down to nothing and not below', () => {
  const { made, pass } = buckets();
  for (let one = 0; one < 100; one++) made.charge('a');
  expect(made.take('a')).toBe(1);
  pass(100);
  expect(made.take('a')).toBe(0);
});

it('gives back what was taken from the wrong one, and never more than the burst', () => {
  const { made } = buckets();
  for (let one = 0; one < 5; one++) made.take('a');
  made.refund('a');
  expect([made.take('a'), made.take('a')]).toEqual([0, 1]);
  for (let one = 0; one < 100; one++) made.refund('a');
  expect(Array.from({ length: 6 }, () => made.take('a'))).toEqual([0, 0, 0, 0, 0, 1]);
});

it('forgets who was away longest when too many come, and never grows beyond that', () => {
  const { made } = buckets();
  for (let one = 0; one < 9; one++) made.take('first');
  for (let other = 0; other < 50_000; other++) made.take(String(other));
  expect(made.size).toBe(10_000);
  expect(made.take('first')).toBe(0);
});

it('never gives more than the burst and what has come back since, whatever the order', () => {
  const steps = fc.array(fc.oneof(fc.constant('take'), fc.nat(500)), { maxLength: 200 });
  fc.assert(
    fc.property(steps, (sequence) => {
      const { made, pass } = buckets();
      let given = 0;
      let passedMs = 0;
      for (const step of sequence) {
        if (typeof step === 'number') {
          passedMs += step;
          pass(step);
        } else if (made.take('a') === 0) given++;
      }
      return given <= RATE.burst + (passedMs / 1_000) * RATE.perSecond + 1e-6;
    }),
    { numRuns: 500 },
  );
});
