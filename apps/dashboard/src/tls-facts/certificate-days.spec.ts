import { expect, it } from 'vitest';
import { daysLeftOf, daysText, toneOfDays } from './certificate-days.ts';

const now = new Date('2026-11-21T12:00:00Z');

it.each([
  ['Nov 22 13:00:00 2026 GMT', '1 day left', 'warn'],
  ['2026-11-21T13:00:00.000Z', '0 days left', 'warn'],
  ['2026-12-21T13:00:00.000Z', '30 days left', 'warn'],
  ['2026-12-22T13:00:00.000Z', '31 days left', 'good'],
  ['2026-11-21T11:00:00.000Z', 'expired', 'bad'],
  ['2026-11-20T11:00:00.000Z', 'expired 1 day ago', 'bad'],
  ['2026-11-11T11:00:00.000Z', 'expired 10 days ago', 'bad'],
  ['whenever', 'no date', 'idle'],
])('a certificate until %s: %s', (notAfter, says, tone) => {
  const days = daysLeftOf(notAfter, now);
  expect([daysText(days), toneOfDays(days)]).toEqual([says, tone]);
});
