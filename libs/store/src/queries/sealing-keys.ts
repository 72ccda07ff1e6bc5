import type { Tx } from '../open-store.ts';
import type { SealingKeyRow, SecretRow } from './secrets.ts';

/** What is told of a key pair. */
export interface SealingKeyEntry {
  id: string;
  state: 'current' | 'old' | 'retired';
  /** Null when it is retired. */
  wrappedBy: string | null;
  createdAt: Date;
  retiredAt: Date | null;
  /** How many secrets are sealed to it. */
  secrets: number;
}

/** Something stands in the database that a new key-encryption key would not open. */
export async function isAnythingSealed(db: Tx): Promise<boolean> {
  const [row] = await db.$queryRaw<{ sealed: boolean }[]>`
    SELECT EXISTS (SELECT FROM secret) OR EXISTS (SELECT FROM sealing_key WHERE state <> 'retired') AS sealed`;
  return row!.sealed;
}

/** Nobody seals and nobody changes keys until the end of the transaction. */
export async function lockSealingKeys(tx: Tx): Promise<void> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext('sealing_key'))::text`;
}

/** The new one is current, and the one before old. Under `lockSealingKeys`. */
export async function putCurrentSealingKey(tx: Tx, key: SealingKeyRow): Promise<void> {
  await tx.sealingKey.updateMany({ where: { state: 'current' }, data: { state: 'old' } });
  const { id, publicKey, wrapped, wrappedBy } = key;
  await tx.sealingKey.create({ data: { id, publicKey, wrapped, wrappedBy, state: 'current' } });
}

/** Newest first, those that are retired last. */
export async function listSealingKeys(db: Tx): Promise<SealingKeyEntry[]> {
  return db.$queryRaw<SealingKeyEntry[]>`
    SELECT id, state, wrapped_by AS "wrappedBy", created_at AS "createdAt", retired_at AS "retiredAt",
           (SELECT count(*)::int FROM secret WHERE key_id = sealing_key.id) AS secrets
      FROM sealing_key ORDER BY state = 'retired', created_at DESC, id`;
}

/** Those whose private half can be had. */
export async function findLiveSealingKeys(db: Tx): Promise<(SealingKeyRow & { state: string })[]> {
  const rows = await db.sealingKey.findMany({
    where: { state: { not: 'retired' } },
    omit: { createdAt: true, retiredAt: true },
  });
  return rows.flatMap(({ wrapped, wrappedBy, ...row }) =>
    wrapped === null || wrappedBy === null ? [] : [{ ...row, wrapped, wrappedBy }],
  );
}

/** Whether what is sealed to it can still be opened. Under `currentSealingKey`, so that it stays so. */
export async function isSealingKeyLive(tx: Tx, id: string): Promise<boolean> {
  return (await tx.sealingKey.count({ where: { id, state: { not: 'retired' } } })) === 1;
}

/** Another wrapping of the same key. False when it has changed since it was read. */
export async function rewrapSealingKeyRow(tx: Tx, key: SealingKeyRow, before: string): Promise<boolean> {
  const { count } = await tx.sealingKey.updateMany({
    where: { id: key.id, wrappedBy: before },
    data: { wrapped: key.wrapped, wrappedBy: key.wrappedBy },
  });
  return count === 1;
}

/** A few of the secrets that are sealed to another key than this one. */
export async function findSecretsToReseal(db: Tx, currentId: string, after: string): Promise<SecretRow[]> {
  return db.secret.findMany({
    where: { name: { gt: after }, OR: [{ keyId: null }, { keyId: { not: currentId } }] },
    omit: { createdAt: true, updatedAt: true },
    orderBy: { name: 'asc' },
    take: 100,
  });
}

export async function countSecretsToReseal(db: Tx, currentId: string): Promise<number> {
  return db.secret.count({ where: { OR: [{ keyId: null }, { keyId: { not: currentId } }] } });
}

/** False when somebody has written the secret since it was read: then it is sealed to a newer key anyway. */
export async function resealSecretRow(tx: Tx, secret: SecretRow, before: string | null): Promise<boolean> {
  const { name, version, keyId, sealedKey } = secret;
  const { count } = await tx.secret.updateMany({
    where: { name, version, keyId: before },
    data: { keyId, sealedKey },
  });
  return count === 1;
}

/** Old keys that no secret needs lose their private half, for ever. Under `lockSealingKeys`. Returns their ids. */
export async function retireSealingKeys(tx: Tx): Promise<string[]> {
  const rows = await tx.$queryRaw<{ id: string }[]>`
    UPDATE sealing_key SET state = 'retired', retired_at = clock_timestamp(), wrapped = NULL, wrapped_by = NULL
     WHERE state = 'old' AND NOT EXISTS (SELECT FROM secret WHERE key_id = sealing_key.id)
    RETURNING id`;
  return rows.map((row) => row.id);
}
