import { queryOptions } from '@tanstack/react-query';
import type { Run } from '#contract';
import { call } from '../../../api/call.ts';
import { readFirstProgress } from '../../../live/event-stream.ts';

export function isOver({ state }: Pick<Run, 'state'>): boolean {
  return state !== 'queued' && state !== 'running';
}

/** How far the run was when the page was opened, and once more when it is over. */
export function firstProgressQuery(id: string, over: boolean) {
  return queryOptions({
    queryKey: ['streamRunEvents', id, { over }],
    retry: false,
    staleTime: over ? Number.POSITIVE_INFINITY : 0,
    refetchOnWindowFocus: false,
    queryFn: ({ signal }) => readFirstProgress(id, signal),
  });
}

/** As many as are looked through for their causes; the list below has all of them. */
export const MOST_EXAMINED = 200;

/** The newest of the run's transfers in one state. */
export function transfersInStateQuery(runId: string, state: 'failed' | 'held') {
  const query = { runId, state, limit: MOST_EXAMINED };
  return queryOptions({
    queryKey: ['listTransfers', query],
    queryFn: async () => (await call('listTransfers', { query })).items,
  });
}

/** Runs that took up what this one left; looked for among those of its route since. */
export function rerunsQuery({ id, route, createdAt }: Pick<Run, 'id' | 'route' | 'createdAt'>) {
  const query = { route, since: createdAt, limit: 200 };
  return queryOptions({
    queryKey: ['listRuns', query, 'reruns', id],
    queryFn: async () =>
      (await call('listRuns', { query })).items.filter(({ rerunOf }) => rerunOf === id).toReversed(),
  });
}

const MOST_HANDSHAKES = 50;

/** The last handshakes of a run that came to no file: why is often to be seen in them. */
export function handshakesQuery(runId: string) {
  const query = { runId, limit: MOST_HANDSHAKES };
  return queryOptions({
    queryKey: ['listTlsNegotiations', query],
    queryFn: async () => (await call('listTlsNegotiations', { query })).items.toReversed(),
  });
}
