import { recordEvent } from '#audit';
import type { Role } from '#contract';
import type { Actor } from '#domain';
import type { Store, Tx } from '#store';
import { assertKnown } from './assert-known.ts';
import { knownRole, namesOf, type Reach, reachOf } from './identity.ts';
import type { IdentityKeys } from './identity-keys.ts';
import { IdentityRefused } from './identity-refused.ts';
import { hashPassword, makeOneTimePassword } from './passwords.ts';
import { endSessionsOf } from './sessions.ts';

/** How long a password that somebody else has seen may be used. */
const ONE_TIME_HOURS = 72;

export interface UserEntry {
  name: string;
  role: Role;
  partners: Reach;
  disabled: boolean;
  /** Who comes from the identity provider has no password and no second factor here. */
  signsInWith: 'password' | 'identity_provider';
  passwordIsOneTime: boolean;
  hasSecondFactor: boolean;
  createdAt: Date;
  createdBy: string;
  lastSignInAt: Date | null;
}

export interface NewUser {
  name: string;
  role: Role;
  partners: Reach;
}

/**
 * The one-time password is returned this once and kept nowhere.
 * @throws IdentityRefused `name_taken`, `unknown_name`
 */
export async function createUser(
  store: Store,
  keys: IdentityKeys,
  { name, role, partners }: NewUser,
  actor: Actor,
): Promise<{ user: UserEntry; password: string }> {
  const password = makeOneTimePassword();
  const passwordHash = await hashPassword(password, keys.pepper);
  const user = await store.transaction(async (tx) => {
    await assertKnown(tx, 'partners', partners);
    const { count } = await tx.user.createMany({
      data: [
        {
          name,
          role,
          partners: namesOf(partners),
          passwordHash,
          passwordExpiresAt: await oneTimeEnd(tx),
          createdBy: actor.name,
        },
      ],
      skipDuplicates: true,
    });
    if (count === 0)
      throw new IdentityRefused(
        'name_taken',
        `A user named "${name}" exists or existed. Choose another name.`,
        { field: 'name' },
      );
    await recordEvent(tx, {
      actor,
      action: 'user.created',
      object: 'user',
      objectId: name,
      details: { role, partners },
    });
    return entryOf(await tx.user.findUniqueOrThrow({ where: { name } }));
  });
  return { user, password };
}

async function oneTimeEnd(tx: Tx): Promise<Date> {
  const [row] = await tx.$queryRaw<{ end: Date }[]>`
    SELECT clock_timestamp() + make_interval(hours => ${ONE_TIME_HOURS}::int) AS "end"`;
  return row!.end;
}

export async function findUser(db: Tx, name: string): Promise<UserEntry | undefined> {
  const row = await db.user.findUnique({ where: { name } });
  return row ? entryOf(row) : undefined;
}

export async function listUsers(
  db: Tx,
  { take, after }: { take?: number; after?: string | undefined } = {},
): Promise<UserEntry[]> {
  const rows = await db.user.findMany({
    ...(after !== undefined && { where: { name: { gt: after } } }),
    ...(take !== undefined && { take }),
    orderBy: { name: 'asc' },
  });
  return rows.map(entryOf);
}

export interface UserChange {
  role?: Role | undefined;
  partners?: Reach | undefined;
  disabled?: boolean | undefined;
}

/**
 * In force with the next request; who is disabled has no session any more. undefined: there is no such user.
 * @throws IdentityRefused `last_admin`, `unknown_name`
 */
export function changeUser(
  store: Store,
  name: string,
  change: UserChange,
  actor: Actor,
): Promise<UserEntry | undefined> {
  return store.transaction((tx) => changeUserIn(tx, name, change, actor));
}

/** The same as a part of something larger. */
export async function changeUserIn(
  tx: Tx,
  name: string,
  change: UserChange,
  actor: Actor,
): Promise<UserEntry | undefined> {
  if (change.partners !== undefined) await assertKnown(tx, 'partners', change.partners);
  const before = await lockUser(tx, name);
  if (!before) return undefined;
  const after: UserEntry = {
    ...before,
    role: change.role ?? before.role,
    partners: change.partners === undefined ? before.partners : reachOf(namesOf(change.partners)),
    disabled: change.disabled ?? before.disabled,
  };
  const differences = differencesOf(before, after);
  if (Object.keys(differences).length === 0) return before;
  if (isAdmin(before) && !isAdmin(after)) await assertAnotherAdmin(tx, name);
  await tx.user.update({
    where: { name },
    data: {
      role: after.role,
      partners: namesOf(after.partners),
      ...(after.disabled !== before.disabled && { disabledAt: after.disabled ? new Date() : null }),
    },
  });
  const endedSessions = after.disabled ? await endSessionsOf(tx, await idOf(tx, name)) : 0;
  await recordEvent(tx, {
    actor,
    action: 'user.changed',
    object: 'user',
    objectId: name,
    details: { ...differences, endedSessions },
  });
  return after;
}

export interface Reset {
  actor: Actor;
  secondFactor: 'keep' | 'remove';
  /** Asked while nobody else changes him; what it throws is what happens. */
  assertAllowed?: (tx: Tx, user: UserEntry) => Promise<void>;
}

/**
 * A new one-time password for who has lost his; all sessions end. undefined: there is no such user.
 * `secondFactor: 'remove'`: for who has lost that as well.
 * @throws IdentityRefused `no_password`: it would be a way in past the identity provider
 */
export async function resetUser(
  store: Store,
  keys: IdentityKeys,
  name: string,
  { actor, secondFactor, assertAllowed }: Reset,
): Promise<{ user: UserEntry; password: string } | undefined> {
  const password = makeOneTimePassword();
  const passwordHash = await hashPassword(password, keys.pepper);
  return store.transaction(async (tx) => {
    const before = await lockUser(tx, name);
    if (!before) return undefined;
    if (before.signsInWith !== 'password')
      throw new IdentityRefused(
        'no_password',
        `"${name}" signs in at the identity provider: what he has lost is made anew there.`,
      );
    await assertAllowed?.(tx, before);
    const row = await tx.user.update({
      where: { name },
      data: {
        passwordHash,
        passwordOneTime: true,
        passwordExpiresAt: await oneTimeEnd(tx),
        totpPending: null,
        ...(secondFactor === 'remove' && { totpSecret: null, totpLastStep: null }),
      },
    });
    if (secondFactor === 'remove') await tx.recoveryCode.deleteMany({ where: { userId: row.id } });
    const endedSessions = await endSessionsOf(tx, row.id);
    await recordEvent(tx, {
      actor,
      action: 'user.reset',
      object: 'user',
      objectId: name,
      details: { secondFactor, endedSessions },
    });
    return { user: entryOf(row), password };
  });
}

/** Whether somebody can give rights to others; if not, a local command has to make one who can. */
export async function hasAdmin(db: Tx): Promise<boolean> {
  return (await listUsers(db)).some(isAdmin);
}

/** As nobody else changes him until the transaction ends. */
export async function lockUser(tx: Tx, name: string): Promise<UserEntry | undefined> {
  // All admins, always in the same order: of two who take each other's role away, the second one sees the first.
  await tx.$queryRaw`
    SELECT 1 FROM user_account WHERE name = ${name} OR role = 'admin' ORDER BY id FOR UPDATE`;
  return findUser(tx, name);
}

async function idOf(tx: Tx, name: string): Promise<string> {
  return (await tx.user.findUniqueOrThrow({ where: { name }, select: { id: true } })).id;
}

function isAdmin({ role, partners, disabled }: UserEntry): boolean {
  return role === 'admin' && partners === 'all' && !disabled;
}

async function assertAnotherAdmin(tx: Tx, name: string): Promise<void> {
  const others = (await listUsers(tx)).filter((user) => user.name !== name);
  if (!others.some(isAdmin))
    throw new IdentityRefused('last_admin', `"${name}" is the last admin; make another one first.`);
}

function differencesOf(
  before: UserEntry,
  after: UserEntry,
): Record<string, { before: unknown; after: unknown }> {
  const fields = ['role', 'partners', 'disabled'] as const;
  return Object.fromEntries(
    fields
      .filter((field) => JSON.stringify(before[field]) !== JSON.stringify(after[field]))
      .map((field) => [field, { before: before[field], after: after[field] }]),
  );
}

interface UserRow {
  name: string;
  role: string;
  partners: string[];
  disabledAt: Date | null;
  passwordHash: string | null;
  passwordOneTime: boolean;
  totpSecret: Uint8Array | null;
  createdAt: Date;
  createdBy: string;
  lastSignInAt: Date | null;
}

function entryOf(row: UserRow): UserEntry {
  return {
    name: row.name,
    // The database has the same closed list.
    role: knownRole(row.role)!,
    partners: reachOf(row.partners),
    disabled: row.disabledAt !== null,
    signsInWith: row.passwordHash === null ? 'identity_provider' : 'password',
    passwordIsOneTime: row.passwordOneTime,
    hasSecondFactor: row.totpSecret !== null,
    createdAt: row.createdAt,
    createdBy: row.createdBy,
    lastSignInAt: row.lastSignInAt,
  };
}
