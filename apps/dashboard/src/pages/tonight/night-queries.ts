import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import { queryClient } from '../../api/query-client.ts';
import { type NightRuns, readNight } from './read-night.ts';
import { SPANS, type Span, windowAround } from './time-window.ts';

const TEN_MINUTES_MS = 600_000;

/** From the last full ten minutes before: the question stays the same while the window moves on. */
function beginOf(span: Span, now: number): number {
  return Math.floor(windowAround(now, span).from / TEN_MINUTES_MS) * TEN_MINUTES_MS;
}

export function nightRunsQuery(span: Span, now: number) {
  const from = beginOf(span, now);
  const queryKey = ['listRuns', 'night', span, from] as const;
  return queryOptions({
    queryKey,
    queryFn: () => readNight(from, queryClient.getQueryData<NightRuns>(queryKey)),
    placeholderData: keepPreviousData,
  });
}

export function overviewQuery(span: Span, now: number) {
  const from = new Date(beginOf(span, now)).toISOString();
  return queryOptions({
    queryKey: ['getOverview', span, from],
    queryFn: () => call('getOverview', { query: { from } }),
    placeholderData: keepPreviousData,
  });
}

export function upcomingQuery(span: Span) {
  return queryOptions({
    queryKey: ['listUpcomingFires', span],
    queryFn: () => {
      const until = new Date(Date.now() + SPANS[span].aheadHours * 3_600_000).toISOString();
      return call('listUpcomingFires', { query: { until, limit: 500 } });
    },
    refetchInterval: 60_000,
    placeholderData: keepPreviousData,
  });
}
