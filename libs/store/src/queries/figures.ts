import type { Tx } from '../open-store.ts';
import type { EventPosition } from './event-stream.ts';
import { DUE_RECEIVERS, RUN_NOT_PAUSED } from './work-conditions.ts';

/** More would be more series than a monitoring system should get from one label. */
export const MOST_ENDPOINTS = 500;
/** The newest handshakes of an endpoint among which one with a certificate is looked for: resumed ones show none. */
const NEWEST_HANDSHAKES = 2_000;

export interface WorkFigures {
  runs: Record<string, number>;
  waitingTransfers: number;
  queueAgeSeconds: number;
  leases: { live: number; expired: number; oldestSeconds: number; expiredSeconds: number };
  /** `lateSeconds`: for how long nobody has taken up the first for a receiver; what stands behind it waits for him. */
  callbacks: { due: number; oldestSeconds: number; lateSeconds: number };
  runsWaitingForKeys: number;
  openIncidents: Record<string, number>;
  scheduleLateSeconds: number;
}

/** How much work there is and how old it is. Each part reads an index of what is under way, not the history. */
export async function readWorkFigures(db: Tx): Promise<WorkFigures> {
  const [row] = await db.$queryRaw<WorkFigures[]>`
    SELECT (SELECT coalesce(jsonb_object_agg(state, count), '{}') FROM (
              SELECT state, count(*) AS count FROM run WHERE state IN ('queued', 'running', 'held') GROUP BY state) AS by_state
           ) AS runs,
           (SELECT count(*)::int FROM transfer WHERE state = 'planned') AS "waitingTransfers",
           (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(greatest(run.not_before, run.created_at))), 0)::float8
              FROM run WHERE run.state = 'queued' AND run.not_before <= clock_timestamp()
                         AND run.cancel_requested_at IS NULL AND ${RUN_NOT_PAUSED}) AS "queueAgeSeconds",
           (SELECT jsonb_build_object(
                     'live', count(*) FILTER (WHERE lease_until >= clock_timestamp()),
                     'expired', count(*) FILTER (WHERE lease_until < clock_timestamp()),
                     'oldestSeconds', coalesce(extract(epoch FROM clock_timestamp() - min(begun.started_at)), 0),
                     'expiredSeconds', coalesce(greatest(0, extract(epoch FROM clock_timestamp() - min(lease_until))), 0))
              FROM transfer
              LEFT JOIN LATERAL (SELECT started_at FROM attempt WHERE attempt.transfer_id = transfer.id
                                  ORDER BY number DESC LIMIT 1) AS begun ON true
             WHERE transfer.state IN ('claimed', 'streaming', 'verifying', 'publishing', 'disposing')) AS leases,
           (SELECT jsonb_build_object(
                     'due', count(*),
                     'oldestSeconds', coalesce(extract(epoch FROM clock_timestamp() - min(run.finished_at)), 0),
                     'lateSeconds', coalesce(greatest(0, extract(epoch FROM clock_timestamp() - (
                       WITH RECURSIVE ${DUE_RECEIVERS}
                       SELECT min(greatest(first.not_before, first.lease_until))
                         FROM receiver CROSS JOIN LATERAL (
                           SELECT waiting.not_before, waiting.lease_until
                             FROM run_callback waiting JOIN run ON run.id = waiting.run_id
                            WHERE waiting.state = 'due' AND callback_receiver(waiting.url) = receiver.name
                              AND run.finished_at IS NOT NULL
                            ORDER BY waiting.not_before LIMIT 1) AS first))), 0))
              FROM run_callback callback JOIN run ON run.id = callback.run_id
             WHERE callback.state = 'due' AND run.finished_at IS NOT NULL) AS callbacks,
           (SELECT count(*)::int FROM run
             WHERE state IN ('queued', 'running') AND error_code = 'secret_unavailable') AS "runsWaitingForKeys",
           (SELECT coalesce(jsonb_object_agg(kind, count), '{}') FROM (
              SELECT kind, count(*) AS count FROM incident WHERE state IN ('open', 'acknowledged', 'snoozed') GROUP BY kind
            ) AS by_kind) AS "openIncidents",
           (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(next_fire_at)), 0)::float8
              FROM schedule WHERE next_fire_at < clock_timestamp()) AS "scheduleLateSeconds"`;
  return row!;
}

export interface LastCertificate {
  endpoint: string;
  /** As the handshake recorded it. */
  notAfter: string;
}

/** The certificate that each endpoint showed last, for endpoints that have shown one. */
export async function findLastCertificates(db: Tx): Promise<LastCertificate[]> {
  return db.$queryRaw<LastCertificate[]>`
    SELECT endpoint.name AS endpoint, shown.peer_certificates -> 0 ->> 'notAfter' AS "notAfter"
      FROM (SELECT name FROM endpoint WHERE protocol <> 'local' ORDER BY name LIMIT ${MOST_ENDPOINTS}) AS endpoint
     CROSS JOIN LATERAL (
       SELECT peer_certificates
         FROM (SELECT peer_certificates, started_at FROM tls_negotiation
                WHERE tls_negotiation.endpoint = endpoint.name
                ORDER BY started_at DESC LIMIT ${NEWEST_HANDSHAKES}) AS newest
        WHERE jsonb_array_length(peer_certificates) > 0
        ORDER BY started_at DESC LIMIT 1) AS shown`;
}

/** How often each of these actions was recorded, with what their transfers weigh, in the order of event streams. */
export interface ActionCount {
  action: string;
  /** `error` of the details; null for what carries none. */
  error: string | null;
  count: number;
  bytes: bigint;
}

/** @param upTo a position that a stream could begin at: nothing before it can appear any more */
export async function countEvents(
  db: Tx,
  after: EventPosition,
  upTo: EventPosition,
  actions: readonly string[],
): Promise<ActionCount[]> {
  return db.$queryRaw<ActionCount[]>`
    SELECT event.action, event.details ->> 'error' AS error, count(*)::int AS count,
           coalesce(sum(transfer.size_bytes), 0)::bigint AS bytes
      FROM audit_event event LEFT JOIN transfer ON transfer.id = event.transfer_id
     WHERE (event.transaction_id, event.id) > (${after.transaction}::bigint, ${after.id}::bigint)
       AND (event.transaction_id, event.id) <= (${upTo.transaction}::bigint, ${upTo.id}::bigint)
       AND event.action = ANY (${[...actions]}::text[])
     GROUP BY event.action, event.details ->> 'error'`;
}
