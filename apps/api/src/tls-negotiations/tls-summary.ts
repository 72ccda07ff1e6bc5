import { MOST_TLS_BUCKETS, MOST_TLS_SERIES, type TlsBucket, type TlsSummary } from '#contract';
import type { CountedNegotiations } from '#store';

/** When each bucket of a time begins; undefined when there are more than may be asked for. */
export function bucketStarts(
  { from, to }: { from: Date; to: Date },
  bucket: TlsBucket,
  timeZone: string,
): Date[] | undefined {
  const starts: Date[] = [];
  let at = bucketOf(
    Temporal.Instant.fromEpochMilliseconds(from.getTime()).toZonedDateTimeISO(timeZone),
    bucket,
  );
  for (; at.epochMilliseconds <= to.getTime(); at = nextBucket(at, bucket)) {
    if (starts.length === MOST_TLS_BUCKETS) return undefined;
    starts.push(new Date(at.epochMilliseconds));
  }
  return starts;
}

function bucketOf(at: Temporal.ZonedDateTime, bucket: TlsBucket): Temporal.ZonedDateTime {
  if (bucket === 'hour') return at.round({ smallestUnit: 'hour', roundingMode: 'floor' });
  // Some days begin at one in the morning.
  return at.subtract({ days: bucket === 'week' ? at.dayOfWeek - 1 : 0 }).startOfDay();
}

function nextBucket(at: Temporal.ZonedDateTime, bucket: TlsBucket): Temporal.ZonedDateTime {
  if (bucket === 'hour') return at.add({ hours: 1 });
  return at.add({ days: bucket === 'week' ? 7 : 1 }).startOfDay();
}

type Series = TlsSummary['series'][number];
type Others = TlsSummary['others'][number];

/** As a chart draws it: a line for each combination, the largest first. */
export function toSeries(
  rows: readonly CountedNegotiations[],
  buckets: number,
): Pick<TlsSummary, 'total' | 'series' | 'others'> {
  const all = new Map<string, Series>();
  for (const { bucket, protocol, cipher, verdict, count } of rows) {
    const key = JSON.stringify([protocol, cipher, verdict]);
    const line = all.get(key) ?? { version: protocol, cipher, verdict, ...nothing(buckets) };
    line.counts[bucket]! += count;
    line.total += count;
    all.set(key, line);
  }
  const series = [...all].sort(
    ([key, { total }], [other, { total: of }]) => of - total || (key < other ? -1 : 1),
  );
  const others = new Map<string, Others>();
  for (const [, { verdict, total, counts }] of series.splice(MOST_TLS_SERIES)) {
    const sum = others.get(verdict) ?? { verdict, series: 0, ...nothing(buckets) };
    sum.series++;
    sum.total += total;
    for (const [bucket, count] of counts.entries()) sum.counts[bucket]! += count;
    others.set(verdict, sum);
  }
  return {
    total: rows.reduce((sum, { count }) => sum + count, 0),
    series: series.map(([, line]) => line),
    others: [...others.values()],
  };
}

function nothing(buckets: number): { total: number; counts: number[] } {
  return { total: 0, counts: Array.from({ length: buckets }, () => 0) };
}
