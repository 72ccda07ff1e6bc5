import type { Tx } from '../open-store.ts';
import { type Page, type PageRequest, pageSize, readNameCursor, writeNameCursor } from './page.ts';

/** A sealed secret as #secrets makes and opens it; here it is only bytes. */
export interface SecretRow {
  name: string;
  version: number;
  keyId: string | null;
  sealedKey: Uint8Array<ArrayBuffer>;
  nonce: Uint8Array<ArrayBuffer>;
  ciphertext: Uint8Array<ArrayBuffer>;
}

/** A key pair of the installation, its private half wrapped. */
export interface SealingKeyRow {
  id: string;
  publicKey: Uint8Array<ArrayBuffer>;
  wrapped: Uint8Array<ArrayBuffer>;
  wrappedBy: string;
}

/** What is told of a secret; never its value. */
export interface SecretEntry {
  name: string;
  version: number;
  keyId: string | null;
  createdAt: Date;
  updatedAt: Date;
}

/** The key that secrets are sealed to from now on; it stays so until the end of the transaction. */
export async function currentSealingKey(
  tx: Tx,
): Promise<{ id: string; publicKey: Uint8Array<ArrayBuffer> } | undefined> {
  // Rotation and retirement wait for whoever seals: no row is written under a key that is gone.
  await tx.$queryRaw`SELECT pg_advisory_xact_lock_shared(hashtext('sealing_key'))::text`;
  const row = await tx.sealingKey.findFirst({
    where: { state: 'current' },
    select: { id: true, publicKey: true },
  });
  return row ?? undefined;
}

/** Replaces the version before; sealed in the same transaction to `currentSealingKey`. */
export async function putSecret(tx: Tx, secret: SecretRow): Promise<void> {
  const { name, version, keyId, sealedKey, nonce, ciphertext } = secret;
  const columns = { version, keyId, sealedKey, nonce, ciphertext, updatedAt: new Date() };
  await tx.secret.upsert({ where: { name }, create: { name, ...columns }, update: columns });
  // Endpoints that were refused with the old value may try the new one at once.
  await tx.$executeRaw`
    UPDATE endpoint SET login_refused_at = NULL
     WHERE login_refused_at IS NOT NULL AND position(${`"secret": "${name}"`} IN settings::text) > 0`;
}

/** The version to follow of a secret that may not be there yet; nobody else writes it until the end of the transaction. */
export async function nextSecretVersion(tx: Tx, name: string): Promise<number> {
  await tx.$queryRaw`SELECT pg_advisory_xact_lock(hashtext('secret'), hashtext(${name}))::text`;
  const row = await tx.secret.findUnique({ where: { name }, select: { version: true } });
  return (row?.version ?? 0) + 1;
}

/** Row and key of one moment: a key that is retired meanwhile has no row any more. */
export async function readSecret(
  db: Tx,
  name: string,
): Promise<{ secret: SecretRow; key: SealingKeyRow | null } | null> {
  const [row] = await db.$queryRaw<ReadRow[]>`
    SELECT secret.name, version, key_id AS "keyId", sealed_key AS "sealedKey", nonce, ciphertext,
           public_key AS "publicKey", wrapped, wrapped_by AS "wrappedBy"
      FROM secret LEFT JOIN sealing_key ON sealing_key.id = secret.key_id AND state <> 'retired'
     WHERE secret.name = ${name}`;
  if (!row) return null;
  const { publicKey, wrapped, wrappedBy, ...secret } = row;
  const key = publicKey && wrapped && wrappedBy !== null && secret.keyId !== null;
  return { secret, key: key ? { id: secret.keyId!, publicKey, wrapped, wrappedBy } : null };
}

type ReadRow = SecretRow & {
  publicKey: Uint8Array<ArrayBuffer> | null;
  wrapped: Uint8Array<ArrayBuffer> | null;
  wrappedBy: string | null;
};

const TOLD = { name: true, version: true, keyId: true, createdAt: true, updatedAt: true } as const;

/** By name. @throws InvalidCursor */
export async function searchSecrets(db: Tx, { cursor, limit }: PageRequest): Promise<Page<SecretEntry>> {
  const after = cursor === undefined ? undefined : readNameCursor('secret', cursor);
  const size = pageSize(limit);
  const rows = await db.secret.findMany({
    select: TOLD,
    where: after === undefined ? {} : { name: { gt: after } },
    orderBy: { name: 'asc' },
    take: size + 1,
  });
  const items = rows.slice(0, size);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > size && last ? writeNameCursor('secret', last.name) : null };
}

/** All of them, by name. */
export async function listSecrets(db: Tx): Promise<SecretEntry[]> {
  return db.secret.findMany({ select: TOLD, orderBy: { name: 'asc' } });
}

/** Names of the endpoints that refer to it. */
export async function findSecretUsers(tx: Tx, name: string): Promise<string[]> {
  const rows = await tx.$queryRaw<{ name: string }[]>`
    SELECT name FROM endpoint WHERE position(${`"secret": "${name}"`} IN settings::text) > 0 ORDER BY name`;
  return rows.map((row) => row.name);
}

/** False when there is none of this name. */
export async function deleteSecret(tx: Tx, name: string): Promise<boolean> {
  const { count } = await tx.secret.deleteMany({ where: { name } });
  return count === 1;
}
