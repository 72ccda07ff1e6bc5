import { describe, expect, it } from 'vitest';
import { STEPS, stepAt } from '../../../files/phase-steps.ts';
import { progressText, wholeSeconds } from '../../../files/progress-text.ts';
import type { LiveFile } from '../../../live/live-run.ts';
import { callbackSays } from './callback-says.ts';
import { filterOf } from './transfer-filter.ts';

const file: LiveFile = {
  transferId: 'a',
  sourcePath: '/out/a.csv',
  phase: 'stream',
  streamedBytes: 1_048_576,
  sizeBytes: 6_291_456,
  worker: 'one',
  lane: 0,
  at: '2026-11-21T02:00:00.000Z',
  bytesPerSecond: 262_144,
};

describe('a file under way', () => {
  it('says how much of how much, how fast, and how long still', () => {
    expect(progressText(file)).toBe('1.0 MiB of 6.0 MiB, 256 KiB/s, 20 s left');
  });

  it('promises nothing before it was heard of twice, and no rate where no bytes move', () => {
    expect(progressText({ ...file, bytesPerSecond: undefined })).toBe('1.0 MiB of 6.0 MiB');
    expect(progressText({ ...file, bytesPerSecond: 0 })).toBe('1.0 MiB of 6.0 MiB, 0 B/s');
    expect(progressText({ ...file, phase: 'verify' })).toBe('1.0 MiB of 6.0 MiB');
  });

  it('counts whole seconds', () => {
    expect([wholeSeconds(200), wholeSeconds(8_100), wholeSeconds(61_500)]).toEqual(['1 s', '9 s', '1 m 2 s']);
  });

  it('is in a step, TLS and login being part of the connection', () => {
    const stepOf = (phase: LiveFile['phase']) => STEPS[stepAt(phase)];
    expect([stepOf('authenticate'), stepOf('list'), stepOf('stream'), stepOf('dispose')]).toEqual([
      'connect',
      'open',
      'stream',
      'dispose',
    ]);
  });
});

describe('the filter of the files', () => {
  it('is a state, or told as none', () => {
    expect(filterOf('failed')).toEqual({ state: 'failed' });
    expect(filterOf('fialed')).toEqual({ unknown: 'fialed' });
    expect(filterOf(undefined)).toEqual({});
  });
});

describe('a call-back', () => {
  const callback = {
    host: 'hooks.example',
    state: 'due',
    attempts: 0,
    lastStatus: null,
    lastError: null,
  } as const;

  it.each([
    [{ state: 'waiting' }, 'hooks.example is told when the run has ended.'],
    [{}, 'hooks.example is being told.'],
    [
      { attempts: 2, lastError: 'answered', lastStatus: 500 },
      'hooks.example was not told yet, after 2 tries: it answered with an error (status 500). It is tried again.',
    ],
    [{ state: 'delivered', attempts: 1, lastStatus: 204 }, 'hooks.example was told (status 204).'],
    [
      { state: 'given_up', attempts: 12, lastError: 'unreachable' },
      'hooks.example was not told, and nobody tries again after 12 tries: it cannot be reached.',
    ],
  ] as const)('%o', (changes, says) => {
    expect(callbackSays({ ...callback, ...changes })).toBe(says);
  });
});
