import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useEffectEvent, useState } from 'react';
import type { LookObject } from '#contract';
import { call } from '../../api/call.ts';
import { Refused } from '../../api/problem.ts';
import { useNow } from '../../ui/now.ts';
import type { LookRequest } from './look-request.ts';
import { useDebounced } from './use-debounced.ts';

const POLL_MS = 400;
/** As the api has it: a partner's server is not asked more often. */
const PAUSE_MS = 10_000;
const LOCAL_PAUSE_MS = 1_000;
/** After the last key, before a look by itself. */
const TYPING_MS = 1_200;

export interface Looking {
  /** The one under way only where none has been finished before. */
  look: LookObject | undefined;
  error: unknown;
  isUnderWay: boolean;
  /** The selection is another one than that of the look which is shown. */
  isStale: boolean;
  /** How long the server is still left alone. */
  waitsMs: number;
  lookNow(): void;
}

/** Has a worker look, waits for what it finds, and never asks more often than the api allows. */
export function useLook(request: LookRequest | undefined, isLocal: boolean, again: boolean): Looking {
  const queries = useQueryClient();
  const now = useNow();
  const [asked, setAsked] = useState<{ id?: string; text: string; at: number }>();
  const text = JSON.stringify(request);
  const ask = useMutation({
    mutationFn: async (wanted: LookRequest) => {
      setAsked({ text: JSON.stringify(wanted), at: Date.now() });
      return call('lookAtEndpoint', {
        params: { name: wanted.endpoint },
        query: { workerTag: wanted.workerTag },
        body: wanted.body,
      });
    },
    onSuccess: (look, wanted) => {
      queries.setQueryData(['getLook', look.id], look);
      setAsked({ id: look.id, text: JSON.stringify(wanted), at: Date.now() });
    },
  });
  const shown = useQuery({
    queryKey: ['getLook', asked?.id],
    queryFn: () => call('getLook', { params: { id: asked!.id! } }),
    enabled: asked?.id !== undefined,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: ({ state }) => (isOver(state.data) ? false : POLL_MS),
  });
  const look = shown.data;
  // What was found last stays to be read until there is something newer of the same place.
  const [finished, setFinished] = useState<LookObject>();
  if (look && isOver(look) && look.id !== finished?.id) setFinished(look);
  const isUnderWay = ask.isPending || (asked?.id !== undefined && !isOver(look) && !shown.error);
  // Others look too: the api knows better how long the server is still left alone.
  const told = ask.error instanceof Refused ? (ask.error.retryAfterS ?? 0) * 1_000 : 0;
  const pauseMs = Math.max(told, isLocal ? LOCAL_PAUSE_MS : PAUSE_MS);
  const waitsMs = asked ? Math.max(0, asked.at + pauseMs - now.getTime()) : 0;
  const isStale = asked !== undefined && asked.text !== text;

  const settled = useDebounced(text, TYPING_MS);
  const mayLook = again && isStale && !isUnderWay && waitsMs === 0 && settled === text;
  const lookAgain = useEffectEvent(() => {
    if (request) ask.mutate(request);
  });
  useEffect(() => {
    if (mayLook) lookAgain();
  }, [mayLook]);

  return {
    look: ask.error ? undefined : finished?.endpoint === request?.endpoint ? finished : look,
    error: ask.error ?? shown.error,
    isUnderWay,
    isStale,
    waitsMs,
    lookNow: () => request && ask.mutate(request),
  };
}

function isOver(look: LookObject | undefined): boolean {
  return look?.state === 'done' || look?.state === 'failed';
}
