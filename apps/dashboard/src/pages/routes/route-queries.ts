import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.ts';

const NEWEST = 200;
export const LAST_RUNS = 8;
const MINUTE_MS = 60_000;

/** The newest runs of all routes: enough for most of the list at once. */
export const newestRunsQuery = queryOptions({
  queryKey: ['listRuns', { limit: NEWEST }],
  queryFn: async () => (await call('listRuns', { query: { limit: NEWEST } })).items,
});

/** Of a route that has not run for long; not asked again with every event of others. */
export function olderRunsQuery(route: string) {
  return queryOptions({
    queryKey: ['olderRuns', route],
    queryFn: async () => (await call('listRuns', { query: { route, limit: LAST_RUNS } })).items,
    staleTime: 5 * MINUTE_MS,
  });
}

export function lastRunsQuery(route: string) {
  return queryOptions({
    queryKey: ['listRuns', { route, limit: 10 }],
    queryFn: async () => (await call('listRuns', { query: { route, limit: 10 } })).items,
  });
}

/** As the scheduler will decide it. */
export function nextFiresQuery(
  route: string,
  count: number,
  supposed: { from?: string; downUntil?: string } = {},
) {
  return queryOptions({
    queryKey: ['previewSchedule', route, count, supposed],
    queryFn: () => call('previewSchedule', { params: { name: route }, query: { count, ...supposed } }),
    refetchInterval: MINUTE_MS,
    placeholderData: keepPreviousData,
  });
}

/** Of the schedule: what became of its fires. */
export function scheduledRunsQuery(route: string) {
  return queryOptions({
    queryKey: ['listRuns', { route, trigger: 'schedule', limit: 100 }],
    queryFn: async () =>
      (await call('listRuns', { query: { route, trigger: 'schedule', limit: 100 } })).items,
  });
}
