import type { Tx } from '../open-store.ts';
import { type ApprovalRecord, findApproval } from './approvals.ts';
import { EVERYTHING, type Reach } from './scope.ts';

/** Whoever asked may have forgotten it, and whoever decides does not know any more why it was asked. */
export const APPROVAL_DAYS = 14;

/** By the database's clock. */
export async function isTooOld(tx: Tx, { id }: Pick<ApprovalRecord, 'id'>): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ old: boolean }[]>`
    SELECT requested_at < clock_timestamp() - make_interval(days => ${APPROVAL_DAYS}::int) AS old
      FROM approval WHERE id = ${id}::uuid`;
  return row!.old;
}

/** What was asked for last on behalf of this user, under one kind; decided or not. */
export async function findLastRequestOf(
  tx: Tx,
  kind: string,
  userName: string,
): Promise<ApprovalRecord | undefined> {
  const [row] = await tx.$queryRaw<{ id: string }[]>`
    SELECT id::text FROM approval
     WHERE kind = ${kind} AND requester_kind = 'user' AND requester_name = ${userName}
     ORDER BY requested_at DESC, id DESC LIMIT 1`;
  return row && ((await findApproval(tx, EVERYTHING, row.id)) ?? undefined);
}

/** Something of this kind waits for a second person, and can still be approved. */
export async function isAskedFor(tx: Tx, kind: string, userName: string): Promise<boolean> {
  const [row] = await tx.$queryRaw<{ asked: boolean }[]>`
    SELECT EXISTS (
      SELECT FROM approval
       WHERE kind = ${kind} AND state = 'pending' AND payload ->> 'name' = ${userName}
         AND requested_at >= clock_timestamp() - make_interval(days => ${APPROVAL_DAYS}::int)) AS asked`;
  return row!.asked;
}

/** The first of these names that means something else than when it was asked for: what had it is gone, or somebody else has it. */
export async function findOtherName(
  tx: Tx,
  { id }: Pick<ApprovalRecord, 'id'>,
  { partners, routes }: { partners: Reach; routes: Reach },
): Promise<{ noun: 'partner' | 'route'; name: string } | undefined> {
  const named = (reach: Reach) => (reach === 'all' ? [] : [...reach]);
  const [other] = await tx.$queryRaw<{ noun: 'partner' | 'route'; name: string }[]>`
    SELECT noun, name
      FROM (SELECT 'partner' AS noun, unnest(${named(partners)}::text[]) AS name
            UNION ALL SELECT 'route', unnest(${named(routes)}::text[])) AS named
     WHERE NOT EXISTS (
       SELECT FROM (SELECT 'partner' AS noun, name, created_at FROM partner
                    UNION ALL SELECT 'route', name, created_at FROM transfer_route) AS there
         JOIN approval ON approval.id = ${id}::uuid AND there.created_at <= approval.requested_at
        WHERE there.noun = named.noun AND there.name = named.name)
     ORDER BY noun, name LIMIT 1`;
  return other;
}
