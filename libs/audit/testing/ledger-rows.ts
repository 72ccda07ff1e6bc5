import {
  type AssuranceLevel,
  type AttemptOutcome,
  canMoveTransfer,
  type FileVersion,
  isLeasedTransfer,
  type RetryPolicy,
  type RunState,
  type SourceDisposition,
  TransferError,
  type TransferState,
} from '#domain';
import type { MoveFact } from '#transfer';
import type { TransferClaim } from '../src/claims.ts';
import { CRASH_BUDGET } from '../src/transitions.ts';

/** What of a route the ledger has to know. */
export interface LedgerRoute {
  name: string;
  lanes: number;
  retry: RetryPolicy;
  afterDelivery: { source: SourceDisposition };
}

export interface LedgerRun {
  id: string;
  route: LedgerRoute;
  state: RunState;
  planned: boolean;
  fence: number;
  leaseOwner: string | null;
  leaseUntilMs: number;
  planAttempts: number;
  cancelRequested: boolean;
}

export interface LedgerAttempt {
  id: string;
  number: number;
  fence: number;
  worker: string;
  outcome: AttemptOutcome;
}

export interface LedgerTransfer {
  id: string;
  runId: string;
  version: FileVersion;
  destinationPath: string;
  state: TransferState;
  fence: number;
  attemptsForgiven: number;
  leaseOwner: string | null;
  leaseUntilMs: number;
  notBeforeMs: number;
  temporaryPath: string | null;
  sizeBytes: bigint | null;
  sha256: string | null;
  assurance: AssuranceLevel | null;
  publishIntended: boolean;
  delivered: boolean;
  errorCode: string | null;
  suppressedById: string | null;
  attempts: LedgerAttempt[];
}

export function applyFact(row: LedgerTransfer, fact: MoveFact): void {
  switch (fact.kind) {
    case 'streaming':
      moveTo(row, 'streaming');
      row.temporaryPath = fact.temporaryPath;
      row.destinationPath = fact.destinationPath;
      return;
    case 'verifying':
      moveTo(row, 'verifying');
      row.sizeBytes = fact.sizeBytes;
      row.sha256 = fact.sha256;
      return;
    case 'publish_intended':
      moveTo(row, 'publishing');
      row.sizeBytes = fact.sizeBytes;
      row.sha256 = fact.sha256;
      row.assurance = fact.assurance;
      row.publishIntended = true;
      return;
    case 'publish_withdrawn':
      demand(row, isLeasedTransfer(row.state), fact.kind);
      Object.assign(row, {
        state: 'claimed',
        publishIntended: false,
        sizeBytes: null,
        sha256: null,
        assurance: null,
      });
      return;
    case 'published':
      demand(row, isLeasedTransfer(row.state) && row.publishIntended, fact.kind);
      row.state = fact.disposes ? 'disposing' : 'publishing';
      row.delivered = true;
      return;
    case 'disposed':
      demand(row, isLeasedTransfer(row.state), fact.kind);
  }
}

function moveTo(row: LedgerTransfer, state: TransferState): void {
  demand(row, isLeasedTransfer(row.state) && canMoveTransfer(row.state, state), state);
  row.state = state;
}

export function demand(row: LedgerTransfer, legal: boolean, what: string): void {
  if (legal) return;
  throw new TransferError('internal', {
    phase: 'stream',
    detail: `A transfer that is ${row.state} cannot be ${what}.`,
  });
}

export function leaseLost(claim: TransferClaim): TransferError {
  return new TransferError('lease_lost', {
    phase: 'stream',
    detail: `Fence ${claim.fence} is not the newest any more.`,
  });
}

export function isSameVersion(a: FileVersion, b: FileVersion): boolean {
  return a.path === b.path && a.sizeBytes === b.sizeBytes && a.modified === b.modified;
}

export function abandonAttempt(row: LedgerTransfer): void {
  for (const attempt of row.attempts) if (attempt.outcome === 'running') attempt.outcome = 'abandoned';
}

/** As `onItsLastChance` of libs/store/src/queries/work-conditions.ts. */
export function isOnItsLastChance(row: LedgerTransfer, nowMs: number): boolean {
  const counted = row.attempts.filter(({ number }) => number > row.attemptsForgiven);
  const dead = counted.filter(
    ({ outcome }) => outcome === 'abandoned' || (outcome === 'running' && row.leaseUntilMs < nowMs),
  );
  return counted.length >= CRASH_BUDGET - 1 && dead.length === CRASH_BUDGET - 1;
}

export function quarantine(row: LedgerTransfer): boolean {
  const crashes = row.attempts.filter(
    ({ outcome, number }) => outcome === 'abandoned' && number > row.attemptsForgiven,
  ).length;
  if (crashes < CRASH_BUDGET || row.publishIntended) return false;
  row.state = 'held';
  row.leaseOwner = null;
  row.errorCode = 'worker_lost';
  return true;
}

export function endAttempt(row: LedgerTransfer, claim: TransferClaim, outcome: AttemptOutcome): void {
  row.attempts.find(({ id }) => id === claim.attemptId)!.outcome = outcome;
}
