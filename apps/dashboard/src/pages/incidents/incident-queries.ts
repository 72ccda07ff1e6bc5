import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { call } from '../../api/call.ts';
import type { IncidentQuery } from './incident-filters.ts';

const PAGE = 25;

export function incidentsQuery(filters: IncidentQuery) {
  return infiniteQueryOptions({
    queryKey: ['listIncidents', filters],
    queryFn: ({ pageParam }: { pageParam: string | undefined }) =>
      call('listIncidents', { query: { ...filters, limit: PAGE, cursor: pageParam } }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
  });
}

export function incidentQuery(id: string) {
  return queryOptions({
    queryKey: ['getIncident', id],
    queryFn: () => call('getIncident', { params: { id } }),
  });
}
