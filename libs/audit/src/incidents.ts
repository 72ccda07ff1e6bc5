import {
  type Actor,
  type AuditObject,
  type IncidentKind,
  type IncidentState,
  isDecidedByTransfer,
} from '#domain';
import type { SqlTx, Store, Tx } from '#store';
import { recordEvent } from './events.ts';
import { WrongState } from './wrong-state.ts';

/** What a person must come to know of. */
export interface Problem {
  kind: IncidentKind;
  /** What it is about: as long as this one is open, the same kind on the same object is the same incident. */
  object: AuditObject;
  objectId: string;
  /** Who noticed. */
  actor: Actor;
  runId?: string | undefined;
  transferId?: string | undefined;
  route?: string | undefined;
  endpoint?: string | undefined;
  /** One sentence for the person on duty. */
  summary: string;
  errorCode?: string | undefined;
}

/**
 * Opens an incident, or counts one more occurrence of the one that is open, in the transaction that records the
 * state it is about: no problem without its incident, no incident of something that was rolled back.
 */
export async function openIncident(tx: SqlTx, problem: Problem): Promise<string> {
  const { kind, object, objectId, runId, transferId } = problem;
  const [row] = await tx.$queryRaw<{ id: string; occurrences: number }[]>`
    INSERT INTO incident (kind, object, object_id, run_id, transfer_id, route, endpoint, summary, error_code)
    VALUES (${kind}, ${object}, ${objectId}, ${runId ?? null}::uuid, ${transferId ?? null}::uuid,
            ${problem.route ?? null}, ${problem.endpoint ?? null}, ${problem.summary}, ${problem.errorCode ?? null})
    ON CONFLICT (kind, object, object_id) WHERE state <> 'resolved'
    DO UPDATE SET occurrences = incident.occurrences + 1, last_seen_at = clock_timestamp(), run_id = excluded.run_id,
                  transfer_id = excluded.transfer_id, summary = excluded.summary, error_code = excluded.error_code
    RETURNING id::text, occurrences`;
  const { id, occurrences } = row!;
  await recordEvent(tx, {
    actor: problem.actor,
    action: occurrences === 1 ? 'incident.opened' : 'incident.repeated',
    object: 'incident',
    objectId: id,
    runId,
    transferId,
    details: {
      kind,
      about: object,
      aboutId: objectId,
      route: problem.route,
      endpoint: problem.endpoint,
      code: problem.errorCode,
      occurrences,
    },
  });
  return id;
}

/** Which open incidents a change of state puts an end to. */
export interface ProblemEnd {
  kinds: readonly IncidentKind[];
  object: AuditObject;
  objectId: string;
  actor: Actor;
  resolution: string;
  /** The run that proves it: incidents of later runs stay. */
  provedByRunId?: string | undefined;
}

/** The problem is over: costs one statement where there is none. Returns how many incidents it was. */
export async function resolveIncidents(tx: SqlTx, end: ProblemEnd): Promise<number> {
  const proof = end.provedByRunId ?? null;
  const rows = await tx.$queryRaw<ResolvedRow[]>`
    UPDATE incident SET state = 'resolved', snoozed_until = NULL, resolved_at = clock_timestamp(),
           resolved_by = ${end.actor.name}, resolution = ${end.resolution}
     WHERE kind = ANY(${[...end.kinds]}::text[]) AND object = ${end.object} AND object_id = ${end.objectId}
       AND state <> 'resolved'
       AND (${proof}::uuid IS NULL
            OR coalesce((SELECT created_at FROM run WHERE run.id = incident.run_id), '-infinity')
               <= (SELECT created_at FROM run WHERE run.id = ${proof}::uuid))
    RETURNING id::text, kind, run_id::text, transfer_id::text`;
  for (const row of rows) await recordResolved(tx, row, end.actor, end.resolution);
  return rows.length;
}

interface ResolvedRow {
  id: string;
  kind: string;
  run_id: string | null;
  transfer_id: string | null;
}

function recordResolved(tx: SqlTx, row: ResolvedRow, actor: Actor, resolution: string): Promise<void> {
  return recordEvent(tx, {
    actor,
    action: 'incident.resolved',
    object: 'incident',
    objectId: row.id,
    runId: row.run_id ?? undefined,
    transferId: row.transfer_id ?? undefined,
    details: { kind: row.kind, resolution },
  });
}

/** What a person says to an open incident. */
export type IncidentAnswer =
  | { kind: 'acknowledge'; note: string }
  | { kind: 'snooze'; until: Date; note: string }
  | { kind: 'resolve'; reason: string };

/** undefined when there is no such incident. @throws WrongState */
export async function answerIncident(
  store: Store,
  id: string,
  actor: Actor,
  answer: IncidentAnswer,
): Promise<IncidentState | undefined> {
  return store.transaction(async (tx) => {
    const [row] = await tx.$queryRaw<(ResolvedRow & { state: IncidentState; now: Date })[]>`
      SELECT id::text, kind, state, run_id::text, transfer_id::text, clock_timestamp() AS now
        FROM incident WHERE id = ${id}::uuid FOR UPDATE`;
    if (!row) return undefined;
    if (row.state === 'resolved')
      throw new WrongState(
        'incident_conflict',
        `Incident ${id} is resolved; if it happens again, it is a new one.`,
      );
    switch (answer.kind) {
      case 'acknowledge':
        return acknowledge(tx, row, actor, answer.note);
      case 'snooze':
        return snooze(tx, row, actor, answer, row.now);
      case 'resolve':
        return resolve(tx, row, actor, answer.reason);
    }
  });
}

async function acknowledge(tx: Tx, row: ResolvedRow, actor: Actor, note: string): Promise<IncidentState> {
  await tx.$executeRaw`
    UPDATE incident SET state = 'acknowledged', snoozed_until = NULL, acknowledged_at = clock_timestamp(),
           acknowledged_by = ${actor.name} WHERE id = ${row.id}::uuid`;
  await recordAnswer(tx, row, actor, 'incident.acknowledged', { note });
  return 'acknowledged';
}

async function snooze(
  tx: Tx,
  row: ResolvedRow,
  actor: Actor,
  { until, note }: { until: Date; note: string },
  now: Date,
): Promise<IncidentState> {
  if (until <= now)
    throw new WrongState(
      'incident_conflict',
      `It is ${now.toISOString()} already; an incident is snoozed until a later time.`,
    );
  await tx.$executeRaw`
    UPDATE incident SET state = 'snoozed', snoozed_until = ${until} WHERE id = ${row.id}::uuid`;
  await recordAnswer(tx, row, actor, 'incident.snoozed', { until, note });
  return 'snoozed';
}

async function resolve(tx: Tx, row: ResolvedRow, actor: Actor, reason: string): Promise<IncidentState> {
  // Its transfer would stay held with nobody looking at it.
  if (isDecidedByTransfer(row.kind as IncidentKind))
    throw new WrongState(
      'incident_conflict',
      `This incident ends with the decision on its transfer: POST /transfers/${row.transfer_id}/resolve, or \`waybill resolve ${row.transfer_id} --as delivered|resend|give_up --reason TEXT\`.`,
    );
  await tx.$executeRaw`
    UPDATE incident SET state = 'resolved', snoozed_until = NULL, resolved_at = clock_timestamp(),
           resolved_by = ${actor.name}, resolution = ${reason} WHERE id = ${row.id}::uuid`;
  await recordResolved(tx, row, actor, reason);
  return 'resolved';
}

function recordAnswer(
  tx: Tx,
  row: ResolvedRow,
  actor: Actor,
  action: string,
  details: Record<string, unknown>,
): Promise<void> {
  return recordEvent(tx, {
    actor,
    action,
    object: 'incident',
    objectId: row.id,
    runId: row.run_id ?? undefined,
    transferId: row.transfer_id ?? undefined,
    details: { kind: row.kind, ...details },
  });
}
