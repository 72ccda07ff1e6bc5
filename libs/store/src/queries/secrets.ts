import type { Tx } from '../open-store.ts';

/** A sealed secret as #secrets makes and opens it; here it is only bytes. */
export interface SecretRow {
  name: string;
  version: number;
  sealedKey: Uint8Array<ArrayBuffer>;
  nonce: Uint8Array<ArrayBuffer>;
  ciphertext: Uint8Array<ArrayBuffer>;
}

/** Replaces the version before. */
export async function putSecret(tx: Tx, secret: SecretRow): Promise<void> {
  const { name, version, sealedKey, nonce, ciphertext } = secret;
  const columns = { version, sealedKey, nonce, ciphertext, updatedAt: new Date() };
  await tx.secret.upsert({ where: { name }, create: { name, ...columns }, update: columns });
  // Endpoints that were refused with the old value may try the new one at once.
  await tx.$executeRaw`
    UPDATE endpoint SET login_refused_at = NULL
     WHERE login_refused_at IS NOT NULL AND position(${`"secret": "${name}"`} IN settings::text) > 0`;
}

export async function readSecret(db: Tx, name: string): Promise<SecretRow | null> {
  return db.secret.findUnique({ where: { name }, omit: { createdAt: true, updatedAt: true } });
}

export async function listSecrets(db: Tx): Promise<{ name: string; version: number; updatedAt: Date }[]> {
  return db.secret.findMany({
    select: { name: true, version: true, updatedAt: true },
    orderBy: { name: 'asc' },
  });
}
