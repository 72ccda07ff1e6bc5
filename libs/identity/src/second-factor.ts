import { randomBytes } from 'node:crypto';
import type { Store, Tx } from '#store';
import type { Bytes, IdentityKeys } from './identity-keys.ts';
import { stepOfCode, toBase32 } from './totp.ts';

/** 80 bits each: no list of guesses, no slow hash needed. */
const RECOVERY_CODE_BYTES = 10;
const RECOVERY_CODES = 10;
const RECOVERY_FORM = /^[A-Z2-7]{16}$/;
const TOTP_FORM = /^\d{6}$/;

/** What was shown, found right, and not spent yet. */
export type SecondFactorProof = { kind: 'totp'; step: number } | { kind: 'recovery'; id: string };

/** undefined: it is not right, or has been used. */
export async function verifyCode(
  store: Store,
  keys: IdentityKeys,
  user: { id: string; totpSecret: Uint8Array },
  given: string,
): Promise<SecondFactorProof | undefined> {
  const code = given.replace(/[\s-]/g, '').toUpperCase();
  if (TOTP_FORM.test(code)) {
    const step = stepOfCode(keys.open(user.id, user.totpSecret), code, await store.now());
    return step === undefined ? undefined : { kind: 'totp', step };
  }
  if (!RECOVERY_FORM.test(code)) return undefined;
  const row = await store.db.recoveryCode.findUnique({
    where: { digest: keys.digest('recovery', `${user.id} ${code}`), usedAt: null },
  });
  return row ? { kind: 'recovery', id: row.id } : undefined;
}

/** Once: of two who show the same code at the same time, one is let in. */
export async function spendProof(tx: Tx, userId: string, proof: SecondFactorProof): Promise<boolean> {
  if (proof.kind === 'recovery') {
    const { count } = await tx.recoveryCode.updateMany({
      where: { id: proof.id, userId, usedAt: null },
      data: { usedAt: new Date() },
    });
    return count === 1;
  }
  const spent = await tx.$executeRaw`
    UPDATE user_account SET totp_last_step = ${proof.step}::int
     WHERE id = ${userId}::uuid AND (totp_last_step IS NULL OR totp_last_step < ${proof.step}::int)`;
  return spent === 1;
}

/** In place of those there were; returned this once, in groups of four. */
export async function replaceRecoveryCodes(tx: Tx, keys: IdentityKeys, userId: string): Promise<string[]> {
  const codes = Array.from({ length: RECOVERY_CODES }, () => toBase32(randomBytes(RECOVERY_CODE_BYTES)));
  await tx.recoveryCode.deleteMany({ where: { userId } });
  await tx.recoveryCode.createMany({
    data: codes.map((code): { userId: string; digest: Bytes } => ({
      userId,
      digest: keys.digest('recovery', `${userId} ${code}`),
    })),
  });
  return codes.map((code) => code.match(/.{4}/g)!.join('-'));
}
