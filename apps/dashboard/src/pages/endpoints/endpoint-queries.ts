import { queryOptions } from '@tanstack/react-query';
import type { ProbeObject } from '#contract';
import { call } from '../../api/call.ts';
import { Refused } from '../../api/problem.ts';

const LOOK_EVERY_MS = 500;

export function isUnderWay(probe: Pick<ProbeObject, 'state'> | null | undefined): boolean {
  return probe?.state === 'queued' || probe?.state === 'running';
}

/** The last examination, over or not; null where there was none. While one goes on it is asked again and again. */
export function lastProbeQuery(name: string) {
  return queryOptions({
    queryKey: ['getLastProbe', name],
    queryFn: async (): Promise<ProbeObject | null> => {
      try {
        return await call('getLastProbe', { params: { name } });
      } catch (error) {
        if (error instanceof Refused && error.status === 404) return null;
        throw error;
      }
    },
    refetchInterval: ({ state }) => (isUnderWay(state.data) ? LOOK_EVERY_MS : false),
  });
}

export function probeQuery(id: string) {
  return queryOptions({
    queryKey: ['getProbe', id],
    queryFn: () => call('getProbe', { params: { id } }),
  });
}

/** Of the last 30 days. */
export function postureQuery(endpoint: string) {
  return queryOptions({
    queryKey: ['listPosture', { endpoint }],
    queryFn: async () => (await call('listPosture', { query: { endpoint } })).items[0] ?? null,
  });
}

const HANDSHAKES = 50;

/** The chain as a server showed it last; a resumed session shows none. */
export function chainQuery(endpoint: string) {
  return queryOptions({
    queryKey: ['listTlsNegotiations', { endpoint, limit: HANDSHAKES }],
    queryFn: async () => {
      const { items } = await call('listTlsNegotiations', { query: { endpoint, limit: HANDSHAKES } });
      return items.find(({ peerCertificates }) => peerCertificates.length > 0) ?? null;
    },
  });
}
