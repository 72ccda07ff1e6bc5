import { describe, expect, it } from 'vitest';
import type { Transfer } from '#contract';
import { groupByCause, partsOf, rerunSays, runMillisecondsLeft, settledOf } from './state-counts.ts';

describe('the bar of a run', () => {
  it('begins with what is done, puts the steps of a transfer together, and leaves out what there is none of', () => {
    const parts = partsOf({ planned: 5, streaming: 2, verifying: 1, delivered: 90, failed: 2, held: 0 });
    expect(parts.map(({ kind, count }) => `${count} ${kind}`)).toEqual([
      '90 delivered',
      '3 under_way',
      '2 failed',
      '5 planned',
    ]);
  });

  it('leads to the list where a part is one state', () => {
    expect(partsOf({ streaming: 1, failed: 1 }).map(({ state }) => state)).toEqual([undefined, 'failed']);
  });
});

describe('the time a run has left', () => {
  it('is that of its files up to now', () => {
    expect(runMillisecondsLeft({ delivered: 8, failed: 2, planned: 20 }, 60_000)).toBe(120_000);
    // What was delivered earlier took no time.
    expect(runMillisecondsLeft({ suppressed: 500, delivered: 10, planned: 20 }, 60_000)).toBe(120_000);
  });

  it('is not known from a few files, and not when nothing is left', () => {
    expect(runMillisecondsLeft({ delivered: 2, planned: 20 }, 60_000)).toBeUndefined();
    expect(runMillisecondsLeft({ delivered: 20 }, 60_000)).toBeUndefined();
    expect(runMillisecondsLeft({ suppressed: 500, delivered: 2, planned: 5 }, 60_000)).toBeUndefined();
    expect(settledOf({ delivered: 1, suppressed: 1, held: 1, failed: 1, cancelled: 1, planned: 9 })).toBe(5);
  });
});

describe('a rerun says', () => {
  const run = (state: 'failed' | 'running' | 'delivered' | 'held', transferCounts: object) => ({
    state,
    transferCounts,
    files: null,
  });

  it('what it takes up and what waits', () => {
    expect(rerunSays(run('held', { delivered: 3, failed: 2, cancelled: 1, held: 1 }))).toBe(
      'It takes up 2 failed and 1 cancelled files. What is delivered is not sent again. 1 held file waits for its decision.',
    );
    expect(rerunSays(run('failed', { failed: 1 }))).toContain('1 failed file.');
  });

  it('that a run which never came to its listing is listed anew', () => {
    expect(rerunSays(run('failed', {}))).toContain('listed anew');
    expect(rerunSays({ ...run('failed', {}), files: ['a.csv'] })).toContain('looked for anew');
  });

  it('nothing where the api would refuse', () => {
    expect(rerunSays(run('running', { failed: 1 }))).toBeUndefined();
    expect(rerunSays(run('delivered', {}))).toBeUndefined();
    expect(rerunSays(run('delivered', { delivered: 3 }))).toBeUndefined();
    expect(rerunSays(run('held', { held: 1 }))).toBeUndefined();
  });
});

describe('causes', () => {
  it('are told once each, the most frequent first', () => {
    const failed = (code: NonNullable<Transfer['error']>['code']) => ({
      error: { code, phase: null, detail: null, sentence: code },
    });
    const groups = groupByCause([
      failed('disk_full'),
      failed('source_gone'),
      failed('disk_full'),
      { error: null },
    ]);
    expect(groups.map(({ error, items }) => `${items.length} ${error.code}`)).toEqual([
      '2 disk_full',
      '1 source_gone',
    ]);
  });
});
