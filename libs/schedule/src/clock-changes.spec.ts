import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PATTERNS, readGoldenTable, windowsOf, ZONES } from '../testing/clock-changes.ts';
import { dueMinuteByMinute } from '../testing/minute-by-minute.ts';
import { nextFire, type Timing } from './next-fire.ts';

const DAY_MS = 86_400_000;

function dueBetween(timing: Timing, from: Date, to: Date): Date[] {
  const due: Date[] = [];
  let next = nextFire(timing, from);
  while (next && next <= to) {
    due.push(next);
    next = nextFire(timing, next);
  }
  return due;
}

describe('the golden table of clock changes', () => {
  const table = readGoldenTable();

  it('has every zone, change and pattern', () => {
    expect(table).toHaveLength(
      ZONES.reduce((sum, zone) => sum + windowsOf(zone).length, 0) * PATTERNS.length,
    );
  });

  it.each(ZONES)('holds in %s', (zone) => {
    const rows = table.filter((row) => row.timezone === zone);
    const found = rows.map((row) => ({
      ...row,
      due: dueBetween(row, new Date(row.from), new Date(row.to)).map(
        (moment) => `${moment.toISOString().slice(0, 16)}Z`,
      ),
    }));
    expect(found).toEqual(rows);
  });
});

describe('nextFire, against a clock looked at in every minute', () => {
  const list = (least: number, most: number) =>
    fc
      .uniqueArray(fc.integer({ min: least, max: most }), { minLength: 1, maxLength: 4 })
      .map((values) => values.sort((a, b) => a - b).join(','));
  const minutes = fc.oneof(list(0, 59), fc.constantFrom('*', '*/7', '*/30', '10-50/20', '5/25'));
  const hours = fc.oneof(list(0, 3), list(0, 23), fc.constantFrom('*', '*/2', '*/5', '0-4', '1-23/2'));
  const daysOfMonth = fc.constantFrom('*', '*', '*', '*/2', '1,8,15,29');
  const daysOfWeek = fc.constantFrom('*', '*', 'sun', '0,6', 'mon-fri');
  const expressions = fc
    .tuple(minutes, hours, daysOfMonth, fc.constant('*'), daysOfWeek)
    .map((fields) => fields.join(' '));
  const moments = fc.oneof(
    fc.date({ min: new Date('2026-01-01'), max: new Date('2029-12-31'), noInvalidDate: true }),
    fc.constantFrom(...ZONES.flatMap(windowsOf).map((window) => window.from)),
  );

  it('is strictly later, and misses or invents no moment', () => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), expressions, moments, (timezone, cron, moment) => {
        const from = new Date(Math.floor(moment.getTime() / 60_000) * 60_000);
        const to = new Date(from.getTime() + DAY_MS);
        expect(dueBetween({ cron, timezone }, from, to)).toEqual(
          dueMinuteByMinute({ cron, timezone }, from, to),
        );
      }),
      { numRuns: 150 },
    );
  });

  it('does not depend on the seconds within a minute', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...ZONES),
        expressions,
        moments,
        fc.integer({ min: 0, max: 59_999 }),
        (timezone, cron, moment, offsetMs) => {
          const minute = Math.floor(moment.getTime() / 60_000) * 60_000;
          expect(nextFire({ cron, timezone }, new Date(minute + offsetMs))).toEqual(
            nextFire({ cron, timezone }, new Date(minute)),
          );
        },
      ),
      { numRuns: 200 },
    );
  });
});
