import type { Actor, Role } from '#domain';
import type { Tx } from '../open-store.ts';
import { COMES_FROM_REVOKED } from './persons.ts';

/** A program's identity without what it proves it with. */
export interface ApiKeyRecord {
  id: string;
  name: string;
  role: Role;
  /** `*` alone: all of them. */
  partners: string[];
  routes: string[];
  createdAt: Date;
  createdBy: string | null;
  createdByKind: string | null;
  lastUsedAt: Date | null;
  expiresAt: Date | null;
  revokedAt: Date | null;
}

const WITHOUT_DIGEST = { digest: true } as const;

export interface NewApiKey {
  name: string;
  role: Role;
  /** HMAC of the key; the key itself is never stored. */
  digest: Uint8Array<ArrayBuffer>;
  partners: string[];
  routes: string[];
  createdBy: string;
  createdByKind: Actor['kind'];
  expiresAt?: Date | undefined;
}

/** undefined when the name is taken, by a revoked key too: names in the audit stay unambiguous. */
export async function insertApiKey(tx: Tx, key: NewApiKey): Promise<ApiKeyRecord | undefined> {
  const inserted = await tx.apiKey.createMany({
    data: [{ ...key, expiresAt: key.expiresAt ?? null }],
    skipDuplicates: true,
  });
  if (inserted.count === 0) return undefined;
  return record(await tx.apiKey.findUniqueOrThrow({ where: { name: key.name }, omit: WITHOUT_DIGEST }));
}

/** A key, and what the person behind it may now; null: it was made by nobody who has an account here. */
export type KeyInForce = ApiKeyRecord & { maker: { role: string; partners: string[] } | null };

/**
 * Only a key in force: neither revoked, alone or with one that it comes from, nor expired by the database's clock, nor of somebody
 * who is disabled. Asked with every request: most keys are made by a person, and the chain is walked for the others only.
 */
export async function findApiKey(db: Tx, digest: Uint8Array<ArrayBuffer>): Promise<KeyInForce | null> {
  const rows = await db.$queryRaw<
    (ApiKeyRecord & { makerRole: string | null; makerPartners: string[] | null })[]
  >`
    SELECT api_key.id::text, api_key.name, api_key.role, api_key.partners, api_key.routes, api_key.created_by AS "createdBy",
           created_by_kind AS "createdByKind", api_key.created_at AS "createdAt", last_used_at AS "lastUsedAt",
           expires_at AS "expiresAt", revoked_at AS "revokedAt", maker.role AS "makerRole", maker.partners AS "makerPartners"
      FROM api_key
     CROSS JOIN LATERAL (SELECT CASE created_by_kind WHEN 'api_key' THEN person_behind('api_key', api_key.created_by)
                                ELSE created_by_kind || ' ' || api_key.created_by END) AS maker_of (person)
      LEFT JOIN user_account maker ON person LIKE 'user %' AND maker.name = substr(person, 6)
     WHERE digest = ${digest} AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > clock_timestamp())
       AND maker.disabled_at IS NULL AND NOT ${COMES_FROM_REVOKED}`;
  const [row] = rows;
  if (!row) return null;
  const { makerRole: role, makerPartners: partners, ...key } = row;
  return { ...key, maker: role === null || partners === null ? null : { role, partners } };
}

/** There is a key or a person, whether in force or not: this installation is not a new one. */
export async function isAnybodyKnown(db: Tx): Promise<boolean> {
  const [row] = await db.$queryRaw<{ known: boolean }[]>`
    SELECT EXISTS (SELECT FROM api_key) OR EXISTS (SELECT FROM user_account) AS known`;
  return row!.known;
}

/** By name, the revoked ones too. */
export async function listApiKeys(
  db: Tx,
  { take, after }: { take?: number; after?: string | undefined } = {},
): Promise<ApiKeyRecord[]> {
  const rows = await db.apiKey.findMany({
    ...(after !== undefined && { where: { name: { gt: after } } }),
    ...(take !== undefined && { take }),
    omit: WITHOUT_DIGEST,
    orderBy: { name: 'asc' },
  });
  return rows.map(record);
}

/** false when there is no such key in force. */
export async function revokeApiKey(tx: Tx, name: string): Promise<boolean> {
  const count = await tx.$executeRaw`
    UPDATE api_key SET revoked_at = clock_timestamp() WHERE name = ${name} AND revoked_at IS NULL`;
  return count === 1;
}

/** Notes the use, at most once a minute: reading must not turn into a write per request. */
export async function touchApiKey(db: Tx, id: string): Promise<void> {
  await db.$executeRaw`
    UPDATE api_key SET last_used_at = clock_timestamp()
     WHERE id = ${id}::uuid AND (last_used_at IS NULL OR last_used_at < clock_timestamp() - interval '1 minute')`;
}

function record(row: Omit<ApiKeyRecord, 'role'> & { role: string }): ApiKeyRecord {
  return { ...row, role: row.role as Role };
}
