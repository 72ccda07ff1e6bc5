import { AsyncLocalStorage } from 'node:async_hooks';

/** What the lines of a log are about. */
export interface Work {
  requestId?: string;
  runId?: string;
  transferId?: string;
  attempt?: number;
  route?: string;
  endpoint?: string;
  probeId?: string;
  lookId?: string;
  traceId?: string;
}

const current = new AsyncLocalStorage<Work>();

/**
 * Every line that is logged within, by whichever room, carries these ids: also those of rooms that know nothing of runs.
 * Work within work adds its own.
 */
export function bindWork<T>(work: Work, act: () => T): T {
  return current.run({ ...current.getStore(), ...work }, act);
}

export function currentWork(): Work | undefined {
  return current.getStore();
}
