import { type Approvals, assertNamesStand, ConfigurationRefused } from '#configuration';
import {
  assertKnown,
  changeUserIn,
  type Identity,
  lockUser,
  PROVIDER,
  type SecondPerson,
  sameRights,
  type UserChange,
  type UserEntry,
} from '#identity';
import {
  type ApprovalRecord,
  findLastRequestOf,
  isAskedFor,
  isTooOld,
  type ShownChange,
  type Store,
  type Tx,
} from '#store';
import { ApiProblem } from '../http/api-problem.ts';

/** An admin asked for it. */
const KIND = 'user_role';
/** The identity provider said so, and the person himself counts as who asked. */
const BY_GROUPS = 'group_role';
const taken = new WeakSet<Approvals>();

type State = Pick<UserEntry, 'role' | 'partners' | 'disabled'>;

/** What will be, and what was when it was asked for. */
interface Payload {
  name: string;
  before: State;
  change: UserChange;
}

/** Several apis of one process may share the approvals. */
export function takeUpRoleApprovals(approvals: Approvals): void {
  if (taken.has(approvals)) return;
  taken.add(approvals);
  approvals.register(KIND, (tx, approval) => takeEffect(tx, approval, approval.requestedBy));
  approvals.register(BY_GROUPS, (tx, approval) => takeEffect(tx, approval, PROVIDER), {
    askedBy: 'anybody',
  });
}

async function takeEffect(tx: Tx, approval: ApprovalRecord, actor: Identity['actor']): Promise<void> {
  const { name, before, change } = approval.payload as Payload;
  await assertNamesStand(tx, approval, { partners: change.partners });
  const user = await lockUser(tx, name);
  if (!user || !sameState(user, before))
    throw new ConfigurationRefused(
      'approval_outdated',
      `The rights of "${name}" have changed since it was asked for. Reject it, and ask anew.`,
    );
  // Whoever has seen that password could be him, and be a second person by what he has asked for himself.
  if (user.passwordIsOneTime && (change.role ?? user.role) !== 'viewer')
    throw new ConfigurationRefused(
      'approval_outdated',
      `Somebody else has seen the password of "${name}". It can be approved when he has signed in and chosen his own.`,
    );
  await changeUserIn(tx, name, change, actor);
}

/** Changes the user, or leaves it to a second person where four eyes are the policy. undefined: there is no such user. */
export function changeOrAsk(
  store: Store,
  approvals: Approvals,
  { name, change, caller }: { name: string; change: UserChange; caller: Identity },
): Promise<{ user: UserEntry } | { approval: ApprovalRecord } | undefined> {
  return store.transaction(async (tx) => {
    if (change.partners !== undefined) await assertKnown(tx, 'partners', change.partners);
    // As `assertResettable` does: of a request and a reset at once, the second one sees the first.
    const user = await lockUser(tx, name);
    if (!user) return undefined;
    if (!approvals.required || !givesRights(user, change)) {
      const changed = await changeUserIn(tx, name, change, caller.actor);
      return changed && { user: changed };
    }
    const payload = { name, before: stateOf(user), change: withoutUndefined(change) };
    return { approval: await ask(tx, approvals, KIND, caller.actor, payload) };
  });
}

/**
 * Where four eyes are the policy: whoever has a one-time password made may be that person, and approve as him. So it is not
 * made for an admin, nor for somebody whom he has asked to make one. `user` is locked.
 * @throws ApiProblem `second_person_required`
 */
export async function assertResettable(tx: Tx, { name, role }: UserEntry): Promise<void> {
  if (role === 'admin')
    throw new ApiProblem(
      'second_person_required',
      `The password of an admin is made anew on the machine: waybill user reset ${name}.`,
    );
  if (await isAskedFor(tx, KIND, name))
    throw new ApiProblem(
      'second_person_required',
      `More rights for "${name}" wait for a second person. When that is decided, his password can be made anew; or on the machine: waybill user reset ${name}.`,
    );
}

/** For sign-in at an identity provider; undefined where four eyes are not the policy. */
export function secondPersonOf(approvals: Approvals): SecondPerson | undefined {
  if (!approvals.required) return undefined;
  return {
    async ask(tx, name, rise) {
      const payload = rise && {
        name,
        before: { ...rise.before, disabled: false },
        change: { role: rise.after.role, partners: rise.after.partners },
      };
      const last = await findLastRequestOf(tx, BY_GROUPS, name);
      const same = last !== undefined && payload !== undefined && sameRise(last.payload as Payload, payload);
      if (same && (await stands(tx, last))) return;
      if (last?.state === 'pending')
        await approvals.withdraw(
          tx,
          last.id,
          PROVIDER,
          'His groups say something else now, or nobody has decided for too long.',
        );
      if (payload) await ask(tx, approvals, BY_GROUPS, { kind: 'user', name }, payload);
    },
  };
}

/** It waits, or an admin has said no to it. */
async function stands(tx: Tx, last: ApprovalRecord): Promise<boolean> {
  if (last.state === 'pending') return !(await isTooOld(tx, last));
  return last.state === 'rejected' && last.decidedBy?.name !== PROVIDER.name;
}

function ask(
  tx: Tx,
  approvals: Approvals,
  kind: string,
  requestedBy: Identity['actor'],
  payload: Payload,
): Promise<ApprovalRecord> {
  return approvals.request(tx, {
    kind,
    requestedBy,
    // It concerns the whole installation.
    partners: [],
    summary: `change the rights of user ${payload.name}${kind === BY_GROUPS ? ', as his groups say' : ''}`,
    changes: [shown(payload)],
    payload,
  });
}

function shown({ name, before, change }: Payload): ShownChange {
  const after = { ...before, ...change };
  const fields = (['role', 'partners', 'disabled'] as const)
    .filter((path) => JSON.stringify(before[path]) !== JSON.stringify(after[path]))
    .map((path) => ({ path, before: before[path], after: after[path] }));
  return { kind: 'change', noun: 'user', name, fields };
}

/** To take somebody's account away is never held up. */
function givesRights(user: UserEntry, change: UserChange): boolean {
  const after = { ...stateOf(user), ...withoutUndefined(change) };
  return !sameState(user, { ...after, disabled: user.disabled }) || (user.disabled && !after.disabled);
}

function stateOf({ role, partners, disabled }: UserEntry): State {
  return { role, partners, disabled };
}

function sameState(one: State, other: State): boolean {
  return sameRights(one, other) && one.disabled === other.disabled;
}

function sameRise(one: Payload, other: Payload): boolean {
  const wanted = ({ before, change }: Payload): State => ({ ...before, ...withoutUndefined(change) });
  return sameState(one.before, other.before) && sameState(wanted(one), wanted(other));
}

function withoutUndefined({ role, partners, disabled }: UserChange): Partial<State> {
  return {
    ...(role !== undefined && { role }),
    ...(partners !== undefined && { partners }),
    ...(disabled !== undefined && { disabled }),
  };
}
