import { describe, expect, it } from 'vitest';
import type { RunProgressObject } from '#contract';
import { type LiveRun, millisecondsLeft, nextLiveRun } from './live-run.ts';

function told(streamedBytes: number, second: number): RunProgressObject {
  return {
    runId: 'run',
    route: 'nightly',
    state: 'running',
    transferCounts: { streaming: 1 },
    deliveredBytes: 0,
    underWay: [
      {
        transferId: 'a',
        sourcePath: '/out/a.csv',
        phase: 'stream',
        streamedBytes,
        sizeBytes: 10_000,
        worker: 'one',
        lane: 0,
        at: new Date(second * 1_000).toISOString(),
      },
    ],
  };
}

function pictureOf(...pictures: RunProgressObject[]): LiveRun {
  return pictures.reduce<LiveRun | undefined>(nextLiveRun, undefined)!;
}

describe('the rate of a file under way', () => {
  it('is not known until it was heard of twice', () => {
    const run = pictureOf(told(1_000, 1));
    expect([run.bytesPerSecond, millisecondsLeft(run.underWay[0]!)]).toEqual([undefined, undefined]);
  });

  it('is what moved between two moments of the worker', () => {
    const run = pictureOf(told(1_000, 1), told(3_000, 3));
    expect([run.bytesPerSecond, millisecondsLeft(run.underWay[0]!)]).toEqual([1_000, 7_000]);
  });

  it('does not leap, and stays when the same is told again', () => {
    expect(pictureOf(told(0, 1), told(1_000, 2), told(3_000, 3)).bytesPerSecond).toBeCloseTo(1_400);
    expect(pictureOf(told(0, 1), told(1_000, 2), told(1_000, 2)).bytesPerSecond).toBe(1_000);
  });

  it('is not negative when a second attempt begins anew, and there is no telling when nothing moves', () => {
    expect(pictureOf(told(5_000, 1), told(6_000, 2), told(10, 3)).bytesPerSecond).toBe(1_000);
    expect(millisecondsLeft(pictureOf(told(5_000, 1), told(5_000, 2)).underWay[0]!)).toBeUndefined();
  });
});
