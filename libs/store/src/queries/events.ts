import type { Actor, AuditObject } from '#domain';
import { Prisma, type AuditEvent as Row } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import {
  inOrder,
  isUuid,
  type Page,
  type PageRequest,
  pageSize,
  readNumberCursor,
  whereAll,
  writeNumberCursor,
} from './page.ts';
import {
  type EventPlaces,
  eventIsWithin,
  eventPlaces,
  resolveScope,
  type Scope,
  type Within,
} from './scope.ts';

export interface EventRecord {
  id: bigint;
  at: Date;
  actor: Actor;
  action: string;
  object: AuditObject;
  objectId: string;
  runId: string | null;
  transferId: string | null;
  details: Record<string, unknown>;
}

export interface EventSearch extends PageRequest {
  object?: AuditObject | undefined;
  objectId?: string | undefined;
  runId?: string | undefined;
  transferId?: string | undefined;
}

/** Newest first. */
export async function searchEvents(db: Tx, scope: Scope, search: EventSearch): Promise<Page<EventRecord>> {
  const { runId, transferId } = search;
  if ((runId !== undefined && !isUuid(runId)) || (transferId !== undefined && !isUuid(transferId)))
    return { items: [], nextCursor: null };
  const within = await resolveScope(db, scope);
  const size = pageSize(search.limit);
  const found = await findNumbers(db, within, search, {
    before: readNumberCursor(LIST, search.cursor),
    most: size + 1,
  });
  const numbers = found.slice(0, size);
  const rows = await db.auditEvent.findMany({ where: { id: { in: numbers } } });
  const last = numbers.at(-1);
  return {
    items: inOrder(numbers, rows).map(record),
    nextCursor: found.length > size && last !== undefined ? writeNumberCursor(LIST, last) : null,
  };
}

const LIST = 'audit_event';

interface Piece {
  before: bigint | undefined;
  most: number;
}

/** Latest first. */
function findNumbers(db: Tx, within: Within, search: EventSearch, piece: Piece): Promise<bigint[]> {
  const { objectId, runId, transferId } = search;
  // Of one object there are few, whoever may see them.
  const isOfOne = [objectId, runId, transferId].some((id) => id !== undefined);
  const places = isOfOne ? undefined : eventPlaces(within);
  return places ? findInPlaces(db, within, places, search, piece) : findAmongAll(db, within, search, piece);
}

async function findAmongAll(
  db: Tx,
  within: Within,
  search: EventSearch,
  { before, most }: Piece,
): Promise<bigint[]> {
  const conditions = [eventIsWithin(within), ...conditionsOf(search), ...isBefore(before)];
  const rows = await db.$queryRaw<{ id: bigint }[]>`
    SELECT audit_event.id FROM audit_event ${whereAll(conditions)} ORDER BY audit_event.id DESC LIMIT ${most}`;
  return rows.map(({ id }) => id);
}

/** What is looked at in one statement at most, where a route has led elsewhere and its old events are nobody's here. */
const MOST_CANDIDATES = 5_000;

/** Takes what is newest in the places where it can be, and then asks whether it is within: others' events are not read. */
async function findInPlaces(
  db: Tx,
  within: Within,
  places: EventPlaces,
  { object }: EventSearch,
  { before, most }: Piece,
): Promise<bigint[]> {
  const found: bigint[] = [];
  let last = before;
  for (let candidates = most; ; candidates = Math.min(candidates * 4, MOST_CANDIDATES)) {
    const rows = await readCandidates(db, within, places, object, { before: last, most: candidates });
    found.push(...rows.flatMap(({ id, seen }) => (seen === true ? [id] : [])));
    if (found.length >= most || rows.length < candidates) return found.slice(0, most);
    last = rows.at(-1)!.id;
  }
}

async function readCandidates(
  db: Tx,
  within: Within,
  { concernIds, objects }: EventPlaces,
  object: AuditObject | undefined,
  { before, most }: Piece,
): Promise<{ id: bigint; seen: boolean | null }[]> {
  const named = objects.filter((one) => object === undefined || one.object === object);
  const newest = (conditions: readonly Prisma.Sql[], order: Prisma.Sql) => Prisma.sql`
    SELECT audit_event.id FROM audit_event ${whereAll([...conditions, ...isBefore(before)])}
     ORDER BY ${order} LIMIT ${most}`;
  // Neither plainly equal nor plainly in the order of ids: PostgreSQL would rather read everybody's events backwards, and hope.
  const concerning = newest(
    [Prisma.sql`audit_event.concerns_id = ANY (ARRAY[place.id])`, ...conditionsOf({ object })],
    Prisma.sql`audit_event.concerns_id DESC, audit_event.id DESC`,
  );
  const about = newest(
    [
      Prisma.sql`audit_event.object = ANY (ARRAY[place.object]) AND audit_event.object_id = ANY (ARRAY[place.id])`,
      Prisma.sql`audit_event.concerns_id IS NULL`,
    ],
    Prisma.sql`audit_event.object DESC, audit_event.object_id DESC, audit_event.id DESC`,
  );
  return db.$queryRaw`
    WITH candidate AS MATERIALIZED (
      SELECT id FROM (
        SELECT newest.id FROM unnest(${concernIds}::uuid[]) AS place(id) CROSS JOIN LATERAL (${concerning}) AS newest
        UNION ALL
        SELECT newest.id
          FROM unnest(${named.map((one) => one.object)}::text[], ${named.map(({ id }) => id)}::text[]) AS place(object, id)
         CROSS JOIN LATERAL (${about}) AS newest) AS candidate
       ORDER BY id DESC LIMIT ${most})
    SELECT audit_event.id, ${eventIsWithin(within)} AS seen
      FROM candidate JOIN audit_event ON audit_event.id = candidate.id ORDER BY audit_event.id DESC`;
}

function isBefore(number: bigint | undefined): Prisma.Sql[] {
  return number === undefined ? [] : [Prisma.sql`audit_event.id < ${number}`];
}

function conditionsOf({ object, objectId, runId, transferId }: EventSearch): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (object !== undefined) conditions.push(Prisma.sql`audit_event.object = ${object}`);
  if (objectId !== undefined) conditions.push(Prisma.sql`audit_event.object_id = ${objectId}`);
  if (runId !== undefined) conditions.push(Prisma.sql`audit_event.run_id = ${runId}::uuid`);
  if (transferId !== undefined) conditions.push(Prisma.sql`audit_event.transfer_id = ${transferId}::uuid`);
  return conditions;
}

function record(row: Row): EventRecord {
  return {
    id: row.id,
    at: row.at,
    actor: { kind: row.actorKind as Actor['kind'], name: row.actorName },
    action: row.action,
    object: row.object as AuditObject,
    objectId: row.objectId,
    runId: row.runId,
    transferId: row.transferId,
    details: row.details as Record<string, unknown>,
  };
}
