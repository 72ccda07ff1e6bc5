import { describe, expect, it } from 'vitest';
import {
  afterWords,
  completeWords,
  durationWords,
  retryWords,
  scheduleWords,
  selectionWords,
  windowWords,
} from './route-words.ts';

const retry = { maxAttempts: 5, firstDelayMs: 30_000, factor: 2, maxDelayMs: 900_000, jitter: 0.2 };

describe('a route in plain words', () => {
  it.each([
    [{ cron: '15 2 * * 1-5', timezone: 'Europe/London' }, 'Mon-Fri 02:15 Europe/London'],
    [{ cron: '0 6,14,22 * * *', timezone: 'UTC' }, 'Every day 06:00, 14:00 and 22:00 UTC'],
    [{ cron: '* * * * *', timezone: 'UTC' }, 'Every minute, UTC'],
    [
      { cron: '*/15 7-18 * * 1-5', timezone: 'America/New_York' },
      'Every 15 minutes from 07:00 to 18:45, Mon-Fri, America/New_York',
    ],
    [{ cron: 'whenever', timezone: 'UTC' }, 'whenever UTC'],
    [undefined, 'By hand or by the API'],
  ])('says when it runs: %j', (schedule, words) => {
    expect(scheduleWords(schedule)).toBe(words);
  });

  it.each([
    [{}, 'Up to 5 attempts, with 30 s, 1 min, 2 min and 4 min between them, give or take 20 %.'],
    [{ maxAttempts: 1 }, 'Never: the first failure is final.'],
    [{ maxAttempts: 2, jitter: 0 }, 'Up to 2 attempts, the second after 30 s.'],
    [{ maxAttempts: 2, firstDelayMs: 0 }, 'Up to 2 attempts, the second at once.'],
    [{ maxAttempts: 3, firstDelayMs: 0 }, 'Up to 3 attempts, at once each time.'],
    [{ factor: 1, jitter: 0 }, 'Up to 5 attempts, with 30 s between them.'],
    [
      { maxAttempts: 10 },
      'Up to 10 attempts, with 30 s, 1 min, 2 min, 4 min, 8 min, then always 15 min between them, give or take 20 %.',
    ],
    [
      { maxAttempts: 20, maxDelayMs: 3_600_000, jitter: 0 },
      'Up to 20 attempts, with 30 s, 1 min, 2 min, 4 min, 8 min … up to 1 h between them.',
    ],
    [
      { maxAttempts: 10, maxDelayMs: 120_000, jitter: 0.125 },
      'Up to 10 attempts, with 30 s, 1 min, then always 2 min between them, give or take 12.5 %.',
    ],
    [
      { maxAttempts: 4, firstDelayMs: 100, factor: 1.5, maxDelayMs: 1_000, jitter: 0 },
      'Up to 4 attempts, with 100 ms, 150 ms and 225 ms between them.',
    ],
  ])('says how it tries again: %j', (differs, words) => {
    expect(retryWords({ ...retry, ...differs })).toBe(words);
  });

  it.each([
    [{ select: ['*'] }, 'all files'],
    [{ select: ['*.csv'] }, '*.csv'],
    [{ select: ['*.csv', '*.txt', 'a'] }, '*.csv, *.txt and a'],
    [{ select: [], regex: 'POS_\\d+' }, 'names that match POS_\\d+'],
  ])('says what it takes: %j', (selection, words) => {
    expect(selectionWords(selection)).toBe(words);
  });

  it.each([
    [{ settleMs: 5_000 }, 'When its size and time have not changed for 5 s.'],
    [{ settleMs: 0 }, 'As soon as it is listed.'],
    [{ settleMs: 0, marker: '{name}.ok' }, 'When its marker {name}.ok stands beside it.'],
    [
      { settleMs: 90_000, marker: '{stem}.ok' },
      'When its marker {stem}.ok stands beside it and its size and time have not changed for 1 min 30 s.',
    ],
  ])('says when a file is complete: %j', (selection, words) => {
    expect(completeWords(selection)).toBe(words);
  });

  it('says what becomes of the source', () => {
    expect(afterWords({ source: 'archive', to: '/done' })).toBe('It is moved to /done.');
    expect(afterWords({ source: 'delete' })).toBe('It is deleted.');
    expect(afterWords({ source: 'keep' })).toContain('stays');
  });

  it('says that a window goes over midnight', () => {
    expect(windowWords({ from: '20:00', to: '06:00', timezone: 'UTC' })).toBe(
      '20:00 to 06:00 the next day, UTC',
    );
    expect(windowWords({ from: '08:00', to: '18:00', timezone: 'UTC' })).toBe('08:00 to 18:00, UTC');
  });

  it.each([
    [0, '0 s'],
    [250, '250 ms'],
    [1_500, '1.5 s'],
    [30_000, '30 s'],
    [60_000, '1 min'],
    [3_600_000, '1 h'],
    [90_061_000, '1 d 1 h 1 min 1 s'],
  ])('%d ms are %s', (milliseconds, words) => {
    expect(durationWords(milliseconds)).toBe(words);
  });
});
