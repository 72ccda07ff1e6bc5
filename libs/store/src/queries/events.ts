import type { Actor, AuditObject } from '#domain';
import type { Prisma, AuditEvent as Row } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { InvalidCursor, isUuid, type Page, type PageRequest, pageSize } from './page.ts';

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
  action?: string | undefined;
  /** Name of the actor. */
  actor?: string | undefined;
  from?: Date | undefined;
  to?: Date | undefined;
}

/** Newest first. */
export async function searchEvents(db: Tx, search: EventSearch): Promise<Page<EventRecord>> {
  const { runId, transferId } = search;
  if ((runId !== undefined && !isUuid(runId)) || (transferId !== undefined && !isUuid(transferId)))
    return { items: [], nextCursor: null };
  const size = pageSize(search.limit);
  const rows = await db.auditEvent.findMany({
    where: conditionsOf(search),
    orderBy: { id: 'desc' },
    take: size + 1,
  });
  const items = rows.slice(0, size).map(record);
  return { items, nextCursor: rows.length > size ? String(items.at(-1)!.id) : null };
}

/** What happened to one object, oldest first. */
export async function listEventsOf(db: Tx, object: AuditObject, objectId: string): Promise<EventRecord[]> {
  return (await db.auditEvent.findMany({ where: { object, objectId }, orderBy: { id: 'asc' } })).map(record);
}

/** The story of one run with all its transfers, oldest first. */
export async function listEventsOfRun(db: Tx, runId: string): Promise<EventRecord[]> {
  if (!isUuid(runId)) return [];
  return (await db.auditEvent.findMany({ where: { runId }, orderBy: { id: 'asc' } })).map(record);
}

function conditionsOf(search: EventSearch): Prisma.AuditEventWhereInput {
  const { object, objectId, runId, transferId, action, actor, from, to, cursor } = search;
  return {
    ...(cursor === undefined ? {} : { id: { lt: readCursor(cursor) } }),
    ...(object === undefined ? {} : { object }),
    ...(objectId === undefined ? {} : { objectId }),
    ...(runId === undefined ? {} : { runId }),
    ...(transferId === undefined ? {} : { transferId }),
    ...(action === undefined ? {} : { action }),
    ...(actor === undefined ? {} : { actorName: actor }),
    at: { ...(from === undefined ? {} : { gte: from }), ...(to === undefined ? {} : { lt: to }) },
  };
}

function readCursor(cursor: string): bigint {
  if (!/^[1-9]\d{0,17}$/.test(cursor)) throw new InvalidCursor();
  return BigInt(cursor);
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
