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
import {
  type CallbackClaim,
  type CallbackPlaces,
  type CallbackTry,
  claimCallbacks,
  postponeCallback,
  recordCallback,
} from './callbacks.ts';
import { cancelRun } from './cancelling.ts';
import { CLAIMS, type ClaimedTransfer, renewClaims, type TransferClaim } from './claims.ts';
import { type AttemptEvidence, STEPS, type Step } from './facts.ts';
import { FAILURES } from './failures.ts';
import { type DueSchedule, type FireDecision, type RecordedFires, recordFires } from './fires.ts';
import { GroupCommit } from './group-commit.ts';
import { type Leftover, type Retention, throwAway } from './house-keeping.ts';
import { keepAnswer } from './idempotent-requests.ts';
import { answerIncident, type IncidentAnswer } from './incidents.ts';
import { endKeyOutage, recordKeyOutage } from './key-outages.ts';
import { endKeyWait, waitForKeys } from './key-waits.ts';
import { demandLoginAllowed, recordLoginAccepted, recordLoginRefused } from './login-pause.ts';
import { CLOSINGS, NEGOTIATIONS, type NegotiationContext } from './negotiations.ts';
import { type Pausable, pause, resume } from './pausing.ts';
import {
  claimPlanning,
  findAssignment,
  type MissingFile,
  type PlannedFile,
  type PlanningClaim,
  type RefusedName,
  type RunAssignment,
  recordPlan,
  recordPlanFailure,
  renewPlanning,
} from './planning.ts';
import { type RerunRequest, rerunRun } from './rerunning.ts';
import { type Decision, resolveTransfer } from './resolving.ts';
import {
  findRepeat,
  type RequestedRun,
  RUN_REQUESTS,
  type RunRequest,
  type RunToRing,
} from './run-requests.ts';
import {
  releaseSessionSlots,
  renewSessionSlots,
  type SlotsAnswer,
  takeSessionSlot,
  takeSessionSlots,
} from './session-slots.ts';
import { findOverdueRuns, giveUpRun, type OverdueRun, settleRun } from './settling.ts';
import { type ProgressReport, recordProgress } from './transfer-progress.ts';
import type { FailureOutcome } from './transitions.ts';
import { waitForWindow } from './window-waits.ts';

/**
 * The only writer of run, transfer, attempt and fire state. Each method changes the state and appends its AuditEvent in
 * one transaction, or does neither; what many lanes record at once shares a transaction.
 */
export class RunRecorder {
  readonly #store: Store;
  readonly #group: GroupCommit;

  constructor(store: Store) {
    this.#store = store;
    this.#group = new GroupCommit(store);
  }

  /** @throws UnknownRoute, RouteDisabled, ParametersRefused, KeyReused */
  createRun(request: RunRequest): Promise<RequestedRun> {
    return this.#group.submit(RUN_REQUESTS, request);
  }

  /** What the same request with the same key was answered; undefined: it is new. @throws KeyReused */
  findRepeat(request: RunRequest): Promise<RequestedRun | undefined> {
    return findRepeat(this.#store, request);
  }

  recordFires(decide: (due: DueSchedule) => FireDecision): Promise<RecordedFires[]> {
    return recordFires(this.#store, decide);
  }

  cancelRun(runId: string, actor: Actor, reason: string): Promise<RunState | undefined> {
    return cancelRun(this.#store, runId, actor, reason);
  }

  /** Of a run that was asked for with a key: the answer that all its repeats get, this one if there is none yet. */
  keepAnswer<T extends object>(runId: string, answer: T): Promise<T> {
    return keepAnswer(this.#store, runId, answer);
  }

  /** Messages about ended runs whose time has come. */
  claimCallbacks(worker: string, places: CallbackPlaces): Promise<CallbackClaim[]> {
    return claimCallbacks(this.#store, worker, places);
  }

  recordCallback(claim: CallbackClaim, tried: CallbackTry): ReturnType<typeof recordCallback> {
    return recordCallback(this.#store, claim, tried);
  }

  /** No try: what signs the message cannot be opened now. */
  postponeCallback(claim: CallbackClaim, because: string, delayMs: number): Promise<void> {
    return postponeCallback(this.#store, claim, because, delayMs);
  }

  /** undefined when there is no such run. @throws WrongState, RouteDisabled, KeyReused */
  rerunRun(request: RerunRequest): ReturnType<typeof rerunRun> {
    return rerunRun(this.#store, request);
  }

  /** undefined when there is no such transfer. @throws WrongState */
  resolveTransfer(transferId: string, actor: Actor, decision: Decision): ReturnType<typeof resolveTransfer> {
    return resolveTransfer(this.#store, transferId, actor, decision);
  }

  /** False when there is nothing of this name. @throws WrongState */
  pause(what: Pausable, actor: Actor, reason: string): Promise<boolean> {
    return pause(this.#store, what, actor, reason);
  }

  /** The runs that waited, to be rung; undefined when there is nothing of this name. @throws WrongState */
  resume(what: Pausable, actor: Actor, reason: string): Promise<RunToRing[] | undefined> {
    return resume(this.#store, what, actor, reason);
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
    missing: readonly MissingFile[] = [],
  ): ReturnType<typeof recordPlan> {
    return recordPlan(this.#store, claim, files, refused, missing);
  }

  recordPlanFailure(claim: PlanningClaim, error: TransferError): Promise<'retry' | 'failed' | 'lost'> {
    return recordPlanFailure(this.#store, claim, error);
  }

  /** @param before by the database's clock, nothing is claimed from then on */
  claimTransfer(
    runId: string,
    worker: string,
    leaseMs: number,
    before?: Date,
  ): Promise<ClaimedTransfer | undefined> {
    return this.#group.submit(CLAIMS, { runId, worker, leaseMs, before });
  }

  renewClaims(claims: readonly TransferClaim[], leaseMs: number): ReturnType<typeof renewClaims> {
    return renewClaims(this.#store, claims, leaseMs);
  }

  /** Returns of how many files it was taken; those that another worker has by now are left out. */
  recordProgress(reports: readonly ProgressReport[]): Promise<number> {
    return recordProgress(this.#store, reports);
  }

  /** @throws TransferError when the run's route can never have the sessions it needs */
  takeSessionSlots(runId: string, worker: string, leaseMs: number): Promise<SlotsAnswer> {
    return takeSessionSlots(this.#store, runId, worker, leaseMs);
  }

  /** One session at one endpoint, for whoever works for no run. */
  takeSessionSlot(endpoint: string, worker: string, leaseMs: number): Promise<SlotsAnswer> {
    return takeSessionSlot(this.#store, endpoint, worker, leaseMs);
  }

  renewSessionSlots(slotIds: readonly string[], leaseMs: number): Promise<Set<string>> {
    return renewSessionSlots(this.#store, slotIds, leaseMs);
  }

  /** A run that may have waited for them, to be rung. */
  releaseSessionSlots(slotIds: readonly string[]): Promise<OverdueRun | undefined> {
    return releaseSessionSlots(this.#store, slotIds);
  }

  /** The database's clock. */
  now(): Promise<Date> {
    return this.#store.now();
  }

  /** Tried again after `delayMs`; no attempt is counted. */
  waitForKeys(runId: string, worker: string, error: TransferError, delayMs: number): Promise<void> {
    return waitForKeys(this.#store, runId, worker, error, delayMs);
  }

  endKeyWait(runId: string, worker: string): Promise<void> {
    return endKeyWait(this.#store, runId, worker);
  }

  /** @param options goesOn: this worker has said so before */
  recordKeyOutage(worker: string, because: string, options: { goesOn: boolean }): Promise<void> {
    return recordKeyOutage(this.#store, worker, because, options);
  }

  /** This worker reaches the keys; the outage is over when nobody has met it for `quietMs`. */
  endKeyOutage(worker: string, quietMs: number): Promise<void> {
    return endKeyOutage(this.#store, worker, quietMs);
  }

  waitForWindow(runId: string, worker: string, opensAt: Date): Promise<void> {
    return waitForWindow(this.#store, runId, worker, opensAt);
  }

  /** @param options patient: nothing waits for it now; it is committed with what comes next, soon */
  recordFact(claim: TransferClaim, fact: MoveFact, options: { patient?: boolean } = {}): Promise<void> {
    return this.#group.submit(STEPS, { claim, step: fact }, options);
  }

  /** @param options claimsNext: `claimTransfer` is asked at the same moment, and settles the run when nothing is left */
  recordDelivered(
    claim: TransferClaim,
    evidence: AttemptEvidence,
    { claimsNext = false }: { claimsNext?: boolean } = {},
  ): Promise<void> {
    const step: Step = { kind: 'delivered', attempt: claim.attempt, evidence };
    return this.#group.submit(STEPS, { claim, step, settles: !claimsNext });
  }

  recordFailure(
    claim: TransferClaim,
    error: TransferError,
    policy: RetryPolicy,
    evidence: AttemptEvidence,
  ): Promise<FailureOutcome> {
    return this.#group.submit(FAILURES, { claim, error, policy, evidence });
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

  /** undefined when there is no such incident. @throws WrongState */
  answerIncident(id: string, actor: Actor, answer: IncidentAnswer): Promise<IncidentState | undefined> {
    return answerIncident(this.#store, id, actor, answer);
  }

  /** What was recorded patiently is waited for now. */
  hurry(): void {
    this.#group.hurry();
  }

  /** Committed with what comes next, soon. @param closing where the connection is over already */
  recordNegotiation(
    context: NegotiationContext,
    negotiation: TlsNegotiation,
    closing?: TlsClosing,
  ): Promise<void> {
    return this.#group.submit(NEGOTIATIONS, { context, negotiation, closing }, { patient: true });
  }

  recordNegotiationClosed(closing: TlsClosing): Promise<void> {
    return this.#group.submit(CLOSINGS, closing, { patient: true });
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

  /** The oldest of one kind of what nobody needs any more. Returns how many it was. */
  throwAway(what: Leftover, retention: Retention, limit: number): Promise<number> {
    return throwAway(this.#store, what, retention, limit);
  }
}
