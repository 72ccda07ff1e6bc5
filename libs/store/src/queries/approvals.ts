import type { Actor, ApprovalState } from '#domain';
import { Prisma, type Approval as Row } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import { concerns, type FieldChange } from './configuration-changes.ts';
import { inOrder, isUuid, type Page, type PageRequest, searchIds } from './page.ts';
import type { Scope } from './scope.ts';

/** The kind of approvals whose payload holds a sealed secret; the database knows it too. */
export const SECRET_APPROVAL = 'secret';

/** A difference as a plan shows it. */
export interface ShownChange {
  kind: 'create' | 'change' | 'delete';
  noun: string;
  name: string;
  fields: readonly FieldChange[];
}

export interface ApprovalToRequest {
  /** What takes it up when it is approved. */
  kind: string;
  requestedBy: Actor;
  /** Whom it concerns. */
  partners: readonly string[];
  summary: string;
  changes: readonly ShownChange[];
  /** Only its kind reads it; a secret stands in it sealed, or not at all. */
  payload: object;
}

export interface ApprovalRecord extends ApprovalToRequest {
  id: string;
  state: ApprovalState;
  requestedAt: Date;
  decidedAt: Date | null;
  decidedBy: Actor | null;
  note: string | null;
}

export async function insertApproval(tx: Tx, request: ApprovalToRequest): Promise<ApprovalRecord> {
  const { kind, requestedBy, partners, summary, changes, payload } = request;
  const rows = await tx.$queryRaw<{ id: string }[]>`
    INSERT INTO approval (kind, requester_kind, requester_name, partners, summary, changes, payload)
    VALUES (${kind}, ${requestedBy.kind}, ${requestedBy.name}, ${[...partners]}::text[], ${summary},
            ${JSON.stringify(changes)}::jsonb, ${JSON.stringify(payload)}::jsonb)
    RETURNING id::text`;
  return record(await tx.approval.findUniqueOrThrow({ where: { id: rows[0]!.id } }));
}

/** What concerns others is not there for who asks. */
export async function findApproval(db: Tx, scope: Scope, id: string): Promise<ApprovalRecord | null> {
  if (!isUuid(id)) return null;
  const conditions = [Prisma.sql`approval.id = ${id}::uuid`, approvalIsWithin(scope)];
  const { ids } = await searchIds(db, 'approval', Prisma.sql`approval`, conditions, { limit: 1 });
  return (await readApprovals(db, ids))[0] ?? null;
}

/** Nobody else decides it until the transaction ends. */
export async function lockApproval(tx: Tx, id: string): Promise<void> {
  await tx.$queryRaw`SELECT 1 FROM approval WHERE id = ${id}::uuid FOR UPDATE`;
}

/**
 * Once: the database refuses a second decision, and an approval by who asked. What was asked for stays to be read, but a
 * sealed secret is taken out: nobody needs it any more.
 */
export async function decideApproval(
  tx: Tx,
  id: string,
  decision: { state: Exclude<ApprovalState, 'pending'>; decidedBy: Actor; note: string },
): Promise<ApprovalRecord> {
  const { state, decidedBy, note } = decision;
  await tx.$executeRaw`
    UPDATE approval SET state = ${state}, decided_at = clock_timestamp(), decider_kind = ${decidedBy.kind},
           decider_name = ${decidedBy.name}, note = ${note},
           payload = CASE WHEN kind = ${SECRET_APPROVAL} THEN '{}'::jsonb ELSE payload END
     WHERE id = ${id}::uuid`;
  return record(await tx.approval.findUniqueOrThrow({ where: { id } }));
}

export interface ApprovalSearch extends PageRequest {
  state?: ApprovalState | undefined;
}

/** Newest first. */
export async function searchApprovals(
  db: Tx,
  scope: Scope,
  search: ApprovalSearch,
): Promise<Page<ApprovalRecord>> {
  const { state } = search;
  const conditions = [approvalIsWithin(scope)];
  if (state !== undefined) conditions.push(Prisma.sql`approval.state = ${state}`);
  const { ids, nextCursor } = await searchIds(db, 'approval', Prisma.sql`approval`, conditions, search);
  return { items: await readApprovals(db, ids), nextCursor };
}

function approvalIsWithin({ partners, routes }: Scope): Prisma.Sql {
  return routes === 'all' ? concerns(partners, Prisma.sql`approval.requested_at`) : Prisma.sql`FALSE`;
}

async function readApprovals(db: Tx, ids: string[]): Promise<ApprovalRecord[]> {
  if (ids.length === 0) return [];
  return inOrder(ids, await db.approval.findMany({ where: { id: { in: ids } } })).map(record);
}

function record(row: Row): ApprovalRecord {
  return {
    id: row.id,
    kind: row.kind,
    state: row.state as ApprovalState,
    requestedAt: row.requestedAt,
    requestedBy: { kind: row.requesterKind as Actor['kind'], name: row.requesterName },
    partners: row.partners,
    summary: row.summary,
    changes: row.changes as unknown as ShownChange[],
    payload: row.payload as object,
    decidedAt: row.decidedAt,
    decidedBy:
      row.deciderKind === null
        ? null
        : { kind: row.deciderKind as Actor['kind'], name: row.deciderName ?? '' },
    note: row.note,
  };
}
