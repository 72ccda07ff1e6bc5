import operations from 'virtual:operations';
import { queryOptions } from '@tanstack/react-query';
import type { Run, RunProgressObject } from '#contract';
import { addressOf, call } from '../../../api/call.ts';
import { EventReader } from '../../../live/read-events.ts';

export function isOver({ state }: Pick<Run, 'state'>): boolean {
  return state !== 'queued' && state !== 'running';
}

const FIRST_WORDS_MS = 5_000;

/**
 * Where the run stands as its stream begins: what was delivered in bytes stands nowhere else, and the page's own stream tells of a
 * run only what happens from now on. null where nothing was told.
 */
export function firstProgressQuery(id: string, over: boolean) {
  return queryOptions({
    queryKey: ['streamRunEvents', id, { over }],
    retry: false,
    staleTime: over ? Number.POSITIVE_INFINITY : 0,
    refetchOnWindowFocus: false,
    queryFn: async ({ signal }): Promise<RunProgressObject | null> => {
      const enough = new AbortController();
      try {
        const response = await fetch(addressOf('streamRunEvents', { params: { id } }), {
          headers: { accept: operations.streamRunEvents.answers },
          credentials: 'same-origin',
          redirect: 'error',
          cache: 'no-store',
          signal: AbortSignal.any([signal, enough.signal, AbortSignal.timeout(FIRST_WORDS_MS)]),
        });
        if (!response.ok || !response.body) return null;
        return await firstProgress(response.body);
      } catch {
        return null;
      } finally {
        enough.abort();
      }
    },
  });
}

async function firstProgress(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<RunProgressObject | null> {
  const events = new EventReader();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return null;
    const told = events.read(value).find(({ name }) => name === 'progress');
    if (told) return JSON.parse(told.data) as RunProgressObject;
  }
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
