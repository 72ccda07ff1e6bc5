import { describe, expect, it } from 'vitest';
import { instantOf, localTextOf, resolveRange } from './time-range.ts';

describe('a range of time', () => {
  it('is open where nothing was chosen', () => {
    expect(resolveRange({}, new Date(), 'UTC')).toEqual({ since: undefined, until: undefined });
  });

  it('reaches back from now', () => {
    expect(resolveRange({ preset: '1h' }, new Date('2026-11-21T21:00:00Z'), 'UTC')).toEqual({
      since: '2026-11-21T20:00:00.000Z',
    });
  });

  it.each([
    ['2026-11-21T21:00:00Z', 'UTC', '2026-11-21T18:00:00.000Z'],
    ['2026-11-22T03:00:00Z', 'UTC', '2026-11-21T18:00:00.000Z'],
    ['2026-11-21T17:59:59Z', 'UTC', '2026-11-20T18:00:00.000Z'],
    ['2026-11-22T03:00:00Z', 'America/New_York', '2026-11-21T23:00:00.000Z'],
    // The clock was put back in this night: it began in summer time.
    ['2026-10-25T03:00:00Z', 'Europe/Zurich', '2026-10-24T16:00:00.000Z'],
    ['2026-11-21T21:00:00Z', 'Asia/Kathmandu', '2026-11-21T12:15:00.000Z'],
  ])('tonight, asked at %s in %s, began at %s', (now, zone, since) => {
    expect(resolveRange({ preset: 'tonight' }, new Date(now), zone)).toEqual({ since });
  });

  it.each(['UTC', 'Europe/Zurich', 'Asia/Kathmandu', 'America/New_York'])(
    'is typed and shown on the clock of %s',
    (zone) => {
      for (const local of ['2026-11-21T18:00', '2026-07-01T00:30', '2026-03-29T04:00'])
        expect(localTextOf(instantOf(local, zone), zone)).toBe(local);
    },
  );

  it('takes an hour that does not exist for one beside it', () => {
    expect(instantOf('2026-03-29T02:30', 'Europe/Zurich')).toMatch(/^2026-03-29T0[01]:30/);
    expect(instantOf('no moment', 'UTC')).toBeUndefined();
  });
});
