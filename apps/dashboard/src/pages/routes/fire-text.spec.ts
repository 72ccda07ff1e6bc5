import { describe, expect, it } from 'vitest';
import { fireClock, fireDay, splitInstants } from './fire-text.ts';

const now = new Date('2026-11-21T22:00:00Z');

describe('a fire on the clock of its zone', () => {
  it.each([
    ['2026-11-23T02:15+00:00', 'Mon 23 Nov', '02:15 +00:00'],
    ['2027-03-28T02:00+01:00', 'Sun 28 Mar 2027', '02:00 +01:00'],
    ['2026-12-01T00:00:00-04:30', 'Tue 1 Dec', '00:00 -04:30'],
    ['2026-12-01T00:00Z', 'Tue 1 Dec', '00:00 +00:00'],
    ['soon', 'soon', ''],
  ])('%s', (localTime, day, clock) => {
    expect(fireDay(localTime, now)).toBe(day);
    const { clock: time, offset } = fireClock(localTime);
    expect(`${time} ${offset}`.trim()).toBe(clock);
  });

  it('has the instants of its notes apart from their words', () => {
    expect(splitInstants('waits until 2026-11-23T20:00:00.000Z.')).toEqual([
      { at: 0, text: 'waits until ', isInstant: false },
      { at: 12, text: '2026-11-23T20:00:00.000Z', isInstant: true },
      { at: 36, text: '.', isInstant: false },
    ]);
    expect(splitInstants('nothing of it')).toEqual([{ at: 0, text: 'nothing of it', isInstant: false }]);
  });
});
