import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Pace } from './pace.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function counted(tookMs = 0) {
  const done: number[] = [];
  const beganAt = performance.now();
  const pace = new Pace(async () => {
    done.push(Math.round(performance.now() - beganAt));
    const { promise, resolve } = Promise.withResolvers<void>();
    setTimeout(resolve, tookMs);
    await promise;
  });
  return { pace, done };
}

async function wishFor(pace: Pace, milliseconds: number): Promise<void> {
  for (let passed = 0; passed < milliseconds; passed += 20) {
    pace.ask();
    await vi.advanceTimersByTimeAsync(20);
  }
}

it('acts soon on a single wish, and not again', async () => {
  const { pace, done } = counted();
  pace.ask();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(done).toEqual([50]);
});

it('acts at most four times a second when fifty wishes a second begin, and once a second when they go on', async () => {
  const { pace, done } = counted();
  await wishFor(pace, 10_000);
  const within = (from: number, to: number) => done.filter((at) => at >= from && at < to).length;
  expect(within(0, 1_000)).toBeLessThanOrEqual(4);
  expect(within(0, 1_000)).toBeGreaterThanOrEqual(3);
  expect(within(5_000, 10_000)).toBe(5);
});

it('waits for the deed before, and does not forget what was wished meanwhile', async () => {
  const { pace, done } = counted(2_000);
  pace.ask();
  await vi.advanceTimersByTimeAsync(100);
  pace.ask();
  await vi.advanceTimersByTimeAsync(6_000);
  expect(done.length).toBe(2);
  expect(done[1]! - done[0]!).toBeGreaterThanOrEqual(2_250);
});

it('does nothing after it was stopped', async () => {
  const { pace, done } = counted();
  pace.ask();
  pace.stop();
  pace.ask();
  await vi.advanceTimersByTimeAsync(5_000);
  expect(done).toEqual([]);
});
