import type {
  Actor,
  IncidentState,
  RetryPolicy,
  RunState,
  TlsClosing,
  TlsNegotiation,
  TransferError,
} from '#domain';
import type { Store } from '#store';
import type { MoveFact } from '#transfer';
import { cancelRun } from './cancelling.ts';
import { type ClaimedTransfer, claimTransfer, renewClaims, type TransferClaim } from './claims.ts';
import {
  type AttemptEvidence,
  type FailureOutcome,
  recordDelivered,
  recordFact,
  recordFailure,
} from './facts.ts';
import { answerIncident, type IncidentAnswer } from './incidents.ts';
import { demandLoginAllowed, recordLoginAccepted, recordLoginRefused } from './login-pause.ts';
import { type NegotiationContext, recordNegotiation, recordNegotiationClosed } from './negotiations.ts';
import {
  claimPlanning,
  findAssignment,
  type PlannedFile,
  type PlanningClaim,
  type RefusedName,
  type RunAssignment,
  recordPlan,
  recordPlanFailure,
  renewPlanning,
} from './planning.ts';
import {
  type CreatedRun,
  createRun,
  type DueSchedule,
  type FireDecision,
  type RunRequest,
  recordFires,
} from './run-requests.ts';
import { findOverdueRuns, giveUpRun, type OverdueRun, settleRun } from './settling.ts';

/**
 * The only writer of run, transfer, attempt and fire state. Each method is one transaction that changes the
 * state and appends its AuditEvent, or does neither.
 */
export class RunRecorder {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  createRun(request: RunRequest): Promise<{ run: CreatedRun; created: boolean }> {
    return createRun(this.#store, request);
  }

  recordFires(decide: (due: DueSchedule) => FireDecision): ReturnType<typeof recordFires> {
    return recordFires(this.#store, decide);
  }

  cancelRun(runId: string, actor: Actor, reason: string): Promise<RunState | undefined> {
    return cancelRun(this.#store, runId, actor, reason);
  }

  findAssignment(runId: string): Promise<RunAssignment | undefined> {
    return findAssignment(this.#store, runId);
  }

  claimPlanning(runId: string, worker: string, leaseMs: number): Promise<PlanningClaim | undefined> {
    return claimPlanning(this.#store, runId, worker, leaseMs);
  }

  renewPlanning(claim: PlanningClaim, leaseMs: number): Promise<boolean> {
    return renewPlanning(this.#store, claim, leaseMs);
  }

  recordPlan(
    claim: PlanningClaim,
    files: readonly PlannedFile[],
    refused: readonly RefusedName[],
  ): ReturnType<typeof recordPlan> {
    return recordPlan(this.#store, claim, files, refused);
  }

  recordPlanFailure(claim: PlanningClaim, error: TransferError): Promise<'retry' | 'failed' | 'lost'> {
    return recordPlanFailure(this.#store, claim, error);
  }

  claimTransfer(runId: string, worker: string, leaseMs: number): Promise<ClaimedTransfer | undefined> {
    return claimTransfer(this.#store, runId, worker, leaseMs);
  }

  renewClaims(claims: readonly TransferClaim[], leaseMs: number): Promise<Set<string>> {
    return renewClaims(this.#store, claims, leaseMs);
  }

  recordFact(claim: TransferClaim, fact: MoveFact): Promise<void> {
    return recordFact(this.#store, claim, fact);
  }

  recordDelivered(claim: TransferClaim, evidence: AttemptEvidence): Promise<void> {
    return recordDelivered(this.#store, claim, evidence);
  }

  recordFailure(
    claim: TransferClaim,
    error: TransferError,
    policy: RetryPolicy,
    evidence: AttemptEvidence,
  ): Promise<FailureOutcome> {
    return recordFailure(this.#store, claim, error, policy, evidence);
  }

  /** Rejects with `login_paused` while a refused login is too recent to try another. */
  demandLoginAllowed(endpoint: string): Promise<void> {
    return demandLoginAllowed(this.#store, endpoint);
  }

  recordLoginRefused(worker: string, endpoint: string, error: TransferError): Promise<void> {
    return recordLoginRefused(this.#store, worker, endpoint, error);
  }

  recordLoginAccepted(worker: string, endpoint: string): Promise<void> {
    return recordLoginAccepted(this.#store, worker, endpoint);
  }

  /** undefined when there is no such incident. @throws IncidentConflict */
  answerIncident(id: string, actor: Actor, answer: IncidentAnswer): Promise<IncidentState | undefined> {
    return answerIncident(this.#store, id, actor, answer);
  }

  recordNegotiation(context: NegotiationContext, negotiation: TlsNegotiation): Promise<void> {
    return recordNegotiation(this.#store, context, negotiation);
  }

  recordNegotiationClosed(closing: TlsClosing): Promise<void> {
    return recordNegotiationClosed(this.#store, closing);
  }

  giveUpRun(runId: string, worker: string, error: TransferError): Promise<number> {
    return giveUpRun(this.#store, runId, worker, error);
  }

  settleRun(runId: string): Promise<RunState | undefined> {
    return settleRun(this.#store, runId);
  }

  findOverdueRuns(limit: number): Promise<OverdueRun[]> {
    return findOverdueRuns(this.#store, limit);
  }
}
