import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { EVERYTHING, eventIsWithin, isWhole, resolveScope, runIsWithin, type Scope } from './scope.ts';

/**
 * A place in the order in which event streams tell the audit: by transaction, then by id. Ids alone are given before
 * the commit and may appear late; this order is final for everything that has been read by it.
 */
export interface EventPosition {
  transaction: bigint;
  id: bigint;
}

const LAST_ID = 2n ** 63n - 1n;

export function comparePositions(one: EventPosition, other: EventPosition): number {
  if (one.transaction !== other.transaction) return one.transaction < other.transaction ? -1 : 1;
  return one.id === other.id ? 0 : one.id < other.id ? -1 : 1;
}

/** An audit event as a stream tells it, with what decides who may hear it. */
export interface StreamedEvent {
  position: EventPosition;
  at: Date;
  action: string;
  object: string;
  objectId: string;
  runId: string | null;
  transferId: string | null;
  route: string | null;
  endpoint: string | null;
  /** Of the transfer, where it is known by now. */
  sizeBytes: bigint | null;
  details: Record<string, unknown>;
}

export interface StreamedPage {
  events: StreamedEvent[];
  /** Everything up to here is told: later pages begin behind it. */
  readTo: EventPosition;
}

/** What is in here is for everybody who may see the object; the rest of the audit is for auditors. */
const OBJECTS = ['run', 'transfer', 'incident', 'fire'];
const ACTIONS = [
  ...['route.paused', 'route.resumed', 'endpoint.paused', 'endpoint.resumed'],
  ...['endpoint.login_refused', 'endpoint.login_accepted', 'endpoint.probed', 'endpoint.probe_failed'],
];

/** The oldest transaction under way, of this statement's own snapshot. Whatever is below it has ended, and is seen. */
const HORIZON = Prisma.sql`(pg_snapshot_xmin(pg_current_snapshot())::text)::bigint`;

interface Row extends Omit<StreamedEvent, 'position'> {
  id: bigint;
  transaction: bigint;
}

/**
 * The next events in their final order. Those of transactions that are newer than one under way wait for it, so that
 * none is passed over: a page is a statement, and the statement knows its horizon.
 */
export async function readEvents(
  db: Tx,
  after: EventPosition,
  { limit, runId, scope = EVERYTHING }: { limit: number; runId?: string | undefined; scope?: Scope },
): Promise<StreamedPage> {
  const within = eventIsWithin(await resolveScope(db, scope));
  const ofRun = runId === undefined ? Prisma.empty : Prisma.sql`AND run_id = ${runId}::uuid`;
  const rows = await db.$queryRaw<(Row & { horizon: bigint })[]>`
    WITH horizon AS (SELECT ${HORIZON} AS horizon)
    SELECT horizon.horizon, event.id, event.transaction_id AS transaction, event.at, event.action, event.object,
           event.object_id AS "objectId", event.run_id::text AS "runId", event.transfer_id::text AS "transferId",
           event.details, transfer.size_bytes AS "sizeBytes", coalesce(route.name, event.details ->> 'route', incident.route) AS route,
           coalesce(event.details ->> 'endpoint', incident.endpoint) AS endpoint
      FROM horizon
      LEFT JOIN LATERAL (
        SELECT * FROM audit_event
         WHERE (transaction_id, id) > (${after.transaction}::bigint, ${after.id}::bigint)
           AND transaction_id < ${HORIZON} ${ofRun}
           AND (object = ANY (${OBJECTS}::text[]) OR action = ANY (${ACTIONS}::text[]))
           AND ${within}
         ORDER BY transaction_id, id LIMIT ${limit}) AS event ON true
      LEFT JOIN transfer ON transfer.id = event.transfer_id
      LEFT JOIN run ON run.id = event.run_id
      LEFT JOIN transfer_route route ON route.id = run.route_id
      LEFT JOIN incident ON incident.id = CASE WHEN event.object = 'incident' THEN event.object_id::uuid END
     ORDER BY event.transaction_id, event.id`;
  const { horizon } = rows[0]!;
  const events = rows.flatMap((row) => (row.id === null ? [] : [streamed(row)]));
  const last = events.at(-1)?.position;
  return { events, readTo: events.length === limit && last ? last : below(horizon, after) };
}

/** Of these events, those that may be told to somebody who reaches no further. */
export async function findEventsWithin(db: Tx, scope: Scope, ids: readonly bigint[]): Promise<Set<bigint>> {
  if (isWhole(scope) || ids.length === 0) return new Set(ids);
  const within = eventIsWithin(await resolveScope(db, scope));
  const rows = await db.$queryRaw<{ id: bigint }[]>`
    SELECT id FROM audit_event WHERE id = ANY (${[...ids]}::bigint[]) AND ${within}`;
  return new Set(rows.map(({ id }) => id));
}

/** Of these runs, those that somebody may see who reaches no further. */
export async function findRunsWithin(db: Tx, scope: Scope, ids: readonly string[]): Promise<Set<string>> {
  if (ids.length === 0) return new Set();
  const within = runIsWithin(await resolveScope(db, scope));
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM run WHERE id = ANY (${[...ids]}::uuid[]) AND ${within}`;
  return new Set(rows.map(({ id }) => id));
}

/** Where a stream begins that wants nothing of the past. */
export async function newestPosition(db: Tx): Promise<EventPosition> {
  const rows = await db.$queryRaw<{ horizon: bigint }[]>`SELECT ${HORIZON} AS horizon`;
  return below(rows[0]!.horizon);
}

/** Whether more than `most` events lie behind this place. */
export async function liesFarBack(db: Tx, after: EventPosition, most: number): Promise<boolean> {
  const rows = await db.$queryRaw<{ found: number }[]>`
    SELECT count(*)::int AS found
      FROM (SELECT FROM audit_event
             WHERE (transaction_id, id) > (${after.transaction}::bigint, ${after.id}::bigint)
             LIMIT ${most + 1}) AS behind`;
  return rows[0]!.found > most;
}

function below(horizon: bigint, atLeast?: EventPosition): EventPosition {
  const position = { transaction: horizon - 1n, id: LAST_ID };
  return atLeast && comparePositions(atLeast, position) > 0 ? atLeast : position;
}

function streamed({ id, transaction, horizon: _, ...event }: Row & { horizon: bigint }): StreamedEvent {
  return { ...event, position: { transaction, id } };
}

/** How far a run has come. */
export interface RunProgress {
  runId: string;
  state: string;
  route: string;
  /** Transfers by state; states without any are left out. */
  counts: Record<string, number>;
  /** Bytes of what is delivered. */
  deliveredBytes: bigint;
}

export async function readProgress(db: Tx, runIds: readonly string[]): Promise<RunProgress[]> {
  if (runIds.length === 0) return [];
  return db.$queryRaw<RunProgress[]>`
    SELECT run.id::text AS "runId", run.state, route.name AS route,
           coalesce(sums.counts, '{}') AS counts, coalesce(sums.bytes, 0)::bigint AS "deliveredBytes"
      FROM run JOIN transfer_route route ON route.id = run.route_id
      LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(state, files) AS counts, sum(bytes) AS bytes
          FROM (SELECT state, count(*) AS files, sum(size_bytes) FILTER (WHERE state = 'delivered') AS bytes
                  FROM transfer WHERE transfer.run_id = run.id GROUP BY state) AS by_state) AS sums ON true
     WHERE run.id = ANY (${[...runIds]}::uuid[])`;
}
