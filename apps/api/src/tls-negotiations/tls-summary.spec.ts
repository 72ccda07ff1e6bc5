import { expect, it } from 'vitest';
import { MOST_TLS_BUCKETS, MOST_TLS_SERIES } from '#contract';
import type { CountedNegotiations } from '#store';
import { bucketStarts, toSeries } from './tls-summary.ts';

const time = (from: string, to: string) => ({ from: new Date(from), to: new Date(to) });
const isoOf = (starts: Date[] | undefined) => starts?.map((start) => start.toISOString().slice(0, 16));

it('a day is that of the zone, also where the clock is changed', () => {
  expect(isoOf(bucketStarts(time('2026-10-24T12:00Z', '2026-10-26T12:00Z'), 'day', 'Europe/Zurich'))).toEqual(
    ['2026-10-23T22:00', '2026-10-24T22:00', '2026-10-25T23:00'],
  );
  // There was no midnight.
  expect(
    isoOf(bucketStarts(time('2026-09-05T12:00Z', '2026-09-06T12:00Z'), 'day', 'America/Santiago')),
  ).toEqual(['2026-09-05T04:00', '2026-09-06T04:00']);
});

it('a week begins on Monday, an hour where the zone has it', () => {
  expect(isoOf(bucketStarts(time('2026-11-21', '2026-11-24'), 'week', 'UTC'))).toEqual([
    '2026-11-16T00:00',
    '2026-11-23T00:00',
  ]);
  expect(isoOf(bucketStarts(time('2026-11-21T01:10Z', '2026-11-21T01:40Z'), 'hour', 'Asia/Kolkata'))).toEqual(
    ['2026-11-21T00:30', '2026-11-21T01:30'],
  );
});

it('there are never more than a chart can show', () => {
  expect(bucketStarts(time('2026-01-01', '2026-01-17T15:59Z'), 'hour', 'UTC')).toHaveLength(MOST_TLS_BUCKETS);
  expect(bucketStarts(time('2026-01-01', '2026-01-17T16:00Z'), 'hour', 'UTC')).toBeUndefined();
  expect(bucketStarts(time('1970-01-01', '9999-12-31'), 'hour', 'UTC')).toBeUndefined();
});

it('each combination is a line, the largest first; what is left over is summed for each verdict', () => {
  const rows: CountedNegotiations[] = Array.from({ length: MOST_TLS_SERIES + 3 }, (_, n) => ({
    bucket: n % 2,
    protocol: 'TLSv1.3',
    cipher: `cipher-${n}`,
    verdict: n === 2 ? ('refused' as const) : ('accepted' as const),
    count: n + 1,
  }));
  rows.push({ bucket: 0, protocol: 'TLSv1.3', cipher: 'cipher-9', verdict: 'accepted', count: 1_000 });
  const { total, series, others } = toSeries(rows, 2);
  expect(series).toHaveLength(MOST_TLS_SERIES);
  expect(series[0]).toEqual({
    version: 'TLSv1.3',
    cipher: 'cipher-9',
    verdict: 'accepted',
    total: 1_010,
    counts: [1_000, 10],
  });
  expect(others).toEqual([
    { verdict: 'refused', series: 1, total: 3, counts: [3, 0] },
    { verdict: 'accepted', series: 2, total: 3, counts: [1, 2] },
  ]);
  expect(total).toBe([...series, ...others].reduce((sum, line) => sum + line.total, 0));
});
