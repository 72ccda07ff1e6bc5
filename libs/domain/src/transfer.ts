export const TRANSFER_STATES = [
  'planned',
  'claimed',
  'streaming',
  'verifying',
  'publishing',
  'disposing',
  'delivered',
  'suppressed',
  'held',
  'failed',
  'cancelled',
] as const;
export type TransferState = (typeof TRANSFER_STATES)[number];

/** Legal moves; everything else is a bug or a stale worker, and is refused. */
const MOVES: Readonly<Record<TransferState, readonly TransferState[]>> = {
  planned: ['claimed', 'cancelled', 'failed'],
  claimed: ['streaming', 'publishing', 'planned', 'failed', 'held', 'cancelled'],
  streaming: ['verifying', 'planned', 'failed', 'held', 'cancelled'],
  verifying: ['publishing', 'planned', 'failed', 'held', 'cancelled'],
  publishing: ['disposing', 'delivered', 'claimed', 'planned', 'failed', 'held'],
  disposing: ['delivered', 'claimed', 'planned', 'held'],
  delivered: [],
  suppressed: [],
  held: ['planned', 'delivered', 'failed', 'cancelled'],
  failed: [],
  cancelled: [],
};

export function canMoveTransfer(from: TransferState, to: TransferState): boolean {
  return MOVES[from].includes(to);
}

/** Neither running nor going to run again by itself. */
export const SETTLED_TRANSFER_STATES = ['delivered', 'suppressed', 'held', 'failed', 'cancelled'] as const;

/** A worker holds a lease on it. */
export const LEASED_TRANSFER_STATES = [
  'claimed',
  'streaming',
  'verifying',
  'publishing',
  'disposing',
] as const;

export function isLeasedTransfer(state: TransferState): boolean {
  return (LEASED_TRANSFER_STATES as readonly TransferState[]).includes(state);
}

export function isSettledTransfer(state: TransferState): boolean {
  return (SETTLED_TRANSFER_STATES as readonly TransferState[]).includes(state);
}

/** How strongly the delivered bytes were proved equal to the source's, weakest first. */
export const ASSURANCE_LEVELS = ['none', 'size', 'read_back', 'hash_by_server'] as const;
export type AssuranceLevel = (typeof ASSURANCE_LEVELS)[number];

export function meetsAssurance(reached: AssuranceLevel, minimum: AssuranceLevel): boolean {
  return ASSURANCE_LEVELS.indexOf(reached) >= ASSURANCE_LEVELS.indexOf(minimum);
}

/**
 * Identity of one version of one source file. `modified` is the server's own text, compared for equality
 * only: partners' clocks and time zones prove nothing.
 */
export interface FileVersion {
  path: string;
  sizeBytes: bigint;
  modified: string;
}

export const ATTEMPT_OUTCOMES = ['running', 'delivered', 'failed', 'held', 'abandoned', 'cancelled'] as const;
export type AttemptOutcome = (typeof ATTEMPT_OUTCOMES)[number];
