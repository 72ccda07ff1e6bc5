import type { AttemptEvidence, ClaimedTransfer, FailureOutcome, RunAssignment, RunRecorder } from '#audit';
import { isFinishedRun, type Phase, type RunState, TransferError } from '#domain';
import { reach } from '#failpoint';
import type { Doorbell, DoorbellQueue } from '#queue';
import type { Logger } from '#telemetry';
import { type MoveFact, type MoveOrder, markerPath, moveFile, selectFiles } from '#transfer';
import { LaneSessions } from './lane-sessions.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { SessionOpener } from './open-session.ts';
import { SessionEvidence } from './session-evidence.ts';

const LEFTOVER_DEADLINE_MS = 30_000;

/** What every lane of one worker process shares. */
export interface LaneContext {
  worker: string;
  leaseMs: number;
  recorder: RunRecorder;
  queue: DoorbellQueue;
  leases: LeaseKeeper;
  openSession: SessionOpener;
  log: Logger;
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

  const lane = new Lane(context, assignment);
  try {
    const planned = assignment.planned ? 'before' : await lane.plan();
    if (planned === 'not_mine') return;
    await lane.moveAll({ ringOthers: planned === 'now' || doorbell.lane === 0 });
    await context.recorder.settleRun(assignment.runId);
  } finally {
    await lane.close();
  }
}

class Lane {
  readonly #context: LaneContext;
  readonly #assignment: RunAssignment;
  readonly #evidence: SessionEvidence;
  readonly #sessions: LaneSessions;
  readonly #log: Logger;

  constructor(context: LaneContext, assignment: RunAssignment) {
    this.#context = context;
    this.#assignment = assignment;
    this.#log = context.log.child({ runId: assignment.runId, route: assignment.route.name });
    this.#evidence = new SessionEvidence(context.recorder, {
      worker: context.worker,
      runId: assignment.runId,
      attemptId: null,
    });
    this.#sessions = new LaneSessions(context, this.#evidence, assignment);
  }

  async close(): Promise<void> {
    await this.#sessions.close();
    await this.#evidence.flush();
  }

  /** Lists the source and records its files as transfers; one lane of the run does it. */
  async plan(): Promise<'now' | 'not_mine'> {
    const { recorder, worker, leaseMs } = this.#context;
    const claim = await recorder.claimPlanning(this.#assignment.runId, worker, leaseMs);
    if (!claim) return 'not_mine';
    const lost = new AbortController();
    const renewal = setInterval(() => {
      recorder.renewPlanning(claim, leaseMs).then(
        (kept) => kept || lost.abort(new TransferError('lease_lost', { phase: 'list' })),
        (error: unknown) => this.#log.warn({ err: error }, 'the planning lease could not be renewed'),
      );
    }, leaseMs / 3);
    try {
      const signal = AbortSignal.any([this.#context.stopping, lost.signal]);
      const source = await this.#sessions.use('source', signal);
      const { route, dueAt } = this.#assignment;
      const moment = { dueAt, timezone: route.schedule?.timezone ?? 'UTC' };
      const selected = await selectFiles(source, route.source, route.destination, moment, signal);
      await this.#evidence.flush();
      const counts = await recorder.recordPlan(claim, selected.files, selected.refused);
      this.#log.info({ ...counts, refused: selected.refused.length }, 'run planned');
      return counts ? 'now' : 'not_mine';
    } catch (thrown) {
      const error = TransferError.from(thrown, 'list');
      await this.#evidence.flush();
      const outcome = await recorder.recordPlanFailure(claim, error);
      this.#log.warn({ err: error, code: error.code, outcome }, 'listing the source failed');
      return 'not_mine';
    } finally {
      clearInterval(renewal);
    }
  }

  async moveAll({ ringOthers }: { ringOthers: boolean }): Promise<void> {
    let othersRung = !ringOthers;
    const onSessionsOpen = async () => {
      if (othersRung) return;
      othersRung = true;
      await this.#ringOtherLanes();
    };
    while (!this.#context.draining.aborted) {
      const claimed = await this.#context.recorder.claimTransfer(
        this.#assignment.runId,
        this.#context.worker,
        this.#context.leaseMs,
      );
      if (!claimed) return;
      reach('claimed');
      await this.#moveOne(claimed, onSessionsOpen);
    }
  }

  /** Only after a first login has worked: a wrong password must not be tried once per lane. */
  async #ringOtherLanes(): Promise<void> {
    const { runId, route, source, destination, priority } = this.#assignment;
    const lanes = Math.min(route.lanes, source.maxSessions, destination.maxSessions);
    for (let lane = 1; lane < lanes; lane++) await this.#context.queue.ring({ runId, lane, priority });
  }

  async #moveOne(claimed: ClaimedTransfer, onSessionsOpen: () => Promise<void>): Promise<void> {
    const { recorder, leases, stopping } = this.#context;
    const lease = leases.hold(claimed.claim);
    const signal = AbortSignal.any([stopping, lease.signal]);
    this.#evidence.beginAttempt(claimed.claim.attemptId);
    let phase: Phase = 'connect';
    let temporary: string | undefined;
    const recorded: Promise<void>[] = [];
    try {
      const source = await this.#sessions.use('source', signal);
      const destination = await this.#sessions.use('destination', signal);
      await this.#evidence.flush();
      await onSessionsOpen();
      phase = 'open';
      for await (const fact of moveFile(this.#orderFor(claimed), source, destination, signal)) {
        phase = PHASE_AFTER[fact.kind];
        if (fact.kind === 'streaming') temporary = fact.temporaryPath;
        recorded.push(observed(recorder.recordFact(claimed.claim, fact)));
        if (!isFollowedByAStepThatStays(fact)) continue;
        await this.#evidence.flush();
        await Promise.all(recorded.splice(0));
      }
      recorded.push(recorder.recordDelivered(claimed.claim, this.#attemptEvidence()));
      await Promise.all([this.#evidence.flush(), ...recorded]);
      reach('disposition_committed');
    } catch (thrown) {
      const outcome = await this.#recordFailure(claimed, TransferError.from(thrown, phase), phase);
      if (outcome.kind === 'failed' && temporary !== undefined) await this.#removeLeftover(temporary);
    } finally {
      lease.release();
      this.#evidence.beginAttempt(null);
    }
  }

  /** No further attempt will tidy up: what a broken session left at the destination goes over a new one. */
  async #removeLeftover(temporary: string): Promise<void> {
    try {
      const signal = AbortSignal.any([this.#context.stopping, AbortSignal.timeout(LEFTOVER_DEADLINE_MS)]);
      const destination = await this.#sessions.use('destination', signal);
      await destination.remove(temporary, signal);
    } catch (error) {
      this.#log.warn({ err: error, temporary }, 'a temporary file could not be removed from the destination');
    }
  }

  async #recordFailure(
    claimed: ClaimedTransfer,
    error: TransferError,
    phase: Phase,
  ): Promise<FailureOutcome> {
    const { recorder } = this.#context;
    // The endpoint refuses us altogether: the other files of the run would only repeat the same refusal. They go first,
    // while our lease keeps the run from other lanes.
    if (phase === 'connect' && error.retry === 'never')
      await recorder.giveUpRun(this.#assignment.runId, this.#context.worker, error);
    const outcome = await recorder.recordFailure(
      claimed.claim,
      error,
      this.#assignment.route.retry,
      this.#attemptEvidence(),
    );
    this.#log.warn(
      {
        err: error,
        code: error.code,
        transferId: claimed.claim.transferId,
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

  #orderFor(claimed: ClaimedTransfer): MoveOrder {
    const { route } = this.#assignment;
    return {
      transferId: claimed.claim.transferId,
      fence: claimed.claim.fence,
      version: claimed.version,
      destinationPath: claimed.destinationPath,
      onExisting: route.destination.onExisting,
      onAmbiguous: route.onAmbiguous,
      minimumAssurance: route.verify.minimum,
      resume: route.resume,
      keepModified: route.destination.keepModified ?? false,
      afterDelivery: route.afterDelivery,
      ...(route.source.marker !== undefined && {
        markerPath: markerPath(route.source.marker, claimed.version.path),
      }),
      previous: claimed.previous,
    };
  }
}

/** Where an error that carries no phase of its own belongs, by the last fact before it. */
const PHASE_AFTER: Readonly<Record<MoveFact['kind'], Phase>> = {
  streaming: 'stream',
  verifying: 'verify',
  publish_intended: 'publish',
  publish_withdrawn: 'publish',
  published: 'dispose',
  disposed: 'dispose',
};

/**
 * The engine waits for these facts to be committed: a rename or a disposition comes next. The others share the next
 * commit, so that a small file costs three transactions at most, and those are shared with other lanes.
 */
function isFollowedByAStepThatStays(fact: MoveFact): boolean {
  switch (fact.kind) {
    case 'streaming':
    case 'verifying':
      return false;
    case 'published':
      return fact.disposes;
    case 'publish_intended':
    case 'publish_withdrawn':
    case 'disposed':
      return true;
  }
}

/** Awaited later: a refusal in the meantime is no unhandled one. */
function observed(recorded: Promise<void>): Promise<void> {
  recorded.catch(() => undefined);
  return recorded;
}
