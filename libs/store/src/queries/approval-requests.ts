import type { Tx } from '../open-store.ts';
import { type ApprovalRecord, findApproval } from './approvals.ts';
import { EVERYTHING } from './scope.ts';

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
