import { describe, expect, it } from 'vitest';
import type { TlsSummary } from '#contract';
import { bucketFor, bucketText, bucketTitle, chartSeries, momentsOf } from './chart-series.ts';

type Series = TlsSummary['series'][number];
const one = (
  version: string | null,
  cipher: string | null,
  counts: number[],
  verdict: Series['verdict'] = 'accepted',
): Series => ({ version, cipher, verdict, counts, total: counts.reduce((sum, count) => sum + count, 0) });
const buckets = ['2026-11-20T00:00:00.000Z', '2026-11-21T00:00:00.000Z'];
const summary = (series: Series[], others: TlsSummary['others'] = []) => ({ series, others, buckets });
const shown = (...given: Parameters<typeof chartSeries>) =>
  chartSeries(...given).map(({ title, kind, counts }) => `${title} ${kind} ${counts.join('+')}`);

describe('the series of the chart', () => {
  const all = summary(
    [
      one('TLSv1.2', 'ECDHE', [1, 2]),
      one('TLSv1.3', 'AES', [5, 6]),
      one('TLSv1.3', 'CHACHA', [0, 1]),
      one('TLSv1', 'DES', [1, 0]),
      one('TLSv1.2', 'ECDHE', [0, 3], 'refused'),
      one(null, null, [2, 0], 'refused'),
      one(null, null, [0, 4], 'unprotected'),
    ],
    [{ verdict: 'accepted', series: 3, total: 3, counts: [3, 0] }],
  );

  it('are versions, the largest first, old ones apart, trouble at the end', () => {
    expect(shown(all, 'version')).toEqual([
      'TLSv1.3 accepted 5+7',
      'TLSv1.2 accepted 1+2',
      'TLSv1 old 1+0',
      'Others others 3+0',
      'Without TLS unprotected 0+4',
      'Refused refused 2+3',
    ]);
  });

  it('are ciphers', () => {
    expect(shown(all, 'cipher').slice(0, 2)).toEqual(['AES accepted 5+6', 'ECDHE accepted 1+2']);
  });

  it('are those of the filters; what is not told one by one is left out then', () => {
    expect(shown(all, 'cipher', { version: 'TLSv1.3' })).toEqual(['AES accepted 5+6', 'CHACHA accepted 0+1']);
    expect(shown(all, 'version', { verdict: 'refused' })).toEqual(['Refused refused 2+3']);
  });

  it('are few: the smaller ones become one', () => {
    const many = Array.from({ length: 9 }, (_, index) => one('TLSv1.3', `C${index}`, [20 - index, 0]));
    expect(shown(summary(many), 'cipher')).toEqual([
      'C0 accepted 20+0',
      'C1 accepted 19+0',
      'C2 accepted 18+0',
      'C3 accepted 17+0',
      'C4 accepted 16+0',
      'Others others 54+0',
    ]);
  });

  it('lose no handshake', () => {
    for (const by of ['version', 'cipher'] as const)
      expect(chartSeries(all, by).reduce((sum, { total }) => sum + total, 0)).toBe(28);
  });
});

describe('a bar', () => {
  it.each([
    [undefined, undefined, 'day'],
    ['2026-11-21T10:00:00Z', undefined, 'hour'],
    ['2026-10-21T10:00:00Z', undefined, 'day'],
    ['2026-01-01', undefined, 'week'],
    ['2026-01-01', '2026-01-02', 'hour'],
  ])('from %s to %s is of one %s', (since, until, bucket) => {
    expect(bucketFor(since, until, new Date('2026-11-21T21:00:00Z'))).toBe(bucket);
  });

  it('leads to its own moments, and to no others', () => {
    const told = { buckets, to: '2026-11-21T21:00:00.000Z' };
    expect(momentsOf(told, 0)).toEqual({ from: buckets[0], to: '2026-11-20T23:59:59.999Z' });
    expect(momentsOf(told, 1)).toEqual({ from: buckets[1], to: told.to });
  });

  it('is named by the clock of the reader', () => {
    const start = '2026-11-20T23:00:00Z';
    expect(bucketText(start, 'hour', 'Europe/Zurich')).toBe('00:00');
    expect(bucketText(start, 'day', 'Europe/Zurich')).toBe('21 Nov');
    expect(bucketTitle(start, 'hour', 'UTC')).toBe('Fri, 20 Nov 2026, 23:00');
    expect(bucketTitle(start, 'week', 'UTC')).toBe('Week of Fri, 20 Nov 2026');
  });
});
