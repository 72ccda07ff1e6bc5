import type { Actor } from '#domain';
import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import type { Reach, Scope } from './scope.ts';

/**
 * Who stands behind an actor: an API key is who made it, however many keys lie between. null: nobody knows.
 * @returns `user anna`, `system start`: as the database writes it; for comparing
 */
export async function findPersonBehind(tx: Tx, { kind, name }: Actor): Promise<string | null> {
  const [row] = await tx.$queryRaw<{ person: string | null }[]>`
    SELECT person_behind(${kind}, ${name}) AS person`;
  return row!.person;
}

/** On the row `api_key`: a key that it comes from is revoked, however many keys lie between. */
export const COMES_FROM_REVOKED = Prisma.sql`EXISTS (
  WITH RECURSIVE maker (name) AS (
    SELECT api_key.created_by WHERE api_key.created_by_kind = 'api_key'
    UNION
    SELECT above.created_by FROM maker JOIN api_key above ON above.name = maker.name AND above.created_by_kind = 'api_key'
  )
  SELECT FROM maker JOIN api_key above ON above.name = maker.name WHERE above.revoked_at IS NOT NULL)`;

/** A key, or the account of a person: what it may now. */
export interface AccountRights extends Scope {
  role: string;
  /** Revoked, also with a key that it comes from, expired, or disabled. */
  gone: boolean;
}

/**
 * All that an actor has to be allowed by: the key, and the person behind it. Nothing: somebody of the machine itself, who has no
 * account here.
 */
export async function findAccountsBehind(tx: Tx, { kind, name }: Actor): Promise<AccountRights[]> {
  const rows = await tx.$queryRaw<{ role: string; partners: string[]; routes: string[]; gone: boolean }[]>`
    SELECT role, partners, routes,
           revoked_at IS NOT NULL OR coalesce(expires_at <= clock_timestamp(), FALSE) OR ${COMES_FROM_REVOKED} AS gone
      FROM api_key WHERE ${kind} = 'api_key' AND name = ${name}
    UNION ALL
    SELECT role, partners, ARRAY['*'], disabled_at IS NOT NULL
      FROM person_behind(${kind}, ${name}) AS person JOIN user_account ON person = 'user ' || user_account.name`;
  return rows.map((row) => ({ ...row, partners: reachOf(row.partners), routes: reachOf(row.routes) }));
}

function reachOf(names: string[]): Reach {
  return names.includes('*') ? 'all' : names;
}

/** Who stands behind each of these API keys; null: nobody knows. Stopped: he is disabled, or a key that it comes from is revoked. */
export async function findPersonsBehindKeys(
  db: Tx,
  keyNames: readonly string[],
): Promise<Map<string, { person: string | null; stopped: boolean }>> {
  const rows = await db.$queryRaw<{ key: string; person: string | null; stopped: boolean }[]>`
    SELECT key, regexp_replace(person, '^[a-z]+ ', '') AS person,
           disabled_at IS NOT NULL OR ${COMES_FROM_REVOKED} AS stopped
      FROM unnest(${[...keyNames]}::text[]) AS key
      JOIN api_key ON api_key.name = key
     CROSS JOIN LATERAL person_behind('api_key', key) AS person
      LEFT JOIN user_account ON person LIKE 'user %' AND user_account.name = substr(person, 6)`;
  return new Map(rows.map(({ key, ...found }) => [key, found]));
}
