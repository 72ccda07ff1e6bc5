import { Prisma } from '../generated/client.ts';

// What claims and sweep share: what one of them sees as work, the other has to see as well.

/** A condition on the row `run`: nobody has paused its route, nor an endpoint of it. */
export const RUN_NOT_PAUSED = Prisma.sql`NOT EXISTS (
  SELECT FROM transfer_route pausable
    JOIN endpoint ON endpoint.id IN (pausable.source_endpoint_id, pausable.destination_endpoint_id)
   WHERE pausable.id = run.route_id AND (pausable.paused_at IS NOT NULL OR endpoint.paused_at IS NOT NULL))`;

/** On the row `run`: how many lanes it may have beyond those that hold a file of it now. */
export const LANES_TO_SPARE = Prisma.sql`(run.lanes - (
  SELECT count(*) FROM transfer held
   WHERE held.run_id = run.id AND held.state IN ('claimed', 'streaming', 'verifying', 'publishing', 'disposing')
     AND held.lease_until >= clock_timestamp()))`;

/** On `transfer`: its run cannot end yet. */
export const TRANSFER_UNSETTLED = Prisma.sql`(
  transfer.state IN ('planned', 'claimed', 'streaming', 'verifying', 'publishing', 'disposing'))`;

const ITS_WORKER_IS_SILENT = Prisma.sql`(
  transfer.state IN ('claimed', 'streaming', 'verifying', 'publishing', 'disposing')
  AND transfer.lease_until < clock_timestamp())`;

/** On `transfer`: a worker has it now. */
export const TRANSFER_IN_HAND = Prisma.sql`(
  transfer.state IN ('claimed', 'streaming', 'verifying', 'publishing', 'disposing')
  AND transfer.lease_until >= clock_timestamp())`;

/** On `run` and `transfer`: a person has stopped the run, nobody holds the file, and nothing of it can be published. */
export const TRANSFER_TO_CANCEL = Prisma.sql`(
  run.cancel_requested_at IS NOT NULL AND transfer.publish_intent_at IS NULL
  AND (transfer.state = 'planned' OR ${ITS_WORKER_IS_SILENT}))`;

const NOT_STOPPED = Prisma.sql`(run.cancel_requested_at IS NULL OR transfer.publish_intent_at IS NOT NULL)`;

/** On `run` and `transfer`: it waits and its time has come. */
export const TRANSFER_WAITS = Prisma.sql`(
  transfer.state = 'planned' AND transfer.not_before <= clock_timestamp() AND ${NOT_STOPPED})`;

/** On `run` and `transfer`: its worker went silent past its lease. */
export const TRANSFER_LEFT = Prisma.sql`(${ITS_WORKER_IS_SILENT} AND ${NOT_STOPPED})`;

/** On `run` and `transfer`: there is something to do, and nobody does it. */
export const TRANSFER_DUE = Prisma.sql`(${TRANSFER_WAITS} OR ${TRANSFER_LEFT})`;

/**
 * On `transfer`: one more dead worker uses up its crash budget. Which of the files that were under way is guilty nobody
 * knows; a worker takes one of them at a time, so that the next death says it.
 */
export function onItsLastChance(crashBudget: number): Prisma.Sql {
  return Prisma.sql`(
    transfer.attempt_count - transfer.attempts_forgiven >= ${crashBudget - 1}
    AND ${crashBudget - 1} = (
      SELECT count(*) FROM attempt
       WHERE attempt.transfer_id = transfer.id AND attempt.number > transfer.attempts_forgiven
         AND (attempt.outcome = 'abandoned' OR (attempt.outcome = 'running' AND transfer.lease_until < clock_timestamp()))))`;
}

/** On `transfer`: this worker may have it; not where it would be the second one on its last chance. */
export function mayBeHeldBy(worker: string, crashBudget: number): Prisma.Sql {
  const alone = Prisma.sql`NOT EXISTS (
    SELECT FROM transfer
     WHERE transfer.lease_owner = ${worker} AND transfer.lease_until >= clock_timestamp()
       AND ${onItsLastChance(crashBudget)})`;
  return Prisma.sql`(NOT ${onItsLastChance(crashBudget)} OR ${alone})`;
}

/**
 * A table expression for WITH RECURSIVE: whom messages wait for, each found by one look into the index, however many wait for him. The
 * last row is NULL.
 */
export const DUE_RECEIVERS = Prisma.sql`receiver(name) AS (
  (SELECT callback_receiver(url) FROM run_callback WHERE state = 'due' ORDER BY 1 LIMIT 1)
  UNION ALL
  SELECT (SELECT callback_receiver(url) FROM run_callback
           WHERE state = 'due' AND callback_receiver(url) > receiver.name ORDER BY 1 LIMIT 1)
    FROM receiver WHERE receiver.name IS NOT NULL)`;
