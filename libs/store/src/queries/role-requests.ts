import type { Tx } from '../open-store.ts';
import { type ApprovalRecord, findApproval } from './approvals.ts';
import { EVERYTHING } from './scope.ts';

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
