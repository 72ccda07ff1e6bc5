import { canMoveTransfer, decideRetry, type RetryPolicy, TransferError, type TransferState } from '#domain';
import type { Store, Tx } from '#store';
import type { MoveFact } from '#transfer';
import type { TransferClaim } from './claims.ts';
import { recordEvent, runEvent, workerActor } from './events.ts';
import { openHeldTransfer } from './problems.ts';
import { settleRunIn } from './settling.ts';

/** What is known of an attempt's session dialogue when it ends. */
export interface AttemptEvidence {
  sourceSessionId: string | null;
  destinationSessionId: string | null;
  /** gzip of the masked dialogue. */
  transcript: Uint8Array<ArrayBuffer> | null;
}

/**
 * Records one fact of the engine. When this returns the fact is committed, and only then may the engine go on.
 * Throws `lease_lost` when another worker has the transfer now: nothing was changed.
 */
export async function recordFact(store: Store, claim: TransferClaim, fact: MoveFact): Promise<void> {
  await store.transaction(async (tx) => {
    const state = await takeTransfer(tx, claim);
    await applyFact(tx, claim, state, fact);
    await recordEvent(tx, transferEvent(claim, `transfer.${fact.kind}`, { ...fact, kind: undefined }));
  });
}

/** Locks the row and proves that the claim still stands: the fence check of every intent. */
async function takeTransfer(tx: Tx, claim: TransferClaim): Promise<TransferState> {
  const rows = await tx.$queryRaw<{ state: TransferState }[]>`
    SELECT state FROM transfer
     WHERE id = ${claim.transferId}::uuid AND fence = ${claim.fence} AND lease_owner = ${claim.worker} FOR UPDATE`;
  const state = rows[0]?.state;
  if (state === undefined) {
    throw new TransferError('lease_lost', {
      phase: 'stream',
      detail: `Fence ${claim.fence} of transfer ${claim.transferId} is not the newest any more.`,
    });
  }
  return state;
}

async function applyFact(tx: Tx, claim: TransferClaim, from: TransferState, fact: MoveFact): Promise<void> {
  const where = { id: claim.transferId };
  switch (fact.kind) {
    case 'streaming':
      assertMove(from, 'streaming');
      await tx.transfer.update({
        where,
        data: {
          state: 'streaming',
          temporaryPath: fact.temporaryPath,
          destinationPath: fact.destinationPath,
        },
      });
      return;
    case 'verifying':
      assertMove(from, 'verifying');
      await tx.transfer.update({
        where,
        data: { state: 'verifying', sizeBytes: fact.sizeBytes, sha256: fact.sha256 },
      });
      return;
    case 'publish_intended':
      assertMove(from, 'publishing');
      await tx.$executeRaw`
        UPDATE transfer SET state = 'publishing', size_bytes = ${fact.sizeBytes}, sha256 = ${fact.sha256},
               assurance = ${fact.assurance}, publish_intent_at = clock_timestamp()
         WHERE id = ${claim.transferId}::uuid`;
      return;
    case 'publish_withdrawn':
      // Proved not to have happened: the next facts of this attempt start over.
      await tx.transfer.update({
        where,
        data: { state: 'claimed', publishIntentAt: null, sizeBytes: null, sha256: null, assurance: null },
      });
      return;
    case 'published':
      await tx.$executeRaw`
        UPDATE transfer SET state = ${fact.disposes ? 'disposing' : 'publishing'}, delivered_at = clock_timestamp(),
               dispose_intent_at = CASE WHEN ${fact.disposes} THEN clock_timestamp() END
         WHERE id = ${claim.transferId}::uuid`;
      return;
    case 'disposed':
      return;
  }
}

function assertMove(from: TransferState, to: TransferState): void {
  if (canMoveTransfer(from, to)) return;
  throw new TransferError('internal', {
    phase: 'stream',
    detail: `A transfer cannot go from ${from} to ${to}.`,
  });
}

function transferEvent(claim: TransferClaim, action: string, details: Record<string, unknown>) {
  return runEvent(
    workerActor(claim.worker),
    action,
    { object: 'transfer', objectId: claim.transferId, runId: claim.runId, transferId: claim.transferId },
    { attemptId: claim.attemptId, fence: claim.fence, ...details },
  );
}

/** The engine came to its end: the transfer is delivered, and perhaps the run with it. */
export async function recordDelivered(
  store: Store,
  claim: TransferClaim,
  evidence: AttemptEvidence,
): Promise<void> {
  await store.transaction(async (tx) => {
    await takeTransfer(tx, claim);
    await tx.$executeRaw`
      UPDATE transfer SET state = 'delivered', finished_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL,
             error_code = NULL, error_phase = NULL, error_detail = NULL
       WHERE id = ${claim.transferId}::uuid`;
    await endAttempt(tx, claim, 'delivered', evidence, undefined);
    await recordEvent(tx, transferEvent(claim, 'transfer.delivered', { attempt: claim.attempt }));
    await settleRunIn(tx, claim.runId);
  });
}

/** What a failed attempt leads to. */
export type FailureOutcome =
  | { kind: 'retry'; delayMs: number }
  | { kind: 'failed' }
  | { kind: 'held' }
  | { kind: 'lost' };

/**
 * The engine threw. `retry` puts the transfer back with a delay, `held` waits for a person (in doubt, or
 * delivered but not disposed), `failed` ends it; `lost` when another worker has it: nothing was changed.
 */
export async function recordFailure(
  store: Store,
  claim: TransferClaim,
  error: TransferError,
  policy: RetryPolicy,
  evidence: AttemptEvidence,
): Promise<FailureOutcome> {
  return store.transaction(async (tx): Promise<FailureOutcome> => {
    const rows = await tx.$queryRaw<{ publish_intent_at: Date | null }[]>`
      SELECT publish_intent_at FROM transfer
       WHERE id = ${claim.transferId}::uuid AND fence = ${claim.fence} AND lease_owner = ${claim.worker} FOR UPDATE`;
    const row = rows[0];
    if (!row) return { kind: 'lost' };
    const outcome = decideFailure(error, claim.attempt, policy, row.publish_intent_at !== null);
    await settleFailure(tx, claim, error, outcome);
    if (outcome.kind === 'held') {
      await openHeldTransfer(tx, claim.transferId, workerActor(claim.worker), {
        code: error.code,
        detail: error.detail ?? error.sentence,
      });
    }
    await endAttempt(tx, claim, attemptOutcome(error, outcome), evidence, error);
    await recordEvent(
      tx,
      transferEvent(
        claim,
        outcome.kind === 'retry' ? 'transfer.attempt_failed' : `transfer.${outcome.kind}`,
        {
          attempt: claim.attempt,
          code: error.code,
          phase: error.phase,
          detail: error.detail ?? error.sentence,
          reply: error.reply,
          retryInMs: outcome.kind === 'retry' ? outcome.delayMs : null,
        },
      ),
    );
    await settleRunIn(tx, claim.runId);
    return outcome;
  });
}

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
  const decision = decideRetry(error.retry, attempt, policy, Math.random());
  if (decision.kind === 'retry') return decision;
  return { kind: publishIntended ? 'held' : 'failed' };
}

function attemptOutcome(error: TransferError, outcome: FailureOutcome): 'held' | 'cancelled' | 'failed' {
  if (outcome.kind === 'held') return 'held';
  return error.code === 'cancelled' || error.code === 'shutting_down' ? 'cancelled' : 'failed';
}

async function settleFailure(
  tx: Tx,
  claim: TransferClaim,
  error: TransferError,
  outcome: FailureOutcome,
): Promise<void> {
  const retry = outcome.kind === 'retry';
  const cancelled = error.code === 'cancelled' && outcome.kind === 'failed';
  const state: TransferState = retry
    ? 'planned'
    : outcome.kind === 'held'
      ? 'held'
      : cancelled
        ? 'cancelled'
        : 'failed';
  const delayMs = retry ? outcome.delayMs : 0;
  await tx.$executeRaw`
    UPDATE transfer SET state = ${state}, lease_owner = NULL, lease_until = NULL,
           error_code = ${error.code}, error_phase = ${error.phase}, error_detail = ${error.detail ?? error.sentence},
           not_before = clock_timestamp() + ${delayMs} * interval '1 millisecond',
           finished_at = CASE WHEN ${retry} THEN NULL ELSE clock_timestamp() END
     WHERE id = ${claim.transferId}::uuid`;
}

async function endAttempt(
  tx: Tx,
  claim: TransferClaim,
  outcome: 'delivered' | 'held' | 'cancelled' | 'failed',
  evidence: AttemptEvidence,
  error: TransferError | undefined,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE attempt SET outcome = ${outcome}, finished_at = clock_timestamp(),
           source_session_id = ${evidence.sourceSessionId}::uuid, destination_session_id = ${evidence.destinationSessionId}::uuid,
           transcript = ${evidence.transcript},
           error_code = ${error?.code ?? null}, error_phase = ${error?.phase ?? null},
           error_detail = ${error ? (error.detail ?? error.sentence) : null}, error_reply = ${error?.reply ?? null},
           size_bytes = (SELECT size_bytes FROM transfer WHERE id = ${claim.transferId}::uuid),
           sha256 = (SELECT sha256 FROM transfer WHERE id = ${claim.transferId}::uuid)
     WHERE id = ${claim.attemptId}::uuid`;
}
