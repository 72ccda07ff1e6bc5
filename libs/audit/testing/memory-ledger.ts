import {
  type Actor,
  type FileVersion,
  isFinishedRun,
  isLeasedTransfer,
  isSettledTransfer,
  type RetryPolicy,
  type RunState,
  runOutcome,
  TransferError,
  type TransferState,
} from '#domain';
import type { MoveFact } from '#transfer';
import type { ClaimedTransfer, TransferClaim } from '../src/claims.ts';
import type { AttemptEvidence } from '../src/facts.ts';
import type { PlannedFile, PlanningClaim, RefusedName } from '../src/planning.ts';
import type { Decision } from '../src/resolving.ts';
import type { RunRecorder } from '../src/run-recorder.ts';
import { attemptOutcome, decideFailure, type FailureOutcome, stateAfterFailure } from '../src/transitions.ts';
import { WrongState } from '../src/wrong-state.ts';
import {
  abandonAttempt,
  applyFact,
  demand,
  endAttempt,
  isOnItsLastChance,
  isSameVersion,
  type LedgerAttempt,
  type LedgerRoute,
  type LedgerRun,
  type LedgerTransfer,
  leaseLost,
  quarantine,
} from './ledger-rows.ts';

/** What the delivery of files needs of the recorder: the real one has more. */
export type DeliveryLedger = Pick<
  RunRecorder,
  | 'claimPlanning'
  | 'recordPlan'
  | 'claimTransfer'
  | 'renewClaims'
  | 'recordFact'
  | 'recordDelivered'
  | 'recordFailure'
  | 'cancelRun'
  | 'settleRun'
>;

/**
 * The recorder's rules without a database: each call is one moment, as a transaction is. `memory-ledger.spec.ts` shows that
 * it answers as the real recorder does.
 */
export class MemoryLedger implements DeliveryLedger {
  readonly transfers: LedgerTransfer[] = [];
  readonly #runs = new Map<string, LedgerRun>();
  readonly #pausedRoutes = new Set<string>();
  readonly #nowMs: () => number;
  #ids = 0;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get runIds(): string[] {
    return [...this.#runs.keys()];
  }

  stateOfRun(runId: string): RunState {
    return this.#run(runId).state;
  }

  transfer(id: string): LedgerTransfer {
    return this.transfers.find((transfer) => transfer.id === id)!;
  }

  addRun(route: LedgerRoute): string {
    const id = this.#newId();
    this.#runs.set(id, {
      id,
      route,
      state: 'queued',
      planned: false,
      fence: 0,
      leaseOwner: null,
      leaseUntilMs: 0,
      planAttempts: 0,
      cancelRequested: false,
    });
    return id;
  }

  pauseRoute(name: string): void {
    this.#pausedRoutes.add(name);
  }

  resumeRoute(name: string): void {
    this.#pausedRoutes.delete(name);
  }

  async claimPlanning(runId: string, worker: string, leaseMs: number): Promise<PlanningClaim | undefined> {
    const run = this.#run(runId);
    const free = run.leaseOwner === null || run.leaseUntilMs < this.#nowMs();
    if (run.planned || isFinishedRun(run.state) || !free || this.#pausedRoutes.has(run.route.name))
      return undefined;
    run.leaseOwner = worker;
    run.leaseUntilMs = this.#nowMs() + leaseMs;
    run.state = 'running';
    return { runId, worker, fence: ++run.fence, attempt: ++run.planAttempts };
  }

  async recordPlan(
    claim: PlanningClaim,
    files: readonly PlannedFile[],
    _refused: readonly RefusedName[] = [],
  ): Promise<{ planned: number; suppressed: number } | undefined> {
    const run = this.#run(claim.runId);
    const mine = run.fence === claim.fence && run.leaseOwner === claim.worker;
    if (!mine || run.planned || run.state !== 'running') return undefined;
    const counts = { planned: 0, suppressed: 0 };
    for (const { version, destinationPath } of files)
      counts[this.#plan(run, version, destinationPath) ? 'planned' : 'suppressed']++;
    run.planned = true;
    run.leaseOwner = null;
    await this.settleRun(run.id);
    return counts;
  }

  /** The ledger key: a version that is delivered, held or in hand is not taken again. */
  #plan(run: LedgerRun, version: FileVersion, destinationPath: string): boolean {
    const holder = this.transfers.findLast(
      (earlier) =>
        this.#run(earlier.runId).route.name === run.route.name &&
        isSameVersion(earlier.version, version) &&
        !['suppressed', 'failed', 'cancelled'].includes(earlier.state),
    );
    this.transfers.push({
      id: this.#newId(),
      runId: run.id,
      version,
      destinationPath,
      state: holder ? 'suppressed' : 'planned',
      fence: 0,
      attemptsForgiven: 0,
      leaseOwner: null,
      leaseUntilMs: 0,
      notBeforeMs: this.#nowMs(),
      temporaryPath: null,
      sizeBytes: null,
      sha256: null,
      assurance: null,
      publishIntended: false,
      delivered: false,
      errorCode: null,
      suppressedById: holder?.id ?? null,
      attempts: [],
    });
    return holder === undefined;
  }

  async claimTransfer(runId: string, worker: string, leaseMs: number): Promise<ClaimedTransfer | undefined> {
    const run = this.#run(runId);
    for (;;) {
      const row = this.#nextDue(run, worker);
      if (!row) return undefined;
      if (isLeasedTransfer(row.state)) abandonAttempt(row);
      if (!quarantine(row)) return this.#beginAttempt(row, worker, leaseMs);
    }
  }

  #nextDue(run: LedgerRun, worker: string): LedgerTransfer | undefined {
    if (run.state !== 'running' || this.#pausedRoutes.has(run.route.name)) return undefined;
    const mine = this.transfers.filter((transfer) => transfer.runId === run.id);
    const now = this.#nowMs();
    const held = mine.filter(({ state, leaseUntilMs }) => isLeasedTransfer(state) && leaseUntilMs >= now);
    if (held.length >= run.route.lanes) return undefined;
    // What a dead worker left comes first.
    const silent = mine.filter((transfer) => this.#isSilent(transfer));
    const waiting = mine.filter(({ state, notBeforeMs }) => state === 'planned' && notBeforeMs <= now);
    silent.sort((a, b) => a.leaseUntilMs - b.leaseUntilMs);
    waiting.sort((a, b) => a.notBeforeMs - b.notBeforeMs || (a.version.path < b.version.path ? -1 : 1));
    return [...silent, ...waiting].find(
      (row) => (!run.cancelRequested || row.publishIntended) && this.#mayBeHeldBy(worker, row),
    );
  }

  /** A worker takes only one file at a time of those that one more death puts into quarantine. */
  #mayBeHeldBy(worker: string, row: LedgerTransfer): boolean {
    const last = (other: LedgerTransfer) => isOnItsLastChance(other, this.#nowMs());
    return (
      !last(row) ||
      !this.transfers.some(
        (other) => other.leaseOwner === worker && other.leaseUntilMs >= this.#nowMs() && last(other),
      )
    );
  }

  #isSilent({ state, leaseUntilMs }: LedgerTransfer): boolean {
    return isLeasedTransfer(state) && leaseUntilMs < this.#nowMs();
  }

  #beginAttempt(row: LedgerTransfer, worker: string, leaseMs: number): ClaimedTransfer {
    row.state = 'claimed';
    row.fence += 1;
    row.leaseOwner = worker;
    row.leaseUntilMs = this.#nowMs() + leaseMs;
    const number = row.attempts.length + 1;
    const attempt: LedgerAttempt = {
      id: this.#newId(),
      number,
      fence: row.fence,
      worker,
      outcome: 'running',
    };
    row.attempts.push(attempt);
    return {
      claim: {
        transferId: row.id,
        runId: row.runId,
        attemptId: attempt.id,
        attempt: number,
        worker,
        fence: row.fence,
      },
      version: row.version,
      destinationPath: row.destinationPath,
      previous: {
        publishIntended: row.publishIntended,
        temporaryPath: row.temporaryPath,
        sizeBytes: row.sizeBytes,
        sha256: row.sha256,
        assurance: row.assurance,
        delivered: row.delivered,
        silentFences: row.attempts.filter(({ outcome }) => outcome === 'abandoned').map(({ fence }) => fence),
      },
    };
  }

  async renewClaims(
    claims: readonly TransferClaim[],
    leaseMs: number,
  ): Promise<Map<string, 'kept' | 'cancelled'>> {
    const answers = new Map<string, 'kept' | 'cancelled'>();
    for (const claim of claims) {
      const row = this.#held(claim);
      if (!row || !isLeasedTransfer(row.state)) continue;
      row.leaseUntilMs = this.#nowMs() + leaseMs;
      const stopped = this.#run(row.runId).cancelRequested && !row.publishIntended;
      answers.set(row.id, stopped ? 'cancelled' : 'kept');
    }
    return answers;
  }

  async recordFact(claim: TransferClaim, fact: MoveFact): Promise<void> {
    const row = this.#held(claim);
    if (!row) throw leaseLost(claim);
    if (fact.kind === 'publish_intended' && this.#run(row.runId).cancelRequested)
      throw new TransferError('cancelled', { phase: 'publish' });
    applyFact(row, fact);
  }

  async recordDelivered(claim: TransferClaim, _evidence: AttemptEvidence): Promise<void> {
    const row = this.#held(claim);
    if (!row) throw leaseLost(claim);
    demand(row, row.delivered, 'delivered');
    this.#settle(row, 'delivered', null);
    endAttempt(row, claim, 'delivered');
    await this.settleRun(row.runId);
  }

  async recordFailure(
    claim: TransferClaim,
    error: TransferError,
    policy: RetryPolicy,
    _evidence: AttemptEvidence,
  ): Promise<FailureOutcome> {
    const row = this.#held(claim);
    if (!row) return { kind: 'lost' };
    const counted = claim.attempt - row.attemptsForgiven;
    const outcome = decideFailure(error, counted, policy, row.publishIntended);
    this.#settle(row, stateAfterFailure(error, outcome), error.code);
    if (outcome.kind === 'retry') row.notBeforeMs = this.#nowMs() + outcome.delayMs;
    endAttempt(row, claim, attemptOutcome(error, outcome));
    await this.settleRun(row.runId);
    return outcome;
  }

  #settle(row: LedgerTransfer, state: TransferState, errorCode: string | null): void {
    row.state = state;
    row.leaseOwner = null;
    row.errorCode = errorCode;
  }

  async cancelRun(runId: string, _actor: Actor, _reason: string): Promise<RunState | undefined> {
    const run = this.#run(runId);
    if (isFinishedRun(run.state)) return run.state;
    run.cancelRequested = true;
    this.#cancelLeft(run);
    if (run.planned) return (await this.settleRun(runId)) ?? run.state;
    run.state = 'cancelled';
    run.leaseOwner = null;
    run.fence += 1;
    return 'cancelled';
  }

  #cancelLeft(run: LedgerRun): void {
    for (const row of this.transfers) {
      if (row.runId !== run.id || row.publishIntended) continue;
      if (row.state !== 'planned' && !this.#isSilent(row)) continue;
      if (isLeasedTransfer(row.state)) abandonAttempt(row);
      this.#settle(row, 'cancelled', 'cancelled');
    }
  }

  async settleRun(runId: string): Promise<RunState | undefined> {
    const run = this.#run(runId);
    if (isFinishedRun(run.state)) return run.state;
    if (!run.planned) return undefined;
    if (run.cancelRequested) this.#cancelLeft(run);
    const states = this.transfers.filter((row) => row.runId === runId).map(({ state }) => state);
    if (!states.every(isSettledTransfer)) return undefined;
    run.state = runOutcome(states);
    return run.state;
  }

  /** As `resolving.ts`: what a person may say of a held transfer, and what it makes of it. */
  resolveTransfer(id: string, { decision }: Pick<Decision, 'decision'>): void {
    const row = this.transfer(id);
    const run = this.#run(row.runId);
    if (row.state !== 'held') throw new WrongState('transfer_not_held', id);
    const proved =
      row.publishIntended && row.sizeBytes !== null && row.sha256 !== null && row.assurance !== null;
    if (decision === 'delivered' && !proved) throw new WrongState('decision_impossible', id);
    if (decision === 'resend' && (row.delivered || (run.cancelRequested && !isFinishedRun(run.state))))
      throw new WrongState('decision_impossible', id);
    if (decision === 'give_up') this.#settle(row, row.delivered ? 'delivered' : 'failed', row.errorCode);
    else if (decision === 'delivered' && run.route.afterDelivery.source === 'keep') {
      row.delivered = true;
      this.#settle(row, 'delivered', null);
    } else {
      if (decision === 'delivered') row.delivered = true;
      else Object.assign(row, { publishIntended: false, sizeBytes: null, sha256: null, assurance: null });
      row.attemptsForgiven = row.attempts.length;
      row.notBeforeMs = this.#nowMs();
      this.#settle(row, 'planned', null);
    }
    if (run.state === 'held') {
      run.state = 'running';
      run.cancelRequested = false;
    }
    void this.settleRun(run.id);
  }

  /** As `rerunning.ts`: the failed and cancelled files of a finished run, or its listing; undefined when there is nothing to do. */
  rerunRun(runId: string): string | undefined {
    const earlier = this.#run(runId);
    if (!isFinishedRun(earlier.state)) return undefined;
    const wanted = this.transfers.filter(
      (row) => row.runId === runId && ['failed', 'cancelled'].includes(row.state),
    );
    if (earlier.planned && wanted.length === 0) return undefined;
    const run = this.#run(this.addRun(earlier.route));
    if (!earlier.planned) return run.id;
    for (const row of wanted) this.#plan(run, row.version, row.destinationPath);
    run.planned = true;
    run.state = 'running';
    void this.settleRun(run.id);
    return run.id;
  }

  #held(claim: TransferClaim): LedgerTransfer | undefined {
    const row = this.transfer(claim.transferId);
    return row.fence === claim.fence && row.leaseOwner === claim.worker ? row : undefined;
  }

  #run(id: string): LedgerRun {
    return this.#runs.get(id)!;
  }

  /** Counted, so that a sequence that is repeated has the same ones. */
  #newId(): string {
    return `00000000-0000-4000-8000-${String(++this.#ids).padStart(12, '0')}`;
  }
}
