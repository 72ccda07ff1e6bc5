import { describe, expect, it } from 'vitest';
import { exactMoment, relativeMoment, shortMoment } from './moment-text.ts';

const at = new Date('2026-07-01T23:30:05.120Z');

describe('a moment', () => {
  it('is short today, in the zone of the reader', () => {
    expect(shortMoment(at, 'Europe/London', new Date('2026-07-02T08:00:00Z'))).toBe('00:30:05');
    expect(shortMoment(at, 'UTC', new Date('2026-07-02T08:00:00Z'))).toBe('1 Jul 23:30');
    expect(shortMoment(at, 'UTC', new Date('2027-07-01T08:00:00Z'))).toBe('1 Jul 2026 23:30');
  });

  it('leaves nothing to guess when it is exact', () => {
    expect(exactMoment(at, 'Europe/London')).toBe('Thu 2 Jul 2026 00:30:05.120 Europe/London (UTC+01:00)');
    expect(exactMoment(at, 'UTC')).toBe('Wed 1 Jul 2026 23:30:05.120 UTC');
  });

  it.each([
    [0, 'now'],
    [-12_000, '12 sec. ago'],
    [-59_999, '59 sec. ago'],
    [-61_000, '1 min. ago'],
    [3 * 3_600_000, 'in 3 hr.'],
    [-50 * 3_600_000, '2 days ago'],
  ])('%d ms from now is %s', (offset, said) => {
    expect(relativeMoment(new Date(at.getTime() + offset), at)).toBe(said);
  });
});
