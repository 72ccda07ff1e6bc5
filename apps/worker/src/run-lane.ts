import {
  type AttemptEvidence,
  type ClaimedTransfer,
  doorbellOf,
  type FailureOutcome,
  type RunAssignment,
  type RunRecorder,
  recheckParameters,
} from '#audit';
import { type Endpoint, isFinishedRun, type Phase, type RunState, TransferError } from '#domain';
import { reach } from '#failpoint';
import type { Doorbell, DoorbellQueue, RingOptions } from '#queue';
import { windowAt } from '#schedule';
import { isKeyOutage, type SecretSources } from '#secrets';
import { bindWork, type Logger, type Metrics, type PhaseClock, type Tracer } from '#telemetry';
import { type MoveOrder, moveFile, removeLeftovers, selectFiles } from '#transfer';
import { canOpenSecrets, policyWhileKeysAreAway } from './key-waits.ts';
import { LaneSessions } from './lane-sessions.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { demandHeld, orderFor } from './move-order.ts';
import type { SessionOpener } from './open-session.ts';
import type { ProgressTeller } from './progress-teller.ts';
import { isFollowedByAStepThatStays, observed, PHASE_AFTER } from './recording-facts.ts';
import { SessionEvidence } from './session-evidence.ts';

const LEFTOVER_DEADLINE_MS = 30_000;
/** Whoever gives a session back rings for the next run; this is for those that died with theirs. */
const SESSION_WAIT_MS = 5_000;

/** What every lane of one worker process shares. */
export interface LaneContext {
  worker: string;
  /** It takes runs of routes that demand one of these, and of those that demand none. */
  tags: ReadonlySet<string>;
  leaseMs: number;
  recorder: RunRecorder;
  queue: DoorbellQueue;
  leases: LeaseKeeper;
  progress: ProgressTeller;
  openSession: SessionOpener;
  /** Looked at before anything is claimed; absent: nothing is. */
  secrets?: SecretSources | undefined;
  log: Logger;
  metrics: Metrics;
  tracer: Tracer;
  /** Aborted when the process drains: no new claim; and later, when its grace period is over: stop now. */
  draining: AbortSignal;
  stopping: AbortSignal;
}

/**
 * One lane of one run: plans the run if nobody has, then moves its transfers one after another until none is due.
 * May be rung too often, too late or for nothing: Postgres says what is to be done.
 */
export async function runLane(context: LaneContext, doorbell: Doorbell): Promise<void> {
  const assignment = await context.recorder.findAssignment(doorbell.runId);
  if (!assignment)
    return context.log.warn(
      { runId: doorbell.runId },
      'a doorbell for a run that does not exist was ignored',
    );
  if (isFinishedRun(assignment.state as RunState)) return;

  const lane = new Lane(context, assignment, doorbell.lane);
  const { workerTag } = assignment.route;
  // A doorbell of before the route got its tag, or of this process's last moments: others take it.
  if (context.draining.aborted || (workerTag !== undefined && !context.tags.has(workerTag)))
    return lane.ring(doorbell.lane);
  if (!(await lane.isInWindow())) return;
  if (!(await lane.canOpenSecrets(doorbell))) return;
  try {
    if (!(await lane.reserveSessions(doorbell))) return;
    const planned = assignment.planned ? 'before' : await lane.plan();
    if (planned === 'not_mine') return;
    await lane.moveAll({
      ringOthers: planned !== 'before' || doorbell.lane === 0,
      files: planned === 'before' ? undefined : planned.files,
    });
    await context.recorder.settleRun(assignment.runId);
    await lane.isInWindow();
  } finally {
    await lane.close();
  }
}

class Lane {
  readonly #context: LaneContext;
  readonly #assignment: RunAssignment;
  readonly #number: number;
  readonly #evidence: SessionEvidence;
  readonly #sessions: LaneSessions;
  readonly #log: Logger;
  /** By the database's clock; undefined where the route may run at any time. */
  #windowCloses: Date | undefined;
  /** When the last claim was asked for: its lease cannot have begun earlier. */
  #askedAtMs = 0;

  constructor(context: LaneContext, assignment: RunAssignment, number: number) {
    this.#context = context;
    this.#assignment = assignment;
    this.#number = number;
    this.#log = context.log.child({ runId: assignment.runId, route: assignment.route.name });
    const moment = { worker: context.worker, runId: assignment.runId, attemptId: null };
    this.#evidence = new SessionEvidence(context.recorder, moment, context.metrics);
    this.#sessions = new LaneSessions(context, this.#evidence, assignment);
  }

  async close(): Promise<void> {
    const waiting = await this.#sessions.close();
    if (waiting) await this.#ringQuietly({ ...doorbellOf(waiting), lane: 0 });
    await this.#evidence.flush();
  }

  /** A run outside of its route's window is put off until the next opening: the sweep rings then. */
  async isInWindow(): Promise<boolean> {
    const { window } = this.#assignment.route;
    if (!window) return true;
    const { recorder, worker } = this.#context;
    const state = windowAt(window, await recorder.now());
    if (state.open) this.#windowCloses = state.closesAt;
    else await recorder.waitForWindow(this.#assignment.runId, worker, state.opensAt);
    return state.open;
  }

  canOpenSecrets({ lane }: Doorbell): Promise<boolean> {
    return canOpenSecrets(this.#context, this.#assignment, lane, this.#log);
  }

  /** All workers together hold no more sessions than the partner allows: without a place there is no login at all. */
  async reserveSessions(doorbell: Doorbell): Promise<boolean> {
    try {
      const answer = await this.#sessions.reserve();
      if (answer.kind === 'taken') return true;
      this.#log.debug({ endpoint: answer.endpoint, lane: doorbell.lane }, 'all sessions are in use');
    } catch (thrown) {
      if (!(thrown instanceof TransferError)) throw thrown;
      await this.#refuseRun(thrown);
      return false;
    }
    // One of the run's lanes waits; it calls the others when it has begun.
    if (doorbell.lane === 0) await this.ring(0, SESSION_WAIT_MS);
    return false;
  }

  /** As configured, this run can never work. */
  async #refuseRun(error: TransferError): Promise<void> {
    const { recorder, worker, leaseMs } = this.#context;
    const { runId, planned } = this.#assignment;
    this.#log.warn({ err: error, code: error.code }, 'the run cannot be carried out');
    if (planned) return void (await recorder.giveUpRun(runId, worker, error));
    const claim = await recorder.claimPlanning(runId, worker, leaseMs);
    if (claim) await recorder.recordPlanFailure(claim, error);
  }

  /** Lists the source and records its files as transfers; one lane of the run does it. */
  async plan(): Promise<{ files: number } | 'not_mine'> {
    const { recorder, worker, leaseMs } = this.#context;
    const claim = await recorder.claimPlanning(this.#assignment.runId, worker, leaseMs);
    if (!claim) return 'not_mine';
    const clock = this.#startPhases();
    const lost = new AbortController();
    const renewal = setInterval(() => {
      recorder.renewPlanning(claim, leaseMs).then(
        (kept) => kept || lost.abort(new TransferError('lease_lost', { phase: 'list' })),
        (error: unknown) => this.#log.warn({ err: error }, 'the planning lease could not be renewed'),
      );
    }, leaseMs / 3);
    try {
      const signal = this.#sessions.signalWith(this.#context.stopping, lost.signal);
      const source = await this.#sessions.use('source', signal);
      clock.enter('list');
      const { route, dueAt, files, ...run } = this.#assignment;
      const parameters = recheckParameters(route, run.parameters);
      const moment = { dueAt, timezone: route.schedule?.timezone ?? 'UTC', parameters, files };
      const selected = await selectFiles(source, route.source, route.destination, moment, signal);
      await this.#evidence.flush();
      const counts = await recorder.recordPlan(claim, selected.files, selected.refused, selected.missing);
      this.#log.info({ ...counts, refused: selected.refused.length }, 'run planned');
      return counts ? { files: counts.planned } : 'not_mine';
    } catch (thrown) {
      const error = TransferError.from(thrown, 'list');
      await this.#evidence.flush();
      const outcome = await recorder.recordPlanFailure(claim, error);
      this.#log.warn({ err: error, code: error.code, outcome }, 'listing the source failed');
      return 'not_mine';
    } finally {
      clock.end();
      clearInterval(renewal);
    }
  }

  /** @param files how many there are to move, where that is known: more lanes would have nothing to do */
  async moveAll({ ringOthers, files }: { ringOthers: boolean; files: number | undefined }): Promise<void> {
    let othersRung = !ringOthers;
    const onSessionsOpen = async () => {
      if (othersRung) return;
      othersRung = true;
      await this.#ringOtherLanes(files ?? Number.POSITIVE_INFINITY);
    };
    let claimed = await this.#claimNext();
    while (claimed) {
      const file: ClaimedTransfer = claimed;
      const { transferId, attempt } = file.claim;
      const attributes = { 'waybill.transfer_id': transferId, 'waybill.attempt': attempt };
      claimed = await bindWork({ transferId, attempt }, () =>
        this.#context.tracer.span('transfer', { attributes }, () => this.#moveOne(file, onSessionsOpen)),
      );
    }
    // What is left is for workers that stay.
    if (this.#context.draining.aborted) await this.ring(0);
  }

  /** undefined when nothing is due now, and when this process ends. */
  async #claimNext(): Promise<ClaimedTransfer | undefined> {
    const { recorder, worker, leaseMs, draining } = this.#context;
    if (draining.aborted) return undefined;
    this.#askedAtMs = performance.now();
    return recorder.claimTransfer(this.#assignment.runId, worker, leaseMs, this.#windowCloses);
  }

  /** Only after a first login has worked: a wrong password must not be tried once per lane. */
  async #ringOtherLanes(files: number): Promise<void> {
    const { route, source, destination } = this.#assignment;
    const lanes = Math.min(route.lanes, files, sessionsOf(source), sessionsOf(destination));
    await Promise.all(Array.from({ length: Math.max(0, lanes - 1) }, (_, index) => this.ring(index + 1)));
  }

  ring(lane: number, delayMs?: number): Promise<void> {
    const { runId, priority, route } = this.#assignment;
    const doorbell = doorbellOf({ id: runId, priority, workerTag: route.workerTag });
    return this.#ringQuietly({ ...doorbell, lane, delayMs });
  }

  /** A queue that is away is no failure of a file: the sweep rings again. */
  async #ringQuietly(doorbell: RingOptions): Promise<void> {
    try {
      await this.#context.queue.ring(doorbell);
      this.#context.metrics.doorbells.inc({ outcome: 'rung' });
    } catch (error) {
      this.#context.metrics.doorbells.inc({ outcome: 'refused' });
      this.#log.warn({ err: error, runId: doorbell.runId }, 'the queue did not take the doorbell');
    }
  }

  /** Returns the next claim: it shares the commit of this delivery. */
  async #moveOne(
    claimed: ClaimedTransfer,
    onSessionsOpen: () => Promise<void>,
  ): Promise<ClaimedTransfer | undefined> {
    reach('claimed');
    let next: Promise<ClaimedTransfer | undefined> | undefined;
    const { recorder, leases, stopping } = this.#context;
    const lease = leases.hold(claimed.claim, this.#askedAtMs);
    const signal = this.#sessions.signalWith(stopping, lease.signal);
    this.#evidence.beginAttempt(claimed.claim.attemptId);
    const told = this.#context.progress.begin(claimed.claim, this.#number, lease);
    const order = orderFor(this.#assignment.route, claimed, lease, told);
    const { metrics, tracer } = this.#context;
    const clock = this.#startPhases();
    let phase: Phase = 'connect';
    let connected = false;
    let sizeBytes = 0n;
    let keysAreAway = false;
    // Our temporary file, while nothing says that it may have been published: then it is the proof.
    let unpublished: string | undefined;
    const recorded: Promise<void>[] = [];
    try {
      // Sessions are kept from file to file: most have nothing to connect.
      if (!this.#sessions.areOpen) clock.enter(phase);
      const source = await this.#sessions.use('source', signal);
      const destination = await this.#sessions.use('destination', signal);
      connected = true;
      await this.#evidence.flush();
      await onSessionsOpen();
      phase = 'open';
      told.phase = phase;
      clock.enter(phase);
      for await (const fact of moveFile(order, source, destination, signal)) {
        phase = PHASE_AFTER[fact.kind];
        told.phase = phase;
        clock.enter(phase);
        if ('sizeBytes' in fact) ({ sizeBytes } = fact);
        if (fact.kind === 'streaming') {
          demandHeld(lease);
          unpublished = fact.temporaryPath;
        }
        const patient = !isFollowedByAStepThatStays(fact);
        recorded.push(observed(recorder.recordFact(claimed.claim, fact, { patient })));
        if (patient) continue;
        const before = unpublished;
        if (fact.kind === 'publish_intended') unpublished = undefined;
        await this.#evidence.flush();
        await Promise.all(recorded.splice(0)).catch((refusal: unknown) => {
          // The recorder's own refusal; anything else leaves open what was committed.
          if (refusal instanceof TransferError) unpublished = before;
          throw refusal;
        });
      }
      const claimsNext = !this.#context.draining.aborted;
      recorded.push(
        observed(recorder.recordDelivered(claimed.claim, this.#attemptEvidence(), { claimsNext })),
      );
      next = observed(this.#claimNext());
      await Promise.all([this.#evidence.flush(), ...recorded]);
      metrics.attempts.inc({ outcome: 'delivered' });
      tracer.annotate({ 'waybill.outcome': 'delivered', 'waybill.size_bytes': Number(sizeBytes) });
      metrics.movedBytes.inc(Number(sizeBytes));
      reach('disposition_committed');
    } catch (thrown) {
      // A failure stands on record after what led to it; what cannot be recorded is told when the lane closes.
      recorder.hurry();
      await Promise.allSettled([this.#evidence.flush(), ...recorded]);
      const error = TransferError.from(thrown, phase);
      const outcome = await this.#recordFailure(claimed, error, phase);
      metrics.attempts.inc({ outcome: outcome.kind });
      tracer.annotate({ 'waybill.outcome': outcome.kind, 'error.type': error.code });
      // Its session broke while the keys are away: the other files would only fail one after the other. The sweep rings.
      keysAreAway = isKeyOutage(error);
      if (outcome.kind === 'failed' && connected) await this.#removeLeftovers(order);
      if (outcome.kind === 'lost' && unpublished !== undefined) await this.#removeOwn(unpublished);
    } finally {
      clock.end();
      told.end();
      lease.release();
      this.#evidence.beginAttempt(null);
    }
    return keysAreAway ? undefined : (next ?? this.#claimNext());
  }

  #startPhases(): PhaseClock<Phase> {
    const { metrics, tracer } = this.#context;
    return metrics.startPhases((phase, startedAtMs, endedAtMs) => tracer.past(phase, startedAtMs, endedAtMs));
  }

  /** No further attempt will tidy up: what this one and earlier ones left at the destination goes, over a new session if need be. */
  async #removeLeftovers(order: MoveOrder): Promise<void> {
    await this.#tidyUp(order.destinationPath, async (signal) => {
      await removeLeftovers(order, await this.#sessions.use('destination', signal), signal);
    });
  }

  /** Another worker has the transfer, and does not know this file. There is no other login for it. */
  async #removeOwn(temporary: string): Promise<void> {
    const destination = this.#sessions.present('destination');
    if (destination) await this.#tidyUp(temporary, (signal) => destination.remove(temporary, signal));
  }

  async #tidyUp(path: string, act: (signal: AbortSignal) => Promise<void>): Promise<void> {
    try {
      await act(this.#sessions.signalWith(this.#context.stopping, AbortSignal.timeout(LEFTOVER_DEADLINE_MS)));
    } catch (error) {
      this.#log.warn({ err: error, path }, 'temporary files could not be removed from the destination');
    }
  }

  async #recordFailure(
    claimed: ClaimedTransfer,
    error: TransferError,
    phase: Phase,
  ): Promise<FailureOutcome> {
    const { recorder } = this.#context;
    const { route } = this.#assignment;
    // The endpoint refuses us altogether: the other files of the run would only repeat the same refusal. They go first,
    // while our lease keeps the run from other lanes.
    if (phase === 'connect' && error.retry === 'never')
      await recorder.giveUpRun(this.#assignment.runId, this.#context.worker, error);
    const outcome = await recorder.recordFailure(
      claimed.claim,
      error,
      isKeyOutage(error) ? policyWhileKeysAreAway(route.retry) : route.retry,
      this.#attemptEvidence(),
    );
    this.#log.warn(
      {
        err: error,
        code: error.code,
        file: claimed.version.path,
        outcome,
      },
      'attempt failed',
    );
    return outcome;
  }

  #attemptEvidence(): AttemptEvidence {
    return {
      sourceSessionId: this.#sessions.idOf('source'),
      destinationSessionId: this.#sessions.idOf('destination'),
      transcript: this.#evidence.compressedTranscript(),
    };
  }
}

/** Own directories have no limit. */
function sessionsOf(endpoint: Endpoint): number {
  return endpoint.protocol === 'local' ? Number.POSITIVE_INFINITY : endpoint.maxSessions;
}
