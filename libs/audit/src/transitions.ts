import { decideRetry, type RetryPolicy, type TransferError, type TransferState } from '#domain';

// Rules without a database: the recorder follows them, and so does the ledger in memory that delivery is modelled with.

/** What a failed attempt leads to. */
export type FailureOutcome =
  | { kind: 'retry'; delayMs: number }
  | { kind: 'failed' }
  | { kind: 'held' }
  | { kind: 'lost' };

/** A file that killed this many workers harms nobody any more: it is quarantined. */
export const CRASH_BUDGET = 3;

/** Pure. After a publish intent nothing is called failed: the file may be delivered, so a person is asked. */
export function decideFailure(
  error: TransferError,
  attempt: number,
  policy: RetryPolicy,
  publishIntended: boolean,
): FailureOutcome {
  if (error.code === 'delivery_in_doubt') return { kind: 'held' };
  // A drain is nobody's failure: it costs neither delay nor a try.
  if (error.code === 'shutting_down') return { kind: 'retry', delayMs: 0 };
  // Nor is a worker that stood still or could not reach the database: the file had no part in it. Held to the budget, a
  // busy machine alone would fail it.
  if (error.code === 'lease_lost') return { kind: 'retry', delayMs: policy.firstDelayMs };
  // Stopped by a person between the intent and the rename: the next attempt finds out what happened.
  if (error.code === 'cancelled' && publishIntended) return { kind: 'retry', delayMs: 0 };
  const decision = decideRetry(error.retry, attempt, policy, Math.random());
  if (decision.kind === 'retry') return decision;
  return { kind: publishIntended ? 'held' : 'failed' };
}

export function attemptOutcome(
  error: TransferError,
  outcome: FailureOutcome,
): 'held' | 'cancelled' | 'failed' {
  if (outcome.kind === 'held') return 'held';
  return error.code === 'cancelled' || error.code === 'shutting_down' ? 'cancelled' : 'failed';
}

export function stateAfterFailure(error: TransferError, outcome: FailureOutcome): TransferState {
  if (outcome.kind === 'retry') return 'planned';
  if (outcome.kind === 'held') return 'held';
  return error.code === 'cancelled' ? 'cancelled' : 'failed';
}
