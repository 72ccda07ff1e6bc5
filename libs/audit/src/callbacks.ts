import { type CallbackProblem, callbackDelayMs, type RunCallback } from '#domain';
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
  const rows = callbacks.map(({ runId, url, secret, publicOnly = false }) => ({
    run_id: runId,
    // Its one spelling: the database reads the receiver from it.
    url: new URL(url).href,
    secret,
    public_only: publicOnly,
  }));
  await tx.$executeRaw`
    INSERT INTO run_callback (run_id, url, secret, public_only)
    SELECT * FROM jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
      AS wanted(run_id uuid, url text, secret text, public_only boolean)`;
}

/** A message in one worker's hands. */
export interface CallbackClaim extends RunCallback {
  runId: string;
  worker: string;
  messageId: string;
  /** This one included. */
  attempts: number;
  /** Whom the message is for: the host of its address. */
  receiver: string;
}

export interface CallbackPlaces {
  leaseMs: number;
  /** How many are taken. */
  most: number;
  /** Of one receiver, those under way included. */
  mostOfOne: number;
  /** By receiver. */
  underWay: ReadonlyMap<string, number>;
}

/**
 * Those whose time has come, oldest first, and of one receiver no more than he has places left; nobody else has them until the
 * lease is over. The receivers are found one by one along their index: what waits for a slow one is not read.
 */
export async function claimCallbacks(
  store: Store,
  worker: string,
  { leaseMs, most, mostOfOne, underWay }: CallbackPlaces,
): Promise<CallbackClaim[]> {
  return store.sqlTransaction(async (tx) => {
    const rows = await tx.$queryRaw<
      {
        run_id: string;
        url: string;
        secret: string;
        public_only: boolean;
        message_id: string;
        attempts: number;
        receiver: string;
      }[]
    >`
      WITH RECURSIVE receiver(name) AS (
        (SELECT callback_receiver(url) FROM run_callback WHERE state = 'due' ORDER BY 1 LIMIT 1)
        UNION ALL
        SELECT (SELECT callback_receiver(url) FROM run_callback
                 WHERE state = 'due' AND callback_receiver(url) > receiver.name ORDER BY 1 LIMIT 1)
          FROM receiver WHERE receiver.name IS NOT NULL),
      next AS MATERIALIZED (
        SELECT due.run_id, receiver.name
          FROM receiver CROSS JOIN LATERAL (
            SELECT waiting.run_id, waiting.not_before
              FROM run_callback waiting JOIN run ON run.id = waiting.run_id
             WHERE waiting.state = 'due' AND callback_receiver(waiting.url) = receiver.name
               AND waiting.not_before <= now() AND run.finished_at IS NOT NULL
               AND (waiting.lease_until IS NULL OR waiting.lease_until < now())
             ORDER BY waiting.not_before
             LIMIT greatest(0, ${mostOfOne}::int
                               - coalesce((${JSON.stringify(Object.fromEntries(underWay))}::jsonb ->> receiver.name)::int, 0))
               FOR UPDATE OF waiting SKIP LOCKED) AS due
         ORDER BY due.not_before LIMIT ${most})
      UPDATE run_callback
         SET lease_owner = ${worker}, lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond',
             attempts = attempts + 1
        FROM next WHERE run_callback.run_id = next.run_id
      RETURNING run_callback.run_id::text, url, secret, public_only, message_id::text, attempts, next.name AS receiver`;
    return rows.map((row) => ({
      runId: row.run_id,
      worker,
      url: row.url,
      secret: row.secret,
      publicOnly: row.public_only,
      receiver: row.receiver,
      messageId: row.message_id,
      attempts: row.attempts,
    }));
  });
}

export interface CallbackTry {
  /** HTTP status; null where there was no answer. */
  status: number | null;
  /** Why there was none. */
  error: Exclude<CallbackProblem, 'answered'> | null;
}

const BECAUSE: Readonly<Record<CallbackProblem, string>> = {
  refused_by_policy: 'the egress policy refuses its address',
  unreachable: 'there was no answer',
  answered: 'it did not take it',
  secret: 'the secret that signs the message is missing',
  run_gone: 'the run is gone',
};

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
  const problem = taken ? null : (error ?? 'answered');
  return store.sqlTransaction(async (tx) => {
    const count = await tx.$executeRaw`
      UPDATE run_callback
         SET state = ${state}, last_status = ${status}, last_error = ${problem}, lease_owner = NULL, lease_until = NULL,
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
          error: problem,
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
        because: status === null ? BECAUSE[error ?? 'unreachable'] : `it answered ${status}`,
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
         SET attempts = attempts - 1, last_status = NULL, last_error = 'secret', lease_owner = NULL, lease_until = NULL,
             not_before = clock_timestamp() + ${delayMs} * interval '1 millisecond'
       WHERE run_id = ${claim.runId}::uuid AND message_id = ${claim.messageId}::uuid AND state = 'due'
         AND lease_owner = ${claim.worker} AND attempts = ${claim.attempts}`;
    if (count > 0) await prolongKeyOutage(tx, claim.worker, because);
  });
}
