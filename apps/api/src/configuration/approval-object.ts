import type { Approval } from '#contract';
import type { ApprovalRecord } from '#store';
import { instantOrNull } from '../stored-values.ts';

/** The payload is nobody's to read but the part's that takes it up. */
export function toApproval({ partners: _, payload: __, ...approval }: ApprovalRecord): Approval {
  return {
    ...approval,
    requestedAt: approval.requestedAt.toISOString(),
    decidedAt: instantOrNull(approval.decidedAt),
    changes: approval.changes.map((change) => ({ ...change, fields: [...change.fields] })),
  };
}
