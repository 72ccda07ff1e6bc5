import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TransferWindow } from '#domain';
import { windowAt } from './window.ts';

const MINUTE_MS = 60_000;
const BERLIN = 'Europe/Berlin';
const night: TransferWindow = { from: '20:00', to: '06:00', timezone: BERLIN };

const at = (window: TransferWindow, instant: string) => windowAt(window, new Date(instant));
const open = (closesAt: string) => ({ open: true, closesAt: new Date(closesAt) });
const closed = (opensAt: string) => ({ open: false, opensAt: new Date(opensAt) });

describe('a window', () => {
  const day: TransferWindow = { from: '08:00', to: '17:30', timezone: 'UTC' };

  it('is open from its first minute to just before its last', () => {
    expect(at(day, '2026-11-21T07:59:59.999Z')).toEqual(closed('2026-11-21T08:00:00Z'));
    expect(at(day, '2026-11-21T08:00:00.000Z')).toEqual(open('2026-11-21T17:30:00Z'));
    expect(at(day, '2026-11-21T17:29:59.999Z')).toEqual(open('2026-11-21T17:30:00Z'));
    expect(at(day, '2026-11-21T17:30:00.000Z')).toEqual(closed('2026-11-22T08:00:00Z'));
  });

  it('goes over midnight where it ends earlier than it begins', () => {
    expect(at(night, '2026-11-21T18:59:59Z')).toEqual(closed('2026-11-21T19:00:00Z'));
    expect(at(night, '2026-11-21T19:00:00Z')).toEqual(open('2026-11-22T05:00:00Z'));
    expect(at(night, '2026-11-22T00:00:00Z')).toEqual(open('2026-11-22T05:00:00Z'));
    expect(at(night, '2026-11-22T05:00:00Z')).toEqual(closed('2026-11-22T19:00:00Z'));
  });

  it('ends at midnight, or begins there', () => {
    expect(at({ ...day, to: '00:00' }, '2026-11-21T23:59:00Z')).toEqual(open('2026-11-22T00:00:00Z'));
    expect(at({ ...day, from: '00:00' }, '2026-11-21T23:59:00Z')).toEqual(closed('2026-11-22T00:00:00Z'));
  });

  it('without any length is refused', () => {
    expect(() => at({ ...day, to: '08:00' }, '2026-11-21T07:00:00Z')).toThrow(/from and to must differ/);
  });
});

describe('where the clock is put forward (Berlin, 29 March 2026, 02:00 becomes 03:00)', () => {
  it('a window over the change is an hour shorter', () => {
    expect(at(night, '2026-03-28T20:00:00Z')).toEqual(open('2026-03-29T04:00:00Z'));
  });

  it('a window that begins in the hour that is left out opens when that hour would have ended', () => {
    const window = { from: '02:30', to: '04:00', timezone: BERLIN };
    expect(at(window, '2026-03-29T00:59:59Z')).toEqual(closed('2026-03-29T01:00:00Z'));
    expect(at(window, '2026-03-29T01:00:00Z')).toEqual(open('2026-03-29T02:00:00Z'));
  });

  it('a window that ends in it closes there', () => {
    const window = { from: '01:00', to: '02:30', timezone: BERLIN };
    expect(at(window, '2026-03-29T00:59:00Z')).toEqual(open('2026-03-29T01:00:00Z'));
  });

  it('a window that lies in it opens on the next day only', () => {
    const window = { from: '02:10', to: '02:50', timezone: BERLIN };
    expect(at(window, '2026-03-29T00:30:00Z')).toEqual(closed('2026-03-30T00:10:00Z'));
  });
});

describe('where the clock is put back (Berlin, 25 October 2026, 03:00 becomes 02:00)', () => {
  it('a window over the change is an hour longer', () => {
    expect(at(night, '2026-10-24T18:00:00Z')).toEqual(open('2026-10-25T05:00:00Z'));
  });

  it('a window in the hour that comes twice is open twice', () => {
    const window = { from: '02:10', to: '02:50', timezone: BERLIN };
    expect(at(window, '2026-10-25T00:10:00Z')).toEqual(open('2026-10-25T00:50:00Z'));
    expect(at(window, '2026-10-25T00:50:00Z')).toEqual(closed('2026-10-25T01:10:00Z'));
    expect(at(window, '2026-10-25T01:10:00Z')).toEqual(open('2026-10-25T01:50:00Z'));
  });

  it('a window that ended in it is open again when the clock goes back', () => {
    const window = { from: '01:00', to: '02:30', timezone: BERLIN };
    expect(at(window, '2026-10-25T00:30:00Z')).toEqual(closed('2026-10-25T01:00:00Z'));
    expect(at(window, '2026-10-25T01:00:00Z')).toEqual(open('2026-10-25T01:30:00Z'));
  });
});

describe('against a clock that is looked at in every minute', () => {
  // Changes of an hour and of half an hour, at midnight, and none; a whole day left out (Samoa, 30 December 2011).
  const places: readonly [zone: string, days: readonly string[]][] = [
    [BERLIN, ['2026-03-28', '2026-10-24']],
    ['Australia/Lord_Howe', ['2026-04-04', '2026-10-03']],
    ['America/Santiago', ['2026-04-04', '2026-09-05']],
    ['Pacific/Apia', ['2011-12-29']],
    ['Asia/Kolkata', ['2026-06-01']],
  ];
  const clock = (zone: string) => {
    const format = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', minute: '2-digit' });
    return (ms: number) => format.format(ms);
  };
  const time = fc
    .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
    .map(([hour, minute]) => [hour, minute].map((part) => String(part).padStart(2, '0')).join(':'));

  it.each(places.flatMap(([zone, days]) => days.map((day) => [zone, day] as const)))(
    '%s from %s on: the same minutes are open, and the next change is the right one',
    (timezone, day) => {
      const shows = clock(timezone);
      const begin = Date.parse(`${day}T00:00:00Z`);
      fc.assert(
        fc.property(time, time, fc.integer({ min: 0, max: 2 * 1440 }), (from, to, minutes) => {
          fc.pre(from !== to);
          const isOpen = (ms: number) => {
            const shown = shows(ms);
            return from < to ? shown >= from && shown < to : shown >= from || shown < to;
          };
          const now = begin + minutes * MINUTE_MS;
          let change = now + MINUTE_MS;
          while (isOpen(change) === isOpen(now)) change += MINUTE_MS;
          expect(windowAt({ from, to, timezone }, new Date(now))).toEqual(
            isOpen(now)
              ? { open: true, closesAt: new Date(change) }
              : { open: false, opensAt: new Date(change) },
          );
        }),
        { numRuns: 60 },
      );
    },
  );
});
