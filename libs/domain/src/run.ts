import type { TransferState } from './transfer.ts';

export const RUN_STATES = [
  'queued',
  'running',
  'delivered',
  'partly_delivered',
  'failed',
  'held',
  'cancelled',
] as const;
export type RunState = (typeof RUN_STATES)[number];

export const RUN_TRIGGERS = ['schedule', 'operator', 'api'] as const;
export type RunTrigger = (typeof RUN_TRIGGERS)[number];

const FINISHED: ReadonlySet<RunState> = new Set([
  'delivered',
  'partly_delivered',
  'failed',
  'held',
  'cancelled',
]);

export function isFinishedRun(state: RunState): boolean {
  return FINISHED.has(state);
}

/**
 * What a run amounts to once every transfer of it has settled.
 * A run without files is delivered: the absence of a file is an Expectation's business, not an error.
 */
export function runOutcome(states: readonly TransferState[]): RunState {
  if (states.includes('held')) return 'held';
  const good = states.filter((state) => state === 'delivered' || state === 'suppressed').length;
  if (good === states.length) return 'delivered';
  if (states.includes('delivered')) return 'partly_delivered';
  return states.every((state) => state === 'cancelled' || state === 'suppressed') ? 'cancelled' : 'failed';
}
