import type { Actor, TransferDecision, TransferRoute, TransferState } from '#domain';
import type { Store, Tx } from '#store';
import { recordEvents, runEvent } from './events.ts';
import { closeHeldTransfer } from './problems.ts';
import type { RunToRing } from './run-requests.ts';
import { settleRunIn } from './settling.ts';
import { WrongState } from './wrong-state.ts';

export interface Decision {
  decision: TransferDecision;
  /** Mandatory: without it nobody can say later why the file went twice, or not at all. */
  reason: string;
}

interface HeldRow {
  id: string;
  state: TransferState;
  run_id: string;
  run_finished: boolean;
  cancel_requested: boolean;
  publish_intended: boolean;
  delivered_at: Date | null;
  proved: boolean;
  error_code: string | null;
  error_detail: string | null;
  route_name: string;
  definition: TransferRoute;
  priority: number;
}

/** What a decision makes of the transfer. */
type Consequence = 'delivered' | 'dispose' | 'resend' | 'failed';

/**
 * A person decides what no machine can know of a held transfer; its incident ends with that, and its run goes on
 * until everything is settled again. Returns the run to ring where work is left. undefined when there is no such
 * transfer.
 */
export async function resolveTransfer(
  store: Store,
  transferId: string,
  actor: Actor,
  decision: Decision,
): Promise<{ ring: RunToRing | undefined } | undefined> {
  return store.transaction(async (tx) => {
    const held = await takeHeld(tx, transferId);
    if (!held) return undefined;
    demandHeld(held);
    const consequence = decide(held, decision.decision);
    await apply(tx, held, consequence, `Given up by ${actor.name}: ${decision.reason}`);
    const about = { object: 'transfer', objectId: held.id, runId: held.run_id, transferId: held.id } as const;
    await recordEvents(tx, [
      runEvent(actor, 'transfer.resolved', about, {
        decision: decision.decision,
        reason: decision.reason,
        consequence,
        heldBecause: held.error_code,
        heldDetail: held.error_detail,
      }),
      ...(consequence === 'delivered'
        ? [runEvent(actor, 'transfer.delivered', about, { decidedBy: actor.name })]
        : []),
    ]);
    await closeHeldTransfer(tx, held.id, actor, `${decision.decision}: ${decision.reason}`);
    await reopenRun(tx, held, actor);
    // Whoever gives a file up knows that it failed: no further incident tells him.
    const settled = await settleRunIn(tx, held.run_id, { tellFailures: consequence !== 'failed' });
    const run = {
      id: held.run_id,
      routeName: held.route_name,
      lanes: 1,
      priority: held.priority,
      workerTag: held.definition.workerTag,
    };
    return { ring: settled === undefined ? run : undefined };
  });
}

/** The transfer first, then its run: in the order in which the workers take them. */
async function takeHeld(tx: Tx, transferId: string): Promise<HeldRow | undefined> {
  const [row] = await tx.$queryRaw<HeldRow[]>`
    SELECT transfer.id::text, transfer.state, transfer.run_id::text,
           run.finished_at IS NOT NULL AS run_finished, run.cancel_requested_at IS NOT NULL AS cancel_requested,
           transfer.publish_intent_at IS NOT NULL AS publish_intended, transfer.delivered_at,
           (transfer.size_bytes IS NOT NULL AND transfer.sha256 IS NOT NULL AND transfer.assurance IS NOT NULL) AS proved,
           transfer.error_code, transfer.error_detail, transfer_route.name AS route_name, transfer_route.definition,
           run.priority
      FROM transfer JOIN run ON run.id = transfer.run_id JOIN transfer_route ON transfer_route.id = transfer.route_id
     WHERE transfer.id = ${transferId}::uuid FOR UPDATE OF transfer`;
  return row;
}

function demandHeld(held: HeldRow): void {
  if (held.state === 'held') return;
  throw new WrongState('transfer_not_held', `Transfer ${held.id} ${notHeld(held)}`);
}

function notHeld({ state, run_id }: HeldRow): string {
  switch (state) {
    case 'delivered':
      return 'is delivered; there is nothing to decide.';
    case 'suppressed':
      return 'is suppressed: an earlier transfer has this file version. Decide that one (`suppressedBy`).';
    case 'failed':
    case 'cancelled':
      return `is ${state}; \`waybill rerun ${run_id}\` tries it again.`;
    default:
      return `is ${state}: it is still under way and needs no decision. To stop it, \`waybill cancel ${run_id} --reason TEXT\`.`;
  }
}

function decide(held: HeldRow, decision: TransferDecision): Consequence {
  const disposes = held.definition.afterDelivery.source !== 'keep';
  switch (decision) {
    case 'delivered':
      if (held.publish_intended && held.proved) return disposes ? 'dispose' : 'delivered';
      throw new WrongState(
        'decision_impossible',
        `Transfer ${held.id} never came to its publication: no size and hash prove what would be delivered. Decide \`resend\` or \`give_up\`.`,
      );
    case 'resend':
      if (held.delivered_at !== null)
        throw new WrongState(
          'decision_impossible',
          `Transfer ${held.id} is at its destination since ${held.delivered_at.toISOString()}; only its source waits. Decide \`delivered\` to try the disposition again, or \`give_up\` to leave the source where it is.`,
        );
      if (held.cancel_requested && !held.run_finished)
        throw new WrongState(
          'decision_impossible',
          `Run ${held.run_id} is being cancelled; decide when it is over, or \`give_up\` now.`,
        );
      return 'resend';
    case 'give_up':
      // What is at its destination is never called failed, and never sent again.
      return held.delivered_at === null ? 'failed' : 'delivered';
  }
}

async function apply(tx: Tx, { id }: HeldRow, consequence: Consequence, givenUp: string): Promise<void> {
  switch (consequence) {
    case 'delivered':
      await tx.$executeRaw`
        UPDATE transfer SET state = 'delivered', delivered_at = coalesce(delivered_at, clock_timestamp()),
               finished_at = clock_timestamp(), error_code = NULL, error_phase = NULL, error_detail = NULL
         WHERE id = ${id}::uuid`;
      return;
    case 'dispose':
      // The publish intent and the proof stay: the next lane finds it delivered and only disposes.
      await tx.$executeRaw`
        UPDATE transfer SET state = 'planned', delivered_at = coalesce(delivered_at, clock_timestamp()),
               dispose_intent_at = coalesce(dispose_intent_at, clock_timestamp()), finished_at = NULL,
               not_before = clock_timestamp(), attempts_forgiven = attempt_count,
               error_code = NULL, error_phase = NULL, error_detail = NULL
         WHERE id = ${id}::uuid`;
      return;
    case 'resend':
      await tx.$executeRaw`
        UPDATE transfer SET state = 'planned', publish_intent_at = NULL, size_bytes = NULL, sha256 = NULL,
               assurance = NULL, finished_at = NULL, not_before = clock_timestamp(),
               attempts_forgiven = attempt_count, error_code = NULL, error_phase = NULL, error_detail = NULL
         WHERE id = ${id}::uuid`;
      return;
    case 'failed':
      await tx.$executeRaw`
        UPDATE transfer SET state = 'failed', finished_at = clock_timestamp(),
               error_detail = concat_ws(' ', error_detail, ${givenUp}::text)
         WHERE id = ${id}::uuid`;
      return;
  }
}

/** A run that was over because of this transfer runs again, also where it had been cancelled: this is a later wish. */
async function reopenRun(tx: Tx, held: HeldRow, actor: Actor): Promise<void> {
  const reopened = await tx.$executeRaw`
    UPDATE run SET state = 'running', finished_at = NULL, cancel_requested_at = NULL
     WHERE id = ${held.run_id}::uuid AND state = 'held'`;
  if (reopened === 0) return;
  const about = { object: 'run', objectId: held.run_id, runId: held.run_id } as const;
  await recordEvents(tx, [runEvent(actor, 'run.reopened', about, { transferId: held.id })]);
}
