import type { AuditEvent, RetryPolicy, TransferError } from '#domain';
import type { SqlTx } from '#store';
import type { TransferClaim } from './claims.ts';
import { recordEvent, runEvent, workerActor } from './events.ts';
import type { AttemptEvidence } from './facts.ts';
import type { Answer, RecordKind } from './group-commit.ts';
import { openHeldTransfer } from './problems.ts';
import { settleRunIn } from './settling.ts';
import { attemptOutcome, decideFailure, type FailureOutcome, stateAfterFailure } from './transitions.ts';

export interface FailureEntry {
  claim: TransferClaim;
  error: TransferError;
  policy: RetryPolicy;
  evidence: AttemptEvidence;
}

/**
 * The engine threw. `retry` puts the transfer back with a delay, `held` waits for a person (in doubt, or
 * delivered but not disposed), `failed` ends it; `lost` when another worker has it: nothing was changed.
 */
export const FAILURES: RecordKind<FailureEntry, FailureOutcome> = {
  rank: 5,
  async record(tx, entries) {
    const answers: Answer<FailureOutcome>[] = [];
    for (const entry of entries) answers.push({ value: await recordFailure(tx, entry) });
    return answers;
  },
};

async function recordFailure(
  tx: SqlTx,
  { claim, error, policy, evidence }: FailureEntry,
): Promise<FailureOutcome> {
  const rows = await tx.$queryRaw<{ publish_intent_at: Date | null; attempts_forgiven: number }[]>`
    SELECT publish_intent_at, attempts_forgiven FROM transfer
     WHERE id = ${claim.transferId}::uuid AND fence = ${claim.fence} AND lease_owner = ${claim.worker} FOR NO KEY UPDATE`;
  const row = rows[0];
  if (!row) return { kind: 'lost' };
  const counted = claim.attempt - row.attempts_forgiven;
  const outcome = decideFailure(error, counted, policy, row.publish_intent_at !== null);
  await settleFailure(tx, claim, error, outcome);
  if (outcome.kind === 'held') {
    await openHeldTransfer(tx, claim.transferId, workerActor(claim.worker), {
      code: error.code,
      detail: error.detail ?? error.sentence,
    });
  }
  await endAttempt(tx, claim, attemptOutcome(error, outcome), evidence, error);
  await recordEvent(tx, failureEvent(claim, error, outcome));
  await settleRunIn(tx, claim.runId);
  return outcome;
}

function failureEvent(claim: TransferClaim, error: TransferError, outcome: FailureOutcome): AuditEvent {
  return runEvent(
    workerActor(claim.worker),
    outcome.kind === 'retry' ? 'transfer.attempt_failed' : `transfer.${outcome.kind}`,
    { object: 'transfer', objectId: claim.transferId, runId: claim.runId, transferId: claim.transferId },
    {
      attemptId: claim.attemptId,
      fence: claim.fence,
      attempt: claim.attempt,
      code: error.code,
      phase: error.phase,
      detail: error.detail ?? error.sentence,
      reply: error.reply,
      retryInMs: outcome.kind === 'retry' ? outcome.delayMs : null,
    },
  );
}

async function settleFailure(
  tx: SqlTx,
  claim: TransferClaim,
  error: TransferError,
  outcome: FailureOutcome,
): Promise<void> {
  const retry = outcome.kind === 'retry';
  const state = stateAfterFailure(error, outcome);
  const delayMs = retry ? outcome.delayMs : 0;
  await tx.$executeRaw`
    UPDATE transfer SET state = ${state}, lease_owner = NULL, lease_until = NULL,
           error_code = ${error.code}, error_phase = ${error.phase}, error_detail = ${error.detail ?? error.sentence},
           not_before = clock_timestamp() + ${delayMs} * interval '1 millisecond',
           finished_at = CASE WHEN ${retry} THEN NULL ELSE clock_timestamp() END
     WHERE id = ${claim.transferId}::uuid`;
}

async function endAttempt(
  tx: SqlTx,
  claim: TransferClaim,
  outcome: 'held' | 'cancelled' | 'failed',
  evidence: AttemptEvidence,
  error: TransferError,
): Promise<void> {
  await tx.$executeRaw`
    UPDATE attempt SET outcome = ${outcome}, finished_at = clock_timestamp(),
           source_session_id = ${evidence.sourceSessionId}::uuid, destination_session_id = ${evidence.destinationSessionId}::uuid,
           transcript = ${evidence.transcript},
           error_code = ${error.code}, error_phase = ${error.phase},
           error_detail = ${error.detail ?? error.sentence}, error_reply = ${error.reply ?? null},
           size_bytes = (SELECT size_bytes FROM transfer WHERE id = ${claim.transferId}::uuid),
           sha256 = (SELECT sha256 FROM transfer WHERE id = ${claim.transferId}::uuid)
     WHERE id = ${claim.attemptId}::uuid`;
}
