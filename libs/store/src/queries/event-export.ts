import type { Actor, AuditObject } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import type { EventRecord } from './events.ts';
import { eventIsWithin, resolveScope, type Scope } from './scope.ts';

/** A place among the events by their moments, in microseconds, which a Date would cut. */
export interface EventPlace {
  micros: bigint;
  id: bigint;
}

export interface EventRange {
  /** Recorded at or after. */
  from?: Date | undefined;
  /** Recorded before. */
  to: Date;
}

export interface EventPiece {
  events: EventRecord[];
  /** Where the next piece begins; null: this was the last. */
  next: EventPlace | null;
}

interface Row {
  lastMicros: bigint;
  lastId: bigint;
  found: number;
  /** null: nothing of the piece is within the scope. */
  id: bigint | null;
  at: Date;
  actorKind: string;
  actorName: string;
  action: string;
  object: string;
  objectId: string;
  runId: string | null;
  transferId: string | null;
  details: Record<string, unknown>;
}

/**
 * The next events of a range by their moments, at most `size`; of these, the ones that the scope reaches. So many rows and no
 * more are read, whoever asks: a piece may be empty and not the last.
 */
export async function readEventPiece(
  db: Tx,
  scope: Scope,
  { from, to }: EventRange,
  { after, size }: { after: EventPlace | null; size: number },
): Promise<EventPiece> {
  const within = eventIsWithin(await resolveScope(db, scope));
  const conditions = [Prisma.sql`audit_event.at < ${to}::timestamptz`];
  if (from !== undefined) conditions.push(Prisma.sql`audit_event.at >= ${from}::timestamptz`);
  if (after !== null)
    conditions.push(
      Prisma.sql`(audit_event.at, audit_event.id) >
        ('epoch'::timestamptz + ${after.micros}::bigint * interval '1 microsecond', ${after.id}::bigint)`,
    );
  const rows = await db.$queryRaw<Row[]>`
    WITH piece AS MATERIALIZED (
      SELECT audit_event.* FROM audit_event WHERE ${Prisma.join(conditions, ' AND ')}
       ORDER BY audit_event.at, audit_event.id LIMIT ${size}
    ), last AS (
      SELECT (extract(epoch FROM at) * 1000000)::bigint AS micros, id FROM piece ORDER BY at DESC, piece.id DESC LIMIT 1
    )
    SELECT last.micros AS "lastMicros", last.id AS "lastId", (SELECT count(*)::int FROM piece) AS found,
           event.id, event.at, event.actor_kind AS "actorKind", event.actor_name AS "actorName", event.action, event.object,
           event.object_id AS "objectId", event.run_id::text AS "runId", event.transfer_id::text AS "transferId", event.details
      FROM last LEFT JOIN LATERAL (SELECT * FROM piece AS audit_event WHERE ${within}) AS event ON true
     ORDER BY event.at, event.id`;
  const [first] = rows;
  if (!first) return { events: [], next: null };
  return {
    events: rows.flatMap(toEvent),
    next: first.found === size ? { micros: first.lastMicros, id: first.lastId } : null,
  };
}

function toEvent(row: Row): EventRecord[] {
  if (row.id === null) return [];
  const { id, at, actorKind, actorName, action, object, objectId, runId, transferId, details } = row;
  const actor = { kind: actorKind as Actor['kind'], name: actorName };
  return [{ id, at, actor, action, object: object as AuditObject, objectId, runId, transferId, details }];
}
