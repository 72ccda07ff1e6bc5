import {
  type AssuranceLevel,
  canMoveTransfer,
  LEASED_TRANSFER_STATES,
  TransferError,
  type TransferState,
} from '#domain';
import type { Tx } from '#store';
import type { MoveFact } from '#transfer';
import type { TransferClaim } from './claims.ts';
import { asJson } from './events.ts';
import type { Answer, RecordKind } from './group-commit.ts';
import { settleRunsIn } from './settling.ts';

/** What is known of an attempt's session dialogue when it ends. */
export interface AttemptEvidence {
  sourceSessionId: string | null;
  destinationSessionId: string | null;
  /** gzip of the masked dialogue. */
  transcript: Uint8Array<ArrayBuffer> | null;
}

export interface FactEntry {
  claim: TransferClaim;
  fact: MoveFact;
}

/**
 * Facts of the engine, of many lanes at once. When one resolves it is committed, and only then may its engine go on.
 * Refused with `lease_lost` when another worker has the transfer now, with `cancelled` when a person stopped the run
 * before the publish intent: nothing was changed.
 */
export const FACTS: RecordKind<FactEntry, void> = {
  rank: 3,
  async record(tx, entries) {
    const answers = new Array<Answer<void>>(entries.length);
    // Two facts of one transfer are two steps, one after the other.
    for (const round of roundsOf(entries)) {
      const recorded = await applyFacts(
        tx,
        round.map((place) => entries[place]!),
      );
      round.forEach((place, index) => {
        answers[place] = recorded[index]!;
      });
    }
    return answers;
  },
};

function roundsOf(entries: readonly FactEntry[]): number[][] {
  const rounds: number[][] = [];
  const seen = new Map<string, number>();
  entries.forEach(({ claim }, place) => {
    const round = seen.get(claim.attemptId) ?? 0;
    seen.set(claim.attemptId, round + 1);
    rounds[round] = [...(rounds[round] ?? []), place];
  });
  return rounds;
}

/** What a fact changes. `from`: the states in which it can have happened; `state`: absent where it stays. */
interface Change {
  from: readonly TransferState[];
  state?: TransferState | undefined;
  temporary?: string;
  destination?: string;
  size?: bigint;
  sha256?: string;
  assurance?: AssuranceLevel;
}

/** Pure: the row's side of a fact. Moments (intent, delivery) are set by the statement, on the database's clock. */
function changeOf(fact: MoveFact): Change {
  switch (fact.kind) {
    case 'streaming':
      return {
        from: statesBefore('streaming'),
        state: 'streaming',
        temporary: fact.temporaryPath,
        destination: fact.destinationPath,
      };
    case 'verifying':
      return {
        from: statesBefore('verifying'),
        state: 'verifying',
        size: fact.sizeBytes,
        sha256: fact.sha256,
      };
    case 'publish_intended':
      return {
        from: statesBefore('publishing'),
        state: 'publishing',
        size: fact.sizeBytes,
        sha256: fact.sha256,
        assurance: fact.assurance,
      };
    case 'publish_withdrawn':
      // Proved not to have happened: the next facts of this attempt start over.
      return { from: LEASED_TRANSFER_STATES, state: 'claimed' };
    case 'published':
      return { from: LEASED_TRANSFER_STATES, state: fact.disposes ? 'disposing' : 'publishing' };
    case 'disposed':
      return { from: LEASED_TRANSFER_STATES };
  }
}

function statesBefore(to: TransferState): TransferState[] {
  return LEASED_TRANSFER_STATES.filter((from) => canMoveTransfer(from, to));
}

/** The fence is checked, the row changed and the event appended by one statement: all of it or nothing. */
async function applyFacts(tx: Tx, entries: readonly FactEntry[]): Promise<Answer<void>[]> {
  const wanted = entries.map(({ claim, fact }) => ({
    transfer: claim.transferId,
    run: claim.runId,
    fence: claim.fence,
    worker: claim.worker,
    kind: fact.kind,
    ...changeOf(fact),
    details: { attemptId: claim.attemptId, fence: claim.fence, ...fact, kind: undefined },
  }));
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset(${asJson(wanted)}::jsonb) AS fact(
        transfer uuid, run uuid, fence int, worker text, kind text, "from" text[], state text, temporary text,
        destination text, size bigint, sha256 text, assurance text, details jsonb)
    ), held AS (
      SELECT transfer.id FROM transfer JOIN wanted ON wanted.transfer = transfer.id JOIN run ON run.id = transfer.run_id
       WHERE transfer.fence = wanted.fence AND transfer.lease_owner = wanted.worker AND transfer.state = ANY (wanted."from")
         AND (wanted.kind <> 'publish_intended' OR run.cancel_requested_at IS NULL)
         AND (wanted.kind <> 'published' OR transfer.publish_intent_at IS NOT NULL)
       ORDER BY transfer.id FOR NO KEY UPDATE OF transfer
    ), changed AS (
      UPDATE transfer
         SET state = coalesce(wanted.state, transfer.state),
             temporary_path = coalesce(wanted.temporary, transfer.temporary_path),
             destination_path = coalesce(wanted.destination, transfer.destination_path),
             size_bytes = CASE kind WHEN 'publish_withdrawn' THEN NULL ELSE coalesce(wanted.size, size_bytes) END,
             sha256 = CASE kind WHEN 'publish_withdrawn' THEN NULL ELSE coalesce(wanted.sha256, transfer.sha256) END,
             assurance = CASE kind WHEN 'publish_withdrawn' THEN NULL ELSE coalesce(wanted.assurance, transfer.assurance) END,
             publish_intent_at = CASE kind WHEN 'publish_intended' THEN clock_timestamp() WHEN 'publish_withdrawn' THEN NULL
                                 ELSE publish_intent_at END,
             delivered_at = CASE kind WHEN 'published' THEN clock_timestamp() ELSE delivered_at END,
             dispose_intent_at = CASE WHEN kind = 'published' AND wanted.state = 'disposing' THEN clock_timestamp()
                                 ELSE dispose_intent_at END
        FROM wanted JOIN held ON held.id = wanted.transfer
       WHERE transfer.id = held.id
      RETURNING transfer.id
    ), said AS (
      INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, run_id, transfer_id, details)
      SELECT 'worker', worker, 'transfer.' || kind, 'transfer', transfer::text, run, transfer, details
        FROM wanted JOIN changed ON changed.id = wanted.transfer
    )
    SELECT id::text FROM changed`;
  return answersFor(tx, entries, new Set(rows.map((row) => row.id)), ({ fact }) => fact.kind);
}

/** Who was not among the changed rows learns why. */
async function answersFor<T extends { claim: TransferClaim }>(
  tx: Tx,
  entries: readonly T[],
  changed: ReadonlySet<string>,
  whatOf: (entry: T) => string,
): Promise<Answer<void>[]> {
  const left = entries.filter(({ claim }) => !changed.has(claim.transferId));
  if (left.length === 0) return entries.map(() => ({ value: undefined }));
  const rows = await tx.transfer.findMany({
    where: { id: { in: left.map(({ claim }) => claim.transferId) } },
    select: {
      id: true,
      state: true,
      fence: true,
      leaseOwner: true,
      run: { select: { cancelRequestedAt: true } },
    },
  });
  const now = new Map(rows.map((row) => [row.id, row]));
  return entries.map((entry): Answer<void> => {
    const { claim } = entry;
    if (changed.has(claim.transferId)) return { value: undefined };
    const row = now.get(claim.transferId);
    if (!row || row.fence !== claim.fence || row.leaseOwner !== claim.worker)
      return { refused: leaseLost(claim) };
    if (whatOf(entry) === 'publish_intended' && row.run.cancelRequestedAt)
      return { refused: new TransferError('cancelled', { phase: 'publish' }) };
    return {
      refused: new TransferError('internal', {
        phase: 'stream',
        detail: `A transfer that is ${row.state} cannot be ${whatOf(entry)}.`,
      }),
    };
  });
}

function leaseLost(claim: TransferClaim): TransferError {
  return new TransferError('lease_lost', {
    phase: 'stream',
    detail: `Fence ${claim.fence} of transfer ${claim.transferId} is not the newest any more.`,
  });
}

export interface DeliveredEntry {
  claim: TransferClaim;
  evidence: AttemptEvidence;
}

/** The engine came to its end: the transfer is delivered, and perhaps the run with it. */
export const DELIVERIES: RecordKind<DeliveredEntry, void> = {
  rank: 4,
  async record(tx, entries) {
    const changed = await applyDeliveries(tx, entries);
    await settleRunsIn(tx, [...new Set(entries.map(({ claim }) => claim.runId))]);
    return answersFor(tx, entries, changed, () => 'delivered');
  },
};

async function applyDeliveries(tx: Tx, entries: readonly DeliveredEntry[]): Promise<Set<string>> {
  const wanted = entries.map(({ claim, evidence }) => ({
    transfer: claim.transferId,
    run: claim.runId,
    fence: claim.fence,
    worker: claim.worker,
    attempt: claim.attemptId,
    source_session: evidence.sourceSessionId,
    destination_session: evidence.destinationSessionId,
    transcript: evidence.transcript && Buffer.from(evidence.transcript).toString('base64'),
    details: { attemptId: claim.attemptId, fence: claim.fence, attempt: claim.attempt },
  }));
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset(${asJson(wanted)}::jsonb) AS entry(
        transfer uuid, run uuid, fence int, worker text, attempt uuid, source_session uuid, destination_session uuid,
        transcript text, details jsonb)
    ), held AS (
      SELECT transfer.id FROM transfer JOIN wanted ON wanted.transfer = transfer.id
       WHERE transfer.fence = wanted.fence AND transfer.lease_owner = wanted.worker
       ORDER BY transfer.id FOR NO KEY UPDATE OF transfer
    ), changed AS (
      UPDATE transfer SET state = 'delivered', finished_at = clock_timestamp(), lease_owner = NULL, lease_until = NULL,
             error_code = NULL, error_phase = NULL, error_detail = NULL
        FROM held WHERE transfer.id = held.id
      RETURNING transfer.id, transfer.size_bytes, transfer.sha256
    ), ended AS (
      UPDATE attempt SET outcome = 'delivered', finished_at = clock_timestamp(), source_session_id = wanted.source_session,
             destination_session_id = wanted.destination_session, transcript = decode(wanted.transcript, 'base64'),
             size_bytes = changed.size_bytes, sha256 = changed.sha256
        FROM wanted JOIN changed ON changed.id = wanted.transfer
       WHERE attempt.id = wanted.attempt
    ), said AS (
      INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, run_id, transfer_id, details)
      SELECT 'worker', worker, 'transfer.delivered', 'transfer', transfer::text, run, transfer, details
        FROM wanted JOIN changed ON changed.id = wanted.transfer
    )
    SELECT id::text FROM changed`;
  return new Set(rows.map((row) => row.id));
}
