import type { Actor } from '#domain';
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

/** A key, or the account of a person: what it may now. */
export interface AccountRights extends Scope {
  role: string;
  /** Revoked or disabled. */
  gone: boolean;
}

/**
 * All that an actor has to be allowed by: the key, and the person behind it. Nothing: somebody of the machine itself, who has no
 * account here.
 */
export async function findAccountsBehind(tx: Tx, { kind, name }: Actor): Promise<AccountRights[]> {
  const rows = await tx.$queryRaw<{ role: string; partners: string[]; routes: string[]; gone: boolean }[]>`
    SELECT role, partners, routes, revoked_at IS NOT NULL AS gone
      FROM api_key WHERE ${kind} = 'api_key' AND name = ${name}
    UNION ALL
    SELECT role, partners, ARRAY['*'], disabled_at IS NOT NULL
      FROM person_behind(${kind}, ${name}) AS person JOIN user_account ON person = 'user ' || user_account.name`;
  return rows.map((row) => ({ ...row, partners: reachOf(row.partners), routes: reachOf(row.routes) }));
}

function reachOf(names: string[]): Reach {
  return names.includes('*') ? 'all' : names;
}

/** Who stands behind each of these API keys, and whether he may not sign in any more; absent where nobody knows. */
export async function findPersonsBehindKeys(
  db: Tx,
  keyNames: readonly string[],
): Promise<Map<string, { person: string; disabled: boolean }>> {
  const rows = await db.$queryRaw<{ key: string; person: string; disabled: boolean }[]>`
    SELECT key, regexp_replace(person, '^[a-z]+ ', '') AS person, disabled_at IS NOT NULL AS disabled
      FROM unnest(${[...keyNames]}::text[]) AS key
     CROSS JOIN LATERAL person_behind('api_key', key) AS person
      LEFT JOIN user_account ON person LIKE 'user %' AND user_account.name = substr(person, 6)
     WHERE person IS NOT NULL`;
  return new Map(rows.map(({ key, ...found }) => [key, found]));
}
