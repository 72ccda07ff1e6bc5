import { type Approvals, ConfigurationRefused } from '#configuration';
import { changeUserIn, findUser, type Identity, type UserChange, type UserEntry } from '#identity';
import type { ApprovalRecord, Store, Tx } from '#store';
import { ApiProblem } from '../http/api-problem.ts';

const KIND = 'user_role';
const taken = new WeakSet<Approvals>();

type Rights = Pick<UserEntry, 'role' | 'partners' | 'disabled'>;

/** What will be, and what was when it was asked for. */
interface Payload {
  name: string;
  before: Rights;
  change: UserChange;
}

/** Several apis of one process may share the approvals. */
export function takeUpRoleApprovals(approvals: Approvals): void {
  if (taken.has(approvals)) return;
  taken.add(approvals);
  approvals.register(KIND, async (tx, approval) => {
    const { name, before, change } = approval.payload as Payload;
    const user = await findUser(tx, name);
    if (!user || !sameRights(user, before))
      throw new ConfigurationRefused(
        'approval_outdated',
        `The rights of "${name}" have changed since it was asked for. Reject it, and ask anew.`,
      );
    await changeUserIn(tx, name, change, approval.requestedBy);
  });
}

/** Changes the user, or leaves it to a second person where four eyes are the policy. undefined: there is no such user. */
export function changeOrAsk(
  store: Store,
  approvals: Approvals,
  { name, change, caller }: { name: string; change: UserChange; caller: Identity },
): Promise<{ user: UserEntry } | { approval: ApprovalRecord } | undefined> {
  return store.transaction(async (tx) => {
    const user = await findUser(tx, name);
    if (!user) return undefined;
    // Tried for real, so that nobody is asked about what cannot be; a pending one leaves nothing of it.
    if (!approvals.required || !givesRights(user, change)) {
      const changed = await changeUserIn(tx, name, change, caller.actor);
      return changed && { user: changed };
    }
    return { approval: await ask(tx, approvals, { user, change, caller }) };
  });
}

function ask(
  tx: Tx,
  approvals: Approvals,
  { user, change, caller }: { user: UserEntry; change: UserChange; caller: Identity },
): Promise<ApprovalRecord> {
  const { name } = user;
  const before = rightsOf(user);
  const after: Rights = { ...before, ...withoutUndefined(change) };
  const fields = (['role', 'partners', 'disabled'] as const)
    .filter((path) => JSON.stringify(before[path]) !== JSON.stringify(after[path]))
    .map((path) => ({ path, before: before[path], after: after[path] }));
  return approvals.request(tx, {
    kind: KIND,
    requestedBy: caller.actor,
    // It concerns the whole installation.
    partners: [],
    summary: `change the rights of user ${name}`,
    changes: [{ kind: 'change', noun: 'user', name, fields }],
    payload: { name, before, change } satisfies Payload,
  });
}

/** To take somebody's account away is never held up. */
function givesRights(user: UserEntry, change: UserChange): boolean {
  const after = { ...rightsOf(user), ...withoutUndefined(change) };
  return !sameRights(user, { ...after, disabled: user.disabled }) || (user.disabled && !after.disabled);
}

/**
 * Whoever makes an admin, or a password for one, could approve by himself what he has asked for.
 * @throws ApiProblem `second_person_required`
 */
export function refuseOwnSecondPerson(approvals: Approvals, role: string, instead: string): void {
  if (approvals.required && role === 'admin') throw new ApiProblem('second_person_required', instead);
}

function rightsOf({ role, partners, disabled }: UserEntry): Rights {
  return { role, partners, disabled };
}

function sameRights(one: Rights, other: Rights): boolean {
  return (
    one.role === other.role &&
    one.disabled === other.disabled &&
    JSON.stringify(one.partners) === JSON.stringify(other.partners)
  );
}

function withoutUndefined({ role, partners, disabled }: UserChange): Partial<Rights> {
  return {
    ...(role !== undefined && { role }),
    ...(partners !== undefined && { partners }),
    ...(disabled !== undefined && { disabled }),
  };
}
