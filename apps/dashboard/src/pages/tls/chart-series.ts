import type { TlsSummary } from '#contract';
import type { Filters } from '../../filters/address-filters.ts';

/** One colour of the chart. */
export interface ChartSeries {
  id: string;
  title: string;
  /** How it is painted: trouble stands out from whatever is in use. */
  kind: 'accepted' | 'old' | 'others' | 'unprotected' | 'refused';
  /** What it stands for, as filters of the list; undefined for a mixture that no filter shows. */
  filters: Filters | undefined;
  total: number;
  /** One for each bucket. */
  counts: number[];
}

export type GroupBy = 'version' | 'cipher';

/** More colours than that nobody tells apart. */
const MOST_ACCEPTED = 6;

/** Versions that are no longer good for anything (RFC 8996). */
const OLD = new Set(['SSLv3', 'TLSv1', 'TLSv1.1']);

export function isOldVersion(version: string | null): boolean {
  return version !== null && OLD.has(version);
}

/** The counts of a summary as the chart stacks them: what is in use from below, trouble on top. */
export function chartSeries(
  { series, others, buckets }: Pick<TlsSummary, 'series' | 'others' | 'buckets'>,
  by: GroupBy,
  filters: Filters = {},
): ChartSeries[] {
  const fits = (name: 'version' | 'cipher' | 'verdict', value: string | null) =>
    filters[name] === undefined || filters[name] === value;
  const wanted = series.filter(
    ({ version, cipher, verdict }) =>
      fits('version', version) && fits('cipher', cipher) && fits('verdict', verdict),
  );
  const groups = new Map<string, ChartSeries>();
  const add = (one: Omit<ChartSeries, 'total' | 'counts'>, counts: readonly number[]) => {
    const known = groups.get(one.id) ?? { ...one, total: 0, counts: buckets.map(() => 0) };
    groups.set(one.id, known);
    for (const [index, count] of counts.entries()) {
      known.counts[index] = (known.counts[index] ?? 0) + count;
      known.total += count;
    }
  };
  for (const { version, cipher, verdict, counts } of wanted) {
    const value = by === 'version' ? version : cipher;
    if (verdict !== 'accepted') add(TROUBLE[verdict] ?? TROUBLE.refused, counts);
    else
      add(
        {
          id: `accepted ${value}`,
          title: value ?? 'not told',
          kind: by === 'version' && isOldVersion(version) ? 'old' : 'accepted',
          filters: { verdict: 'accepted', ...(value !== null && { [by]: value }) },
        },
        counts,
      );
  }
  // Which versions and ciphers these have is not told, so a filter by one of them leaves them out.
  if (filters['version'] === undefined && filters['cipher'] === undefined) {
    for (const { verdict, counts } of others) {
      if (!fits('verdict', verdict)) continue;
      add(verdict === 'accepted' ? OTHERS : (TROUBLE[verdict] ?? TROUBLE.refused), counts);
    }
  }
  return order([...groups.values()].filter(({ total }) => total > 0));
}

const OTHERS = { id: 'others', title: 'Others', kind: 'others', filters: undefined } as const;
const TROUBLE = {
  unprotected: {
    id: 'unprotected',
    title: 'Without TLS',
    kind: 'unprotected',
    filters: { verdict: 'unprotected' },
  },
  refused: { id: 'refused', title: 'Refused', kind: 'refused', filters: { verdict: 'refused' } },
} as const;

const RANK = { accepted: 0, old: 1, others: 2, unprotected: 3, refused: 4 } as const;

/** The largest first; of those in use too many become one. */
function order(groups: ChartSeries[]): ChartSeries[] {
  const sorted = groups.toSorted(
    (one, other) => RANK[one.kind] - RANK[other.kind] || other.total - one.total,
  );
  const inUse = sorted.filter(({ kind }) => kind === 'accepted');
  const few = inUse.slice(0, inUse.length > MOST_ACCEPTED ? MOST_ACCEPTED - 1 : MOST_ACCEPTED);
  const merged = [...inUse.slice(few.length), ...sorted.filter(({ kind }) => kind === 'others')];
  const rest = sorted.filter(({ kind }) => kind !== 'accepted' && kind !== 'others');
  if (merged.length === 0) return [...few, ...rest];
  const others: ChartSeries = {
    ...OTHERS,
    total: merged.reduce((sum, { total }) => sum + total, 0),
    counts: merged[0]!.counts.map((_, index) =>
      merged.reduce((sum, { counts }) => sum + (counts[index] ?? 0), 0),
    ),
  };
  return [
    ...few,
    ...rest.filter(({ kind }) => kind === 'old'),
    others,
    ...rest.filter(({ kind }) => kind !== 'old'),
  ];
}

const HOUR_MS = 3_600_000;

/** Bars that can be told apart: some dozens. */
export function bucketFor(
  since: string | undefined,
  until: string | undefined,
  now: Date,
): TlsSummary['bucket'] {
  if (since === undefined) return 'day';
  const hours = ((until === undefined ? now.getTime() : Date.parse(until)) - Date.parse(since)) / HOUR_MS;
  if (hours <= 72) return 'hour';
  return hours <= 100 * 24 ? 'day' : 'week';
}

/** From when to when a bar counts, as the list is asked: both ends are in. */
export function momentsOf(
  { buckets, to }: Pick<TlsSummary, 'buckets' | 'to'>,
  index: number,
): { from: string; to: string } {
  const next = buckets[index + 1];
  return {
    from: buckets[index]!,
    to: next === undefined ? to : new Date(Date.parse(next) - 1).toISOString(),
  };
}

/** `14:00` of an hour, `21 Nov` of a day or of the Monday that a week begins with. */
export function bucketText(start: string, bucket: TlsSummary['bucket'], zone: string): string {
  return new Date(start).toLocaleString('en-GB', {
    timeZone: zone,
    ...(bucket === 'hour'
      ? { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }
      : { day: 'numeric', month: 'short' }),
  });
}

/** The same with all that is needed to tell it from any other. */
export function bucketTitle(start: string, bucket: TlsSummary['bucket'], zone: string): string {
  const day = new Date(start).toLocaleString('en-GB', {
    timeZone: zone,
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    year: 'numeric',
  });
  if (bucket === 'hour') return `${day}, ${bucketText(start, bucket, zone)}`;
  return bucket === 'week' ? `Week of ${day}` : day;
}
