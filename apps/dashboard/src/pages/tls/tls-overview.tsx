import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import type { CallOf, TlsSummary } from '#contract';
import { call } from '../../api/call.ts';
import type { Filters } from '../../filters/address-filters.ts';
import { useTimeZone } from '../../look/zone.tsx';
import { countOf, showCount } from '../../ui/amounts.ts';
import { Button } from '../../ui/button.tsx';
import { Disclosure } from '../../ui/disclosure.tsx';
import { joinClasses } from '../../ui/join-classes.ts';
import { Loaded } from '../../ui/loaded.tsx';
import { Section } from '../../ui/page.tsx';
import { Skeleton } from '../../ui/skeleton.tsx';
import { bucketFor, type ChartSeries, chartSeries, type GroupBy, momentsOf } from './chart-series.ts';
import { Swatch } from './series-paint.tsx';
import { SeriesTable } from './series-table.tsx';
import styles from './tls-overview.module.css';

const TlsChart = lazy(async () => ({ default: (await import('./tls-chart.tsx')).TlsChart }));

const HEIGHT_PX = 176;
const TROUBLE_HEIGHT_PX = 80;
const RENEW_MS = 60_000;

type SummaryQuery = NonNullable<NonNullable<CallOf<'summarizeTlsNegotiations'>>['query']>;

/** The counts over the time of the list; of its filters those that they can be narrowed by. */
export function useTlsSummary(asked: Filters) {
  const zone = useTimeZone();
  const { endpoint, partner, channel, from, to } = asked;
  const query = {
    ...(endpoint !== undefined && { endpoint }),
    ...(partner !== undefined && { partner }),
    ...(channel !== undefined && { channel: channel as NonNullable<SummaryQuery['channel']> }),
    ...(from !== undefined && { from }),
    ...(to !== undefined && { to }),
    bucket: bucketFor(from, to, new Date()),
    timezone: zone,
  };
  return useQuery({
    queryKey: ['summarizeTlsNegotiations', query],
    queryFn: () => call('summarizeTlsNegotiations', { query }),
    placeholderData: keepPreviousData,
    refetchInterval: RENEW_MS,
    staleTime: RENEW_MS,
  });
}

interface TlsOverviewProps {
  title: string;
  query: ReturnType<typeof useTlsSummary>;
  filters: Filters;
  by: GroupBy;
  onGroup(by: GroupBy): void;
  /** Filters that the list gets. */
  onChoose(filters: Filters): void;
}

/** Which versions and ciphers are in use, and what was refused: over time, as a chart and as a table. */
export function TlsOverview({ title, query, filters, by, onGroup, onChoose }: TlsOverviewProps) {
  return (
    <Section
      title={title}
      actions={
        <fieldset className={styles['switch']}>
          <legend className="visually-hidden">Group by</legend>
          {(['version', 'cipher'] as const).map((each) => (
            <button key={each} type="button" aria-pressed={by === each} onClick={() => onGroup(each)}>
              {each === 'version' ? 'Versions' : 'Ciphers'}
            </button>
          ))}
        </fieldset>
      }
    >
      <Loaded
        query={query}
        what="The counts could not be read"
        skeleton={<Skeleton height={`${HEIGHT_PX + 76}px`} />}
      >
        {(summary) => <Content {...{ summary, filters, by, onChoose }} />}
      </Loaded>
    </Section>
  );
}

function Content({
  summary,
  filters,
  by,
  onChoose,
}: Pick<TlsOverviewProps, 'filters' | 'by' | 'onChoose'> & { summary: TlsSummary }) {
  const zone = useTimeZone();
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const all = chartSeries(summary, by, filters);
  const trouble = all.filter(isTrouble);
  const used = all.filter((one) => !isTrouble(one));
  const inUse = used.filter(({ id }) => !hidden.has(id));
  const total = all.reduce((sum, one) => sum + one.total, 0);
  const choose = (one: ChartSeries, bucket: number) =>
    onChoose({ ...momentsOf(summary, bucket), ...one.filters });
  const toggle = (id: string) =>
    setHidden((before) =>
      before.has(id) ? new Set([...before].filter((other) => other !== id)) : new Set([...before, id]),
    );
  if (total === 0) return <p className={styles['none']}>No handshake of a run in this time.</p>;
  return (
    <>
      <div className={styles['facts']}>
        <span>{countOf(total, 'handshake of runs', 'handshakes of runs')}</span>
        <ul className={styles['legend']} aria-label="Shown in the chart">
          {used.map((one) => (
            <li key={one.id}>
              <button
                type="button"
                aria-pressed={!hidden.has(one.id)}
                className={styles['entry']}
                onClick={() => toggle(one.id)}
              >
                <Swatch one={one} series={all} />
                {one.title} <span className={styles['count']}>{showCount(one.total)}</span>
              </button>
            </li>
          ))}
        </ul>
      </div>
      <Suspense fallback={<Skeleton height={`${HEIGHT_PX}px`} />}>
        {used.length > 0 && (
          <TlsChart
            label={by === 'version' ? 'Handshakes by version' : 'Handshakes by cipher'}
            {...{ summary, all, zone }}
            series={inUse}
            heightPx={HEIGHT_PX}
            onChoose={choose}
          />
        )}
        {trouble.length > 0 && (
          <div>
            {/* On a scale of its own: one refused among thousands is seen. */}
            <div className={styles['apart']}>
              <h3>Refused and without TLS</h3>
              {trouble.map((one) => (
                <Button
                  key={one.id}
                  look="quiet"
                  className={joinClasses(styles['trouble'], styles[one.kind])}
                  onClick={() => onChoose(one.filters ?? {})}
                >
                  <Swatch one={one} series={all} />
                  {showCount(one.total)} {one.kind === 'refused' ? 'refused' : 'without TLS'}
                </Button>
              ))}
            </div>
            <TlsChart
              label="Refused handshakes, and connections without TLS"
              {...{ summary, all, zone }}
              series={trouble}
              heightPx={TROUBLE_HEIGHT_PX}
              onChoose={choose}
            />
          </div>
        )}
      </Suspense>
      <Disclosure title="The same as a table">
        <SeriesTable {...{ summary, zone }} series={all} onChoose={choose} />
      </Disclosure>
    </>
  );
}

function isTrouble({ kind }: ChartSeries): boolean {
  return kind === 'refused' || kind === 'unprotected';
}
