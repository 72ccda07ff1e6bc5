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
  /** Only endpoints of this partner may refer to it; null: it is the whole installation's. */
  partner: string | null;
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

/**
 * Replaces the version before; sealed in the same transaction to `currentSealingKey`.
 * @param partner absent: it stays whose it was
 */
export async function putSecret(tx: Tx, secret: SecretRow, partner?: string | null): Promise<void> {
  const { name, version, keyId, sealedKey, nonce, ciphertext } = secret;
  const owner = partner === undefined ? {} : { partnerId: await partnerIdOf(tx, partner) };
  const columns = { version, keyId, sealedKey, nonce, ciphertext, ...owner, updatedAt: new Date() };
  await tx.secret.upsert({ where: { name }, create: { name, ...columns }, update: columns });
  // Endpoints that were refused with the old value may try the new one at once.
  await tx.$executeRaw`
    UPDATE endpoint SET login_refused_at = NULL
     WHERE login_refused_at IS NOT NULL AND position(${`"secret": "${name}"`} IN settings::text) > 0`;
}

/** Whose it is from now on; it stays the version that it is. */
export async function assignSecret(tx: Tx, name: string, partner: string | null): Promise<void> {
  await tx.secret.update({ where: { name }, data: { partnerId: await partnerIdOf(tx, partner) } });
}

async function partnerIdOf(tx: Tx, name: string | null): Promise<string | null> {
  return name === null ? null : (await tx.partner.findUniqueOrThrow({ where: { name } })).id;
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

const TOLD = {
  name: true,
  version: true,
  keyId: true,
  partner: { select: { name: true } },
  createdAt: true,
  updatedAt: true,
} as const;

function entry({
  partner,
  ...row
}: Omit<SecretEntry, 'partner'> & { partner: { name: string } | null }): SecretEntry {
  return { ...row, partner: partner?.name ?? null };
}

export async function findSecret(db: Tx, name: string): Promise<SecretEntry | undefined> {
  const row = await db.secret.findUnique({ select: TOLD, where: { name } });
  return row ? entry(row) : undefined;
}

/** Whose each of them is: a partner's, or null for the whole installation's. What is not there is not in the map. */
export async function findSecretOwners(
  db: Tx,
  names: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  if (names.length === 0) return new Map();
  const rows = await db.secret.findMany({ select: TOLD, where: { name: { in: [...names] } } });
  return new Map(rows.map(entry).map(({ name, partner }) => [name, partner]));
}

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
  const items = rows.slice(0, size).map(entry);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > size && last ? writeNameCursor('secret', last.name) : null };
}

/** All of them, by name. */
export async function listSecrets(db: Tx): Promise<SecretEntry[]> {
  return (await db.secret.findMany({ select: TOLD, orderBy: { name: 'asc' } })).map(entry);
}

/** The endpoints that refer to it, and whose they are. */
export async function findSecretUsers(
  tx: Tx,
  name: string,
): Promise<{ name: string; partner: string | null }[]> {
  return tx.$queryRaw<{ name: string; partner: string | null }[]>`
    SELECT endpoint.name, partner.name AS partner
      FROM endpoint LEFT JOIN partner ON partner.id = endpoint.partner_id
     WHERE position(${`"secret": "${name}"`} IN settings::text) > 0 ORDER BY endpoint.name`;
}

/** False when there is none of this name. */
export async function deleteSecret(tx: Tx, name: string): Promise<boolean> {
  const { count } = await tx.secret.deleteMany({ where: { name } });
  return count === 1;
}
