import { type CallbackProblem, callbackDelayMs, type RunCallback } from '#domain';
import { DUE_RECEIVERS, type SqlTx, type Store } from '#store';
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
  /** Who asked for the run, by kind and name. */
  asker: string;
}

export interface CallbackPlaces {
  leaseMs: number;
  /** How many are taken. */
  most: number;
  /** For one receiver, those under way included. */
  mostOfOne: number;
  /** Of one who asked for runs, whatever names he gave the receivers; those under way included. */
  mostOfAsker: number;
  underWay: readonly Pick<CallbackClaim, 'receiver' | 'asker'>[];
}

/**
 * Those whose time has come, of one receiver and of one asker no more than he has places left; nobody else has them until the
 * lease is over. Those who asked take turns, and so do the receivers of each, what is under way included: a place that is free goes to
 * the receiver that has fewest, or a slow one would gather all of them; among equals the oldest first. The receivers are found
 * one by one along their index: what waits for a slow one is not read. Who has all his places stands in nobody's way.
 */
export async function claimCallbacks(
  store: Store,
  worker: string,
  { leaseMs, most, mostOfOne, mostOfAsker, underWay }: CallbackPlaces,
): Promise<CallbackClaim[]> {
  const ofReceiver = JSON.stringify(countsOf(underWay.map(({ receiver }) => receiver)));
  const ofAsker = JSON.stringify(countsOf(underWay.map(({ asker }) => asker)));
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
        asker: string;
      }[]
    >`
      WITH RECURSIVE ${DUE_RECEIVERS},
      ready AS MATERIALIZED (
        SELECT receiver.name, due.*
          FROM receiver CROSS JOIN LATERAL (
            SELECT waiting.run_id, waiting.not_before, run.trigger || ' ' || run.requested_by AS asker
              FROM run_callback waiting JOIN run ON run.id = waiting.run_id
             WHERE waiting.state = 'due' AND callback_receiver(waiting.url) = receiver.name
               AND waiting.not_before <= now() AND run.finished_at IS NOT NULL
               AND (waiting.lease_until IS NULL OR waiting.lease_until < now())
               AND coalesce((${ofAsker}::jsonb ->> (run.trigger || ' ' || run.requested_by))::int, 0) < ${mostOfAsker}::int
             ORDER BY waiting.not_before
             LIMIT greatest(0, ${mostOfOne}::int - coalesce((${ofReceiver}::jsonb ->> receiver.name)::int, 0))
               FOR UPDATE OF waiting SKIP LOCKED) AS due),
      in_turn AS (
        SELECT ready.*, coalesce((${ofReceiver}::jsonb ->> name)::int, 0)
                        + row_number() OVER (PARTITION BY asker, name ORDER BY not_before) AS turn FROM ready),
      of_asker AS (
        SELECT in_turn.*, row_number() OVER (PARTITION BY asker ORDER BY turn, not_before) AS place FROM in_turn),
      next AS (
        SELECT run_id, name, asker FROM of_asker
         WHERE place <= ${mostOfAsker}::int - coalesce((${ofAsker}::jsonb ->> asker)::int, 0)
         ORDER BY place, not_before LIMIT ${most})
      UPDATE run_callback
         SET lease_owner = ${worker}, lease_until = clock_timestamp() + ${leaseMs} * interval '1 millisecond',
             attempts = attempts + 1
        FROM next WHERE run_callback.run_id = next.run_id
      RETURNING run_callback.run_id::text, url, secret, public_only, message_id::text, attempts, next.name AS receiver,
                next.asker`;
    return rows.map((row) => ({
      runId: row.run_id,
      worker,
      url: row.url,
      secret: row.secret,
      publicOnly: row.public_only,
      receiver: row.receiver,
      asker: row.asker,
      messageId: row.message_id,
      attempts: row.attempts,
    }));
  });
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return Object.fromEntries(counts);
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
