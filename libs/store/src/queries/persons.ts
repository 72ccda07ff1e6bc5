import type { Actor } from '#domain';
import type { Tx } from '../open-store.ts';

/**
 * Who stands behind an actor: an API key is who made it, however many keys lie between. null: nobody knows.
 * `gone`: a user who may not sign in any more, or a key that was revoked.
 */
export async function findPersonBehind(
  tx: Tx,
  { kind, name }: Actor,
): Promise<{ person: string | null; gone: boolean }> {
  const [row] = await tx.$queryRaw<{ person: string | null; gone: boolean }[]>`
    SELECT person,
           EXISTS (SELECT FROM user_account WHERE 'user ' || name = person AND disabled_at IS NOT NULL)
           OR ${kind} = 'api_key' AND EXISTS (SELECT FROM api_key WHERE name = ${name} AND revoked_at IS NOT NULL) AS gone
      FROM person_behind(${kind}, ${name}) AS person`;
  return row!;
}

/** The name of who stands behind each of these API keys; absent where nobody knows. */
export async function findPersonsBehindKeys(
  db: Tx,
  keyNames: readonly string[],
): Promise<Map<string, string>> {
  const rows = await db.$queryRaw<{ name: string; person: string }[]>`
    SELECT name, regexp_replace(person, '^[a-z]+ ', '') AS person
      FROM unnest(${[...keyNames]}::text[]) AS name, person_behind('api_key', name) AS person
     WHERE person IS NOT NULL`;
  return new Map(rows.map(({ name, person }) => [name, person]));
}
