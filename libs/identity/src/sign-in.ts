import { recordEvent } from '#audit';
import type { Actor } from '#domain';
import type { Store, Tx } from '#store';
import type { IdentityKeys } from './identity-keys.ts';
import { IdentityRefused } from './identity-refused.ts';
import { verifyPassword } from './passwords.ts';
import { type SecondFactorProof, spendProof, verifyCode } from './second-factor.ts';
import { openSession } from './sessions.ts';
import { countProof, countTry, forgiveProof, forgiveTry, type SignInTry } from './sign-in-delays.ts';

export interface SignInRequest {
  name: string;
  password: string;
  /** Six digits of the authenticator, or a recovery code. */
  code?: string | undefined;
  address: string;
  client: string;
}

/** Nobody is known yet when a sign-in is refused. */
const GATE: Actor = { kind: 'system', name: 'sign-in' };

type RefusalReason = 'unknown' | 'password' | 'disabled' | 'expired' | 'code' | 'changed';

/**
 * Name and password, then the code: nothing about the second factor is said, and none is looked at, before the password
 * is right. Returns the session's token for the cookie.
 * @throws IdentityRefused `sign_in_refused`, `second_factor_required`, `too_many_requests`
 */
export async function signIn(
  store: Store,
  keys: IdentityKeys,
  request: SignInRequest,
): Promise<{ sessionId: string; token: string }> {
  const user = await store.db.user.findUnique({ where: { name: request.name } });
  const attempt: SignInTry = {
    name: request.name,
    address: request.address,
    known: user !== null && (await hasBeenHere(store.db, user.id, request.address)),
  };
  await store.transaction((tx) => countTry(tx, keys, attempt));
  // Looked at for names that do not exist, and for those without a password, as well: the answer takes as long.
  const right = await verifyPassword(request.password, user?.passwordHash ?? undefined, keys.pepper);
  if (!user) throw await refusal(store, request, undefined, 'unknown');
  if (!right) throw await refusal(store, request, user.name, 'password');
  if (user.disabledAt !== null) throw await refusal(store, request, user.name, 'disabled');
  if (user.passwordExpiresAt !== null && user.passwordExpiresAt <= (await store.now()))
    throw await refusal(store, request, user.name, 'expired');
  const { code } = request;
  if (user.totpSecret && code === undefined) {
    // The first of two steps, and no failure: whole offices that sign in from one address would soon have to wait.
    await store.transaction((tx) => forgiveTry(tx, keys, attempt));
    throw new IdentityRefused(
      'second_factor_required',
      'Send `code` as well: of the authenticator, or a recovery code.',
    );
  }
  const proof =
    user.totpSecret && code !== undefined
      ? await prove(store, keys, { ...user, totpSecret: user.totpSecret }, { ...request, code })
      : undefined;
  const made = await store.transaction(async (tx) => {
    if (!(await isUnchanged(tx, user)) || (proof && !(await spendProof(tx, user.id, proof))))
      return undefined;
    await tx.$executeRaw`
      UPDATE user_account SET last_sign_in_at = clock_timestamp() WHERE id = ${user.id}::uuid`;
    await forgiveTry(tx, keys, attempt);
    if (proof) await forgiveProof(tx, keys, 'code', user.id);
    const { address, client } = request;
    return openSession(tx, keys, { userId: user.id, userName: user.name, address, client });
  });
  if (!made) throw await refusal(store, request, user.name, 'changed');
  return { sessionId: made.id, token: made.token };
}

async function prove(
  store: Store,
  keys: IdentityKeys,
  user: { id: string; name: string; totpSecret: Uint8Array },
  request: SignInRequest & { code: string },
): Promise<SecondFactorProof> {
  await store.transaction((tx) => countProof(tx, keys, 'code', user.id));
  const proof = await verifyCode(store, keys, user, request.code);
  if (!proof) throw await refusal(store, request, user.name, 'code');
  return proof;
}

/** Whoever took the password, the factor or the right away meanwhile has the last word. */
async function isUnchanged(
  tx: Tx,
  user: { id: string; passwordHash: string | null; totpSecret: Uint8Array | null },
): Promise<boolean> {
  const rows = await tx.$queryRaw<unknown[]>`
    SELECT 1 FROM user_account
     WHERE id = ${user.id}::uuid AND password_hash = ${user.passwordHash} AND disabled_at IS NULL
       AND totp_secret IS NOT DISTINCT FROM ${user.totpSecret}::bytea FOR UPDATE`;
  return rows.length === 1;
}

async function hasBeenHere(db: Tx, userId: string, address: string): Promise<boolean> {
  const rows = await db.$queryRaw<unknown[]>`
    SELECT 1 FROM session WHERE user_id = ${userId}::uuid AND address = ${address}
                            AND created_at > clock_timestamp() - interval '30 days' LIMIT 1`;
  return rows.length > 0;
}

/** One answer for everything that is wrong; the audit knows more. What was typed as a name of nobody may be a password. */
async function refusal(
  store: Store,
  { address, client }: SignInRequest,
  name: string | undefined,
  reason: RefusalReason,
): Promise<IdentityRefused> {
  await store.transaction((tx) =>
    recordEvent(tx, {
      actor: GATE,
      action: 'user.sign_in_refused',
      object: 'user',
      objectId: name ?? 'unknown',
      details: { reason, address, client },
    }),
  );
  return new IdentityRefused('sign_in_refused', 'Name, password or code is not right.');
}
