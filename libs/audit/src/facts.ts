import {
  type AssuranceLevel,
  canMoveTransfer,
  LEASED_TRANSFER_STATES,
  TransferError,
  type TransferState,
} from '#domain';
import type { SqlTx } from '#store';
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

/** What a lane has to say about its transfer: a fact of the engine, or that the engine came to its end. */
export type Step = MoveFact | { kind: 'delivered'; attempt: number; evidence: AttemptEvidence };

export interface StepEntry {
  claim: TransferClaim;
  step: Step;
  /** With it the run may be over, and nothing that shares its transaction will look. */
  settles?: boolean;
}

/**
 * Steps of many lanes at once. When one resolves it is committed, and only then may its engine go on.
 * Refused with `lease_lost` when another worker has the transfer now, with `cancelled` when a person stopped the run
 * before the publish intent: nothing was changed.
 */
export const STEPS: RecordKind<StepEntry, void> = {
  rank: 3,
  async record(tx, entries) {
    const answers = new Array<Answer<void>>(entries.length);
    // Of one transfer in their order: what a group holds of it is one change, unless something of it is refused.
    const folds = [...Map.groupBy(entries.keys(), (place) => entries[place]!.claim.attemptId).values()];
    const changed = await applyFolds(
      tx,
      folds.map((places) => places.map((place) => entries[place]!)),
    );
    for (const places of folds) {
      const { claim } = entries[places[0]!]!;
      if (changed.has(claim.transferId)) for (const place of places) answers[place] = { value: undefined };
      else for (const place of places) answers[place] = await applyAlone(tx, entries[place]!);
    }
    await settleRunsIn(tx, [
      ...new Set(entries.filter(({ settles }) => settles).map(({ claim }) => claim.runId)),
    ]);
    return answers;
  },
};

async function applyAlone(tx: SqlTx, entry: StepEntry): Promise<Answer<void>> {
  const changed = await applyFolds(tx, [[entry]]);
  return changed.size > 0 ? { value: undefined } : { refused: await refusalOf(tx, entry) };
}

/** What steps change. `from`: the states in which the first can have happened; absent values stay as they are. */
interface Change {
  from: readonly TransferState[];
  state?: TransferState | undefined;
  temporary?: string;
  destination?: string;
  size?: bigint | undefined;
  sha256?: string | undefined;
  assurance?: AssuranceLevel | undefined;
  /** Moments are set by the statement, on the database's clock. */
  intent?: 'set' | 'withdrawn';
  /** The intent has to be on record already. */
  needs_intent?: boolean;
  published?: boolean;
  disposes?: boolean;
  delivered?: boolean;
}

/** Pure: the row's side of one step. */
function changeOf(step: Step): Change {
  switch (step.kind) {
    case 'streaming':
      return {
        from: statesBefore('streaming'),
        state: 'streaming',
        temporary: step.temporaryPath,
        destination: step.destinationPath,
      };
    case 'verifying':
      return {
        from: statesBefore('verifying'),
        state: 'verifying',
        size: step.sizeBytes,
        sha256: step.sha256,
      };
    case 'publish_intended':
      return {
        from: statesBefore('publishing'),
        state: 'publishing',
        size: step.sizeBytes,
        sha256: step.sha256,
        assurance: step.assurance,
        intent: 'set',
      };
    case 'publish_withdrawn':
      // Proved not to have happened: the next facts of this attempt start over.
      return {
        from: LEASED_TRANSFER_STATES,
        state: 'claimed',
        size: undefined,
        sha256: undefined,
        assurance: undefined,
        intent: 'withdrawn',
      };
    case 'published':
      return {
        from: LEASED_TRANSFER_STATES,
        state: step.disposes ? 'disposing' : 'publishing',
        published: true,
        disposes: step.disposes,
        needs_intent: true,
      };
    case 'disposed':
      return { from: LEASED_TRANSFER_STATES };
    case 'delivered':
      return { from: LEASED_TRANSFER_STATES, state: 'delivered', delivered: true };
  }
}

function statesBefore(to: TransferState): TransferState[] {
  return LEASED_TRANSFER_STATES.filter((from) => canMoveTransfer(from, to));
}

/** Pure: several steps of one transfer as one change; undefined when they cannot follow each other. */
function foldChanges(steps: readonly Step[]): Change | undefined {
  return steps
    .map(changeOf)
    .reduce<Change | undefined>((before, next) => before && foldTwo(before, next), { from: [] });
}

function foldTwo(before: Change, next: Change): Change | undefined {
  if (before.from.length === 0) return next;
  const follows = before.state === undefined || next.from.includes(before.state);
  if (!follows || (next.needs_intent && before.intent === 'withdrawn')) return undefined;
  const needsIntent = before.needs_intent || (next.needs_intent && before.intent !== 'set');
  return {
    ...before,
    ...next,
    from: before.from,
    state: next.state ?? before.state,
    needs_intent: needsIntent ?? false,
  };
}

/** The fence is checked, the rows changed and the events appended by one statement. Returns the changed transfers. */
async function applyFolds(tx: SqlTx, folds: readonly (readonly StepEntry[])[]): Promise<Set<string>> {
  const foldable = folds.flatMap((entries) => {
    const change = foldChanges(entries.map(({ step }) => step));
    return change ? [{ entries, change }] : [];
  });
  const events = foldable.flatMap(({ entries }) => entries).map(eventOf);
  // Said beside the join as well: the planner takes a JSON array for a hundred rows and would read the whole table.
  const transfers = foldable.map(({ entries }) => entries[0]!.claim.transferId);
  const attempts = foldable.map(({ entries }) => entries[0]!.claim.attemptId);
  const rows = await tx.$queryRaw<{ id: string }[]>`
    WITH wanted AS (
      SELECT * FROM jsonb_to_recordset(${asJson(foldable.map(rowOf))}::jsonb) AS fold(
        transfer uuid, fence int, worker text, "from" text[], state text, temporary text, destination text, size bigint,
        sha256 text, assurance text, intent text, needs_intent bool, published bool, disposes bool, delivered bool,
        attempt uuid, source_session uuid, destination_session uuid, transcript text)
    ), held AS (
      SELECT transfer.id FROM transfer JOIN wanted ON wanted.transfer = transfer.id JOIN run ON run.id = transfer.run_id
       WHERE transfer.id = ANY (${transfers}::uuid[]) AND transfer.fence = wanted.fence
         AND transfer.lease_owner = wanted.worker AND transfer.state = ANY (wanted."from")
         AND (wanted.intent IS DISTINCT FROM 'set' OR run.cancel_requested_at IS NULL)
         AND (wanted.needs_intent IS NOT TRUE OR transfer.publish_intent_at IS NOT NULL)
       ORDER BY transfer.id FOR NO KEY UPDATE OF transfer
    ), changed AS (
      UPDATE transfer
         SET state = coalesce(wanted.state, transfer.state),
             temporary_path = coalesce(wanted.temporary, transfer.temporary_path),
             destination_path = coalesce(wanted.destination, transfer.destination_path),
             size_bytes = coalesce(wanted.size, CASE WHEN intent = 'withdrawn' THEN NULL ELSE transfer.size_bytes END),
             sha256 = coalesce(wanted.sha256, CASE WHEN intent = 'withdrawn' THEN NULL ELSE transfer.sha256 END),
             assurance = coalesce(wanted.assurance, CASE WHEN intent = 'withdrawn' THEN NULL ELSE transfer.assurance END),
             publish_intent_at = CASE intent WHEN 'set' THEN clock_timestamp() WHEN 'withdrawn' THEN NULL ELSE publish_intent_at END,
             delivered_at = CASE WHEN published THEN clock_timestamp() ELSE delivered_at END,
             dispose_intent_at = CASE WHEN disposes THEN clock_timestamp() ELSE dispose_intent_at END,
             finished_at = CASE WHEN delivered THEN clock_timestamp() END,
             lease_owner = CASE WHEN delivered THEN NULL ELSE lease_owner END,
             lease_until = CASE WHEN delivered THEN NULL ELSE lease_until END,
             error_code = CASE WHEN delivered THEN NULL ELSE error_code END,
             error_phase = CASE WHEN delivered THEN NULL ELSE error_phase END,
             error_detail = CASE WHEN delivered THEN NULL ELSE error_detail END
        FROM wanted JOIN held ON held.id = wanted.transfer
       WHERE transfer.id = held.id AND transfer.id = ANY (${transfers}::uuid[])
      RETURNING transfer.id, transfer.size_bytes, transfer.sha256
    ), ended AS (
      UPDATE attempt SET outcome = 'delivered', finished_at = clock_timestamp(), source_session_id = wanted.source_session,
             destination_session_id = wanted.destination_session, transcript = decode(wanted.transcript, 'base64'),
             size_bytes = changed.size_bytes, sha256 = changed.sha256
        FROM wanted JOIN changed ON changed.id = wanted.transfer
       WHERE wanted.delivered AND attempt.id = wanted.attempt AND attempt.id = ANY (${attempts}::uuid[])
    ), said AS (
      INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, run_id, transfer_id, details)
      SELECT 'worker', worker, action, 'transfer', transfer::text, run, transfer, details
        FROM jsonb_to_recordset(${asJson(events)}::jsonb)
             AS event(place int, transfer uuid, run uuid, worker text, action text, details jsonb)
        JOIN changed ON changed.id = event.transfer
       ORDER BY place
    )
    SELECT id::text FROM changed`;
  return new Set(rows.map((row) => row.id));
}

function rowOf({ entries, change }: { entries: readonly StepEntry[]; change: Change }): object {
  const { claim, step } = entries.at(-1)!;
  const evidence = step.kind === 'delivered' ? step.evidence : undefined;
  return {
    transfer: claim.transferId,
    fence: claim.fence,
    worker: claim.worker,
    ...change,
    attempt: claim.attemptId,
    source_session: evidence?.sourceSessionId,
    destination_session: evidence?.destinationSessionId,
    transcript: evidence?.transcript && Buffer.from(evidence.transcript).toString('base64'),
  };
}

function eventOf({ claim, step }: StepEntry, place: number): object {
  const { attemptId, fence } = claim;
  return {
    place,
    transfer: claim.transferId,
    run: claim.runId,
    worker: claim.worker,
    action: `transfer.${step.kind}`,
    details: { attemptId, fence, ...step, kind: undefined, evidence: undefined },
  };
}

async function refusalOf(tx: SqlTx, { claim, step }: StepEntry): Promise<TransferError> {
  const [row] = await tx.$queryRaw<
    { state: TransferState; fence: number; lease_owner: string | null; cancelled: boolean }[]
  >`
    SELECT transfer.state, transfer.fence, transfer.lease_owner, cancel_requested_at IS NOT NULL AS cancelled
      FROM transfer JOIN run ON run.id = transfer.run_id WHERE transfer.id = ${claim.transferId}::uuid`;
  if (!row || row.fence !== claim.fence || row.lease_owner !== claim.worker) {
    return new TransferError('lease_lost', {
      phase: 'stream',
      detail: `Fence ${claim.fence} of transfer ${claim.transferId} is not the newest any more.`,
    });
  }
  if (step.kind === 'publish_intended' && row.cancelled)
    return new TransferError('cancelled', { phase: 'publish' });
  return new TransferError('internal', {
    phase: 'stream',
    detail: `A transfer that is ${row.state} cannot be ${step.kind}.`,
  });
}
