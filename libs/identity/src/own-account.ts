import { randomBytes } from 'node:crypto';
import { recordEvent } from '#audit';
import type { Store } from '#store';
import type { Identity } from './identity.ts';
import type { IdentityKeys } from './identity-keys.ts';
import { IdentityRefused } from './identity-refused.ts';
import { hashPassword, passwordProblem, verifyPassword } from './passwords.ts';
import { replaceRecoveryCodes, spendProof, verifyCode } from './second-factor.ts';
import { endSessionsOf } from './sessions.ts';
import { countProof, forgiveProof } from './sign-in-delays.ts';
import { otpauthUri, stepOfCode, TOTP_SECRET_BYTES, toBase32 } from './totp.ts';

/** A person at work on his own account. */
export type Person = Identity & { session: NonNullable<Identity['session']> };

/**
 * All other sessions of the person end.
 * @throws IdentityRefused `sign_in_refused` when the current one is wrong, `weak_password`, `too_many_requests`, `no_password`
 */
export async function changePassword(
  store: Store,
  keys: IdentityKeys,
  person: Person,
  { current, next }: { current: string; next: string },
): Promise<void> {
  const weakness =
    passwordProblem(next, person.name) ?? (next === current ? 'must be another one than before' : undefined);
  if (weakness !== undefined)
    throw new IdentityRefused('weak_password', `The new password ${weakness}.`, { field: 'next' });
  const before = await provePassword(store, keys, person, current);
  const passwordHash = await hashPassword(next, keys.pepper);
  const { userId, id } = person.session;
  await store.transaction(async (tx) => {
    const { count } = await tx.user.updateMany({
      where: { id: userId, passwordHash: before, disabledAt: null },
      data: { passwordHash, passwordOneTime: false, passwordExpiresAt: null },
    });
    if (count === 0) throw wrong();
    const endedSessions = await endSessionsOf(tx, userId, id);
    await recordEvent(tx, {
      actor: person.actor,
      action: 'user.password_changed',
      object: 'user',
      objectId: person.name,
      details: { endedSessions },
    });
  });
}

/**
 * The first step: a secret for the authenticator. It counts when a code of it has been shown.
 * @throws IdentityRefused `sign_in_refused`, `second_factor_conflict`, `too_many_requests`, `no_password`
 */
export async function beginSecondFactor(
  store: Store,
  keys: IdentityKeys,
  person: Person,
  password: string,
): Promise<{ secret: string; uri: string }> {
  await provePassword(store, keys, person, password);
  const plain = randomBytes(TOTP_SECRET_BYTES);
  const { userId } = person.session;
  await store.transaction(async (tx) => {
    const { count } = await tx.user.updateMany({
      where: { id: userId, totpSecret: null },
      data: { totpPending: keys.seal(userId, plain) },
    });
    if (count === 0)
      throw new IdentityRefused('second_factor_conflict', 'There is a second factor; remove it first.');
    await recordEvent(tx, {
      actor: person.actor,
      action: 'user.second_factor_begun',
      object: 'user',
      objectId: person.name,
      details: {},
    });
  });
  const secret = toBase32(plain);
  return { secret, uri: otpauthUri(secret, person.name) };
}

/**
 * The second step. The recovery codes are returned this once.
 * @throws IdentityRefused `sign_in_refused`, `second_factor_conflict`, `too_many_requests`
 */
export async function confirmSecondFactor(
  store: Store,
  keys: IdentityKeys,
  person: Person,
  code: string,
): Promise<string[]> {
  const { userId, id } = person.session;
  const user = await store.db.user.findUniqueOrThrow({ where: { id: userId } });
  const pending = user.totpPending;
  if (!pending)
    throw new IdentityRefused('second_factor_conflict', 'No second factor waits for its first code.');
  await store.transaction((tx) => countProof(tx, keys, 'code', userId));
  const step = stepOfCode(keys.open(userId, pending), code, await store.now());
  if (step === undefined) throw wrong();
  return store.transaction(async (tx) => {
    const { count } = await tx.user.updateMany({
      where: { id: userId, totpPending: pending },
      data: { totpSecret: pending, totpPending: null, totpLastStep: step },
    });
    if (count === 0) throw new IdentityRefused('second_factor_conflict', 'It has been begun anew meanwhile.');
    const codes = await replaceRecoveryCodes(tx, keys, userId);
    await forgiveProof(tx, keys, 'code', userId);
    // Those were opened with less.
    const endedSessions = await endSessionsOf(tx, userId, id);
    await recordEvent(tx, {
      actor: person.actor,
      action: 'user.second_factor_added',
      object: 'user',
      objectId: person.name,
      details: { endedSessions },
    });
    return codes;
  });
}

/** @throws IdentityRefused `sign_in_refused`, `second_factor_conflict`, `too_many_requests`, `no_password` */
export async function removeSecondFactor(
  store: Store,
  keys: IdentityKeys,
  person: Person,
  { password, code }: { password: string; code: string },
): Promise<void> {
  await provePassword(store, keys, person, password);
  const { userId } = person.session;
  const { totpSecret } = await store.db.user.findUniqueOrThrow({ where: { id: userId } });
  if (!totpSecret) throw new IdentityRefused('second_factor_conflict', 'There is no second factor.');
  await store.transaction((tx) => countProof(tx, keys, 'code', userId));
  const proof = await verifyCode(store, keys, { id: userId, totpSecret }, code);
  if (!proof) throw wrong();
  await store.transaction(async (tx) => {
    if (!(await spendProof(tx, userId, proof))) throw wrong();
    await tx.user.update({
      where: { id: userId },
      data: { totpSecret: null, totpPending: null, totpLastStep: null },
    });
    await tx.recoveryCode.deleteMany({ where: { userId } });
    await forgiveProof(tx, keys, 'code', userId);
    await recordEvent(tx, {
      actor: person.actor,
      action: 'user.second_factor_removed',
      object: 'user',
      objectId: person.name,
      details: {},
    });
  });
}

/** Returns the hash that was right, so that a change can insist on it. */
async function provePassword(
  store: Store,
  keys: IdentityKeys,
  { session: { userId } }: Person,
  password: string,
): Promise<string> {
  const { passwordHash } = await store.db.user.findUniqueOrThrow({ where: { id: userId } });
  if (passwordHash === null)
    throw new IdentityRefused(
      'no_password',
      'You sign in at the identity provider: password and second factor are changed there.',
    );
  await store.transaction((tx) => countProof(tx, keys, 'password', userId));
  if (!(await verifyPassword(password, passwordHash, keys.pepper))) throw wrong();
  await store.transaction((tx) => forgiveProof(tx, keys, 'password', userId));
  return passwordHash;
}

function wrong(): IdentityRefused {
  return new IdentityRefused('sign_in_refused', 'Password or code is not right.');
}
