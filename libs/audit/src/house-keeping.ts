import { APPROVAL_DAYS, SECRET_APPROVAL, type SqlTx, type Store } from '#store';
import { recordEvent, SCHEDULER } from './events.ts';

/** For how many days what nobody needs any more is kept. */
export interface Retention {
  /** What an Idempotency-Key asked for and was answered; the key itself stands for its run for ever. */
  requestDays: number;
  /** Call-backs that were delivered or given up. */
  callbackDays: number;
  /** Sessions that have ended. */
  sessionDays: number;
  /** Examinations by the doctor; the newest of each endpoint, and the newest that got in, stay. */
  probeDays: number;
}

/** What is thrown away, in the order in which it is looked for. */
export const LEFTOVERS = [
  'idempotent_request',
  'run_callback',
  'session',
  'probe',
  'look',
  'oidc_sign_in',
  'secret_approval',
] as const;
export type Leftover = (typeof LEFTOVERS)[number];

/**
 * Throws away the oldest of one kind, at most `limit`; several may do so at once. Returns how many it was. Evidence is
 * none of it: runs, transfers, negotiations and events stay.
 */
export async function throwAway(
  store: Pick<Store, 'sqlTransaction'>,
  what: Leftover,
  retention: Retention,
  limit: number,
): Promise<number> {
  const { days, remove } = RULES[what];
  const kept = days?.(retention) ?? null;
  return store.sqlTransaction(async (tx) => {
    const rows = await remove(tx, kept ?? 0, limit);
    // What expires within minutes is no record of anything.
    if (rows > 0 && kept !== null)
      await recordEvent(tx, {
        actor: SCHEDULER,
        action: 'process.thrown_away',
        object: 'process',
        objectId: 'house-keeping',
        details: { what, rows, olderThanDays: kept },
      });
    return rows;
  });
}

interface Rule {
  /** Absent: it says itself when it is over. */
  days?: (retention: Retention) => number;
  remove(tx: SqlTx, days: number, limit: number): Promise<number>;
}

/** What lay in a folder a day ago helps nobody to write a route; that somebody looked stays in the audit. */
const LOOK_DAYS = 1;

const FORGOTTEN = `Nobody decided it within ${APPROVAL_DAYS} days.`;

// `now()`, which stands still in a statement: with `clock_timestamp()` the index would be read from end to end.
const RULES: Readonly<Record<Leftover, Rule>> = {
  idempotent_request: {
    days: ({ requestDays }) => requestDays,
    remove: (tx, days, limit) => tx.$executeRaw`
      DELETE FROM idempotent_request WHERE run_id IN (
        SELECT run_id FROM idempotent_request
         WHERE created_at < now() - make_interval(days => ${days}::int)
         ORDER BY created_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`,
  },
  run_callback: {
    days: ({ callbackDays }) => callbackDays,
    // A held run ends once more when its files are decided, and somebody waits to be told.
    remove: (tx, days, limit) => tx.$executeRaw`
      DELETE FROM run_callback WHERE run_id IN (
        SELECT told.run_id FROM run_callback told JOIN run ON run.id = told.run_id
         WHERE told.finished_at < now() - make_interval(days => ${days}::int)
           AND run.finished_at IS NOT NULL AND run.state <> 'held'
         ORDER BY told.finished_at LIMIT ${limit} FOR UPDATE OF told SKIP LOCKED)`,
  },
  session: {
    days: ({ sessionDays }) => sessionDays,
    remove: (tx, days, limit) => tx.$executeRaw`
      DELETE FROM session WHERE id IN (
        SELECT id FROM session
         WHERE least(ended_at, expires_at) < now() - make_interval(days => ${days}::int)
         ORDER BY least(ended_at, expires_at) LIMIT ${limit} FOR UPDATE SKIP LOCKED)`,
  },
  probe: {
    days: ({ probeDays }) => probeDays,
    remove: (tx, days, limit) => tx.$executeRaw`
      DELETE FROM probe WHERE id IN (
        SELECT old.id FROM probe old
         WHERE old.finished_at < now() - make_interval(days => ${days}::int)
           AND (NOT EXISTS (SELECT FROM endpoint WHERE endpoint.name = old.endpoint)
                OR (EXISTS (SELECT FROM probe newer
                             WHERE newer.endpoint = old.endpoint AND newer.created_at > old.created_at)
                    AND (old.profile IS NULL
                         OR EXISTS (SELECT FROM probe newer
                                     WHERE newer.endpoint = old.endpoint AND newer.created_at > old.created_at
                                       AND newer.state = 'done' AND newer.profile IS NOT NULL))))
         ORDER BY old.finished_at LIMIT ${limit} FOR UPDATE OF old SKIP LOCKED)`,
  },
  look: {
    days: () => LOOK_DAYS,
    remove: (tx, days, limit) => tx.$executeRaw`
      DELETE FROM look WHERE id IN (
        SELECT id FROM look WHERE finished_at < now() - make_interval(days => ${days}::int)
         ORDER BY finished_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)`,
  },
  oidc_sign_in: {
    remove: (tx, _days, limit) => tx.$executeRaw`
      DELETE FROM oidc_sign_in WHERE state_digest IN (
        SELECT state_digest FROM oidc_sign_in WHERE expires_at < now() ORDER BY expires_at LIMIT ${limit})`,
  },
  secret_approval: {
    // Nobody may give it any more. It is rejected and stays, but the sealed value goes, as by any decision.
    remove: (tx, _days, limit) => tx.$executeRaw`
      WITH forgotten AS (
        UPDATE approval SET state = 'rejected', decided_at = clock_timestamp(), decider_kind = ${SCHEDULER.kind},
               decider_name = ${SCHEDULER.name}, note = ${FORGOTTEN}, payload = '{}'::jsonb
         WHERE id IN (
           SELECT id FROM approval
            WHERE state = 'pending' AND kind = ${SECRET_APPROVAL}
              AND requested_at < now() - make_interval(days => ${APPROVAL_DAYS}::int)
            ORDER BY requested_at LIMIT ${limit} FOR UPDATE SKIP LOCKED)
        RETURNING approval.*)
      INSERT INTO audit_event (actor_kind, actor_name, action, object, object_id, details)
      SELECT decider_kind, decider_name, 'configuration.approval_refused', 'configuration', id::text,
             jsonb_build_object('kind', kind, 'note', note,
                                'requestedBy', jsonb_build_object('kind', requester_kind, 'name', requester_name))
        FROM forgotten`,
  },
};
