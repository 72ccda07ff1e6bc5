import { callbackDelayMs, type RunCallback } from '#domain';
import type { SqlTx, Store } from '#store';
import { recordEvent, runEvent, workerActor } from './events.ts';
import { prolongKeyOutage } from './key-outages.ts';
import { closeUntoldEnds, openUntoldEnd } from './problems.ts';

/** With the runs: whoever is told that a run was taken is told of its end. */
export async function insertCallbacks(
  tx: SqlTx,
  callbacks: readonly (RunCallback & { runId: string })[],
): Promise<void> {
  if (callbacks.length === 0) return;
  const rows = callbacks.map(({ runId, url, secret }) => ({ run_id: runId, url, secret }));
  await tx.$executeRaw`
    INSERT INTO run_callback (run_id, url, secret)
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) AS wanted(run_id uuid, url text, secret text)`;
}

/** A message in one worker's hands. */
export interface CallbackClaim extends RunCallback {
  runId: string;
  worker: string;
  messageId: string;
  /** This one included. */
  attempts: number;
}

/** Those whose time has come, oldest first; nobody else has them until the lease is over. */
export async function claimCallbacks(
  store: Store,
  worker: string,
  leaseMs: number,
  limit: number,
): Promise<CallbackClaim[]> {
  return store.sqlTransaction(async (tx) => {
    const rows = await tx.$queryRaw<
      { run_id: string; url: string; secret: string; message_id: string; attempts: number }[]
    >`
      UPDATE run_callback
         SET lease_owner = ${worker}, lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond',
             attempts = attempts + 1
       WHERE run_id IN (
         SELECT due.run_id FROM run_callback due JOIN run ON run.id = due.run_id
          WHERE due.state = 'due' AND due.not_before <= clock_timestamp() AND run.finished_at IS NOT NULL
            AND (due.lease_until IS NULL OR due.lease_until < clock_timestamp())
          ORDER BY due.not_before LIMIT ${limit} FOR UPDATE OF due SKIP LOCKED)
      RETURNING run_id::text, url, secret, message_id::text, attempts`;
    return rows.map((row) => ({
      runId: row.run_id,
      worker,
      url: row.url,
      secret: row.secret,
      messageId: row.message_id,
      attempts: row.attempts,
    }));
  });
}

export interface CallbackTry {
  /** HTTP status; null where there was no answer. */
  status: number | null;
  /** Why there was none, for an operator. */
  error: string | null;
}

const GONE = 410;

/** 2xx: it was taken. 410: nobody wants it any more. Anything else may be better later. */
export async function recordCallback(
  store: Store,
  claim: CallbackClaim,
  { status, error }: CallbackTry,
): Promise<'delivered' | 'given_up' | 'retry' | 'lost'> {
  const taken = status !== null && status >= 200 && status < 300;
  const retryInMs = taken || status === GONE ? undefined : callbackDelayMs(claim.attempts, Math.random());
  const outcome = taken ? 'delivered' : retryInMs === undefined ? 'given_up' : 'retry';
  const state = outcome === 'retry' ? 'due' : outcome;
  return store.sqlTransaction(async (tx) => {
    const count = await tx.$executeRaw`
      UPDATE run_callback
         SET state = ${state}, last_status = ${status}, last_error = ${error}, lease_owner = NULL, lease_until = NULL,
             finished_at = CASE WHEN ${state} = 'due' THEN NULL ELSE clock_timestamp() END,
             not_before = clock_timestamp() + ${retryInMs ?? 0} * interval '1 millisecond'
       WHERE run_id = ${claim.runId}::uuid AND message_id = ${claim.messageId}::uuid AND state = 'due'
         AND lease_owner = ${claim.worker} AND attempts = ${claim.attempts}`;
    // The run has ended anew, or another worker has the message.
    if (count === 0) return 'lost';
    const actor = workerActor(claim.worker);
    // What follows the host may be somebody's key.
    const { host } = new URL(claim.url);
    await recordEvent(
      tx,
      runEvent(
        actor,
        outcome === 'retry' ? 'run.callback_failed' : `run.callback_${outcome}`,
        { object: 'run', objectId: claim.runId, runId: claim.runId },
        {
          host,
          messageId: claim.messageId,
          attempt: claim.attempts,
          status,
          error,
          retryInMs: retryInMs ?? null,
        },
      ),
    );
    if (outcome === 'delivered') await closeUntoldEnds(tx, claim.runId, actor, host);
    // A receiver who says that nobody wants it is no problem of ours.
    else if (outcome === 'given_up' && status !== GONE)
      await openUntoldEnd(tx, claim.runId, actor, {
        host,
        tries: claim.attempts,
        because: status === null ? (error ?? 'no answer') : `it answered ${status}`,
      });
    return outcome;
  });
}

/** What signs the message cannot be opened now: that says nothing about the receiver, and is no try. */
export async function postponeCallback(
  store: Store,
  claim: CallbackClaim,
  because: string,
  delayMs: number,
): Promise<void> {
  await store.sqlTransaction(async (tx) => {
    const count = await tx.$executeRaw`
      UPDATE run_callback
         SET attempts = attempts - 1, last_status = NULL, last_error = ${because}, lease_owner = NULL, lease_until = NULL,
             not_before = clock_timestamp() + ${delayMs} * interval '1 millisecond'
       WHERE run_id = ${claim.runId}::uuid AND message_id = ${claim.messageId}::uuid AND state = 'due'
         AND lease_owner = ${claim.worker} AND attempts = ${claim.attempts}`;
    if (count > 0) await prolongKeyOutage(tx, claim.worker, because);
  });
}
