import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { ListId, RouteObject } from '#contract';
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

/** All routes, for their partners. */
export const routesQuery = queryOptions({
  queryKey: ['listRoutes', 'all'],
  staleTime: 60_000,
  queryFn: async (): Promise<RouteObject[]> => {
    const routes: RouteObject[] = [];
    let cursor: string | undefined;
    do {
      const page = await call('listRoutes' satisfies ListId, { query: { limit: 200, cursor } });
      routes.push(...(page.items as RouteObject[]));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    return routes;
  },
});
