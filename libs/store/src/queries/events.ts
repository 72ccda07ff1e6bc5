import type { Actor, AuditObject } from '#domain';
import { Prisma, type AuditEvent as Row } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { inOrder, isUuid, type Page, type PageRequest, searchNumbers } from './page.ts';
import { eventIsWithin, resolveScope, type Scope, type Within } from './scope.ts';

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
  const conditions = conditionsOf(await resolveScope(db, scope), search);
  const { numbers, nextCursor } = await searchNumbers(db, conditions, search);
  const rows = await db.auditEvent.findMany({ where: { id: { in: numbers } } });
  return { items: inOrder(numbers, rows).map(record), nextCursor };
}

function conditionsOf(within: Within, { object, objectId, runId, transferId }: EventSearch): Prisma.Sql[] {
  const conditions = [eventIsWithin(within)];
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
