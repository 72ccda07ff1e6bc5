import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import type { Attempt, AuditEventObject, Transfer } from '#contract';
import { call } from '../../../api/call.ts';

export function transferQuery(id: string) {
  return queryOptions({
    queryKey: ['getTransfer', id],
    queryFn: () => call('getTransfer', { params: { id } }),
  });
}

/** First to last. `attempts` of the transfer: with another one there is more to read. */
export function attemptsQuery({ id, attempts }: Pick<Transfer, 'id' | 'attempts'>) {
  return queryOptions({
    queryKey: ['listAttempts', id, { attempts }],
    queryFn: async (): Promise<Attempt[]> => (await call('listAttempts', { params: { id } })).items,
    placeholderData: keepPreviousData,
  });
}

export function transcriptQuery(attemptId: string) {
  return queryOptions({
    queryKey: ['getTranscript', attemptId],
    queryFn: () => call('getTranscript', { params: { id: attemptId } }),
    refetchOnWindowFocus: false,
  });
}

const MOST_EVENTS = 200;

/** What is on record of the transfer, first to last; `more` where there is still earlier. */
export function transferAuditQuery(transferId: string) {
  const query = { transferId, limit: MOST_EVENTS };
  return queryOptions({
    queryKey: ['listAuditEvents', query],
    queryFn: async (): Promise<{ events: AuditEventObject[]; more: boolean }> => {
      const { items, nextCursor } = await call('listAuditEvents', { query });
      return { events: items.toReversed(), more: nextCursor !== null };
    },
  });
}

const MOST_INCIDENTS = 200;

/** How a transfer that was held was decided: its incident says it. null where it is not among the last of its route. */
export function decisionQuery({ id, route }: Pick<Transfer, 'id' | 'route'>) {
  const query = { route, state: 'resolved', limit: MOST_INCIDENTS } as const;
  return queryOptions({
    queryKey: ['listIncidents', query, 'of', id],
    queryFn: async () =>
      (await call('listIncidents', { query })).items.find(
        ({ object, objectId }) => object === 'transfer' && objectId === id,
      ) ?? null,
  });
}
