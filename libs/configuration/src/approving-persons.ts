import type { Actor } from '#domain';
import {
  APPROVAL_DAYS,
  type ApprovalRecord,
  findAccountsBehind,
  findApproval,
  findPersonBehind,
  isTooOld,
  type Tx,
} from '#store';
import { ConfigurationRefused } from './configuration-refused.ts';

/**
 * Two persons, and not two names: a key counts as the person who made it, however many keys lie between. The database has the
 * same rule.
 * @throws ConfigurationRefused `second_person_required`
 */
export async function assertSecondPerson(
  tx: Tx,
  { requestedBy }: ApprovalRecord,
  decider: Actor,
): Promise<void> {
  const asking = await findPersonBehind(tx, requestedBy);
  const deciding = await findPersonBehind(tx, decider);
  const needed = (detail: string) => new ConfigurationRefused('second_person_required', detail);
  if (deciding !== null && deciding === asking)
    throw needed(
      'You asked for it yourself: another admin has to approve it. You may reject it, to withdraw it.',
    );
  if (deciding === null) throw needed('Nobody knows who made this API key: it is no second person.');
  if (asking === null)
    throw needed('Nobody knows who made the API key that asked for it. Reject it, and ask anew.');
}

/**
 * Whoever asked still stands for it: the key is not revoked, the person not disabled, and both are admins who reach what it
 * concerns.
 * @throws ConfigurationRefused `approval_outdated`
 */
export async function assertStillAsked(
  tx: Tx,
  approval: ApprovalRecord,
  askedBy: 'admins' | 'anybody',
): Promise<void> {
  const outdated = (detail: string) =>
    new ConfigurationRefused('approval_outdated', `${detail} Reject it, and ask anew.`);
  if (await isTooOld(tx, approval)) throw outdated(`It was asked for more than ${APPROVAL_DAYS} days ago.`);
  if (askedBy === 'anybody') return;
  for (const { role, gone, ...scope } of await findAccountsBehind(tx, approval.requestedBy))
    if (gone || role !== 'admin' || !(await findApproval(tx, scope, approval.id)))
      throw outdated(`${approval.requestedBy.name} may not ask for it any more.`);
}
