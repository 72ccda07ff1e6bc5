import type { Actor } from '#domain';
import { Prisma, type ConfigurationChange as Row } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import {
  inOrder,
  type Page,
  type PageRequest,
  pageSize,
  readNumberCursor,
  writeNumberCursor,
} from './page.ts';
import type { Scope } from './scope.ts';

export interface FieldChange {
  path: string;
  before?: unknown;
  after?: unknown;
}

/** One object of the configuration, before and after. */
export interface ChangeToRecord {
  kind: 'create' | 'change' | 'delete';
  noun: 'partner' | 'endpoint' | 'route';
  name: string;
  /** Whom it concerns. */
  partners: readonly string[];
  /** As the file writes it; null where there is none. */
  before: object | null;
  after: object | null;
  fields: readonly FieldChange[];
}

/** What belongs together. */
export interface ChangeSet {
  id: string;
  actor: Actor;
  approvalId: string | undefined;
  origin: string;
}

/** Appends to the history in the caller's transaction. */
export async function recordConfigurationChanges(
  tx: Tx,
  { id, actor, approvalId, origin }: ChangeSet,
  changes: readonly ChangeToRecord[],
): Promise<void> {
  if (changes.length === 0) return;
  const rows = JSON.stringify(changes.map((change, place) => ({ ...change, place })));
  await tx.$executeRaw`
    INSERT INTO configuration_change
           (change_set, actor_kind, actor_name, approval_id, origin, kind, noun, name, partners, before, after, fields)
    SELECT ${id}::uuid, ${actor.kind}, ${actor.name}, ${approvalId ?? null}::uuid, ${origin}, kind, noun, name,
           ARRAY(SELECT jsonb_array_elements_text(partners)), nullif(before, 'null'), nullif(after, 'null'), fields
      FROM jsonb_to_recordset(${rows}::jsonb)
           AS change(place int, kind text, noun text, name text, partners jsonb, before jsonb, after jsonb, fields jsonb)
     ORDER BY place`;
}

export interface ConfigurationChangeRecord extends Omit<ChangeToRecord, 'partners'> {
  id: bigint;
  at: Date;
  changeSet: string;
  actor: Actor;
  approvalId: string | null;
  origin: string;
}

export interface ConfigurationChangeSearch extends PageRequest {
  noun?: string | undefined;
  name?: string | undefined;
  /** Name of the actor. */
  actor?: string | undefined;
  since?: Date | undefined;
  until?: Date | undefined;
}

/** Newest first. */
export async function searchConfigurationChanges(
  db: Tx,
  scope: Scope,
  search: ConfigurationChangeSearch,
): Promise<Page<ConfigurationChangeRecord>> {
  const { cursor, noun, name, actor, since, until } = search;
  const size = pageSize(search.limit);
  const before = readNumberCursor(LIST, cursor);
  const conditions = [
    concerns(scope.partners, Prisma.sql`at`),
    ...(scope.routes === 'all'
      ? []
      : [Prisma.sql`(noun = 'route' AND name = ANY (${[...scope.routes]}::text[]))`]),
    ...(before === undefined ? [] : [Prisma.sql`id < ${before}`]),
    ...(noun === undefined ? [] : [Prisma.sql`noun = ${noun}`]),
    ...(name === undefined ? [] : [Prisma.sql`name = ${name}`]),
    ...(actor === undefined ? [] : [Prisma.sql`actor_name = ${actor}`]),
    ...(since === undefined ? [] : [Prisma.sql`at >= ${since}::timestamptz`]),
    ...(until === undefined ? [] : [Prisma.sql`at <= ${until}::timestamptz`]),
  ];
  const found = await db.$queryRaw<{ id: bigint }[]>`
    SELECT id FROM configuration_change WHERE ${Prisma.join(conditions, ' AND ')}
     ORDER BY id DESC LIMIT ${size + 1}`;
  const ids = found.slice(0, size).map(({ id }) => id);
  const last = ids.at(-1);
  const rows = await db.configurationChange.findMany({ where: { id: { in: ids } } });
  return {
    items: inOrder(ids, rows).map(record),
    nextCursor: found.length > size && last !== undefined ? writeNumberCursor(LIST, last) : null,
  };
}

const LIST = 'configuration_change';

/**
 * On a column `partners`: nobody else's; what concerns no partner is seen by `all` only, and so is what was before a partner of
 * this name: it was another one.
 * @param at the column that says when
 */
export function concerns(partners: Scope['partners'], at: Prisma.Sql): Prisma.Sql {
  if (partners === 'all') return Prisma.sql`TRUE`;
  return Prisma.sql`(partners <> '{}' AND partners <@ ${[...partners]}::text[]
    AND NOT EXISTS (SELECT FROM partner WHERE partner.name = ANY (partners) AND partner.created_at > ${at}))`;
}

function record(row: Row): ConfigurationChangeRecord {
  return {
    id: row.id,
    at: row.at,
    changeSet: row.changeSet,
    actor: { kind: row.actorKind as Actor['kind'], name: row.actorName },
    approvalId: row.approvalId,
    origin: row.origin,
    kind: row.kind as ChangeToRecord['kind'],
    noun: row.noun as ChangeToRecord['noun'],
    name: row.name,
    before: row.before as object | null,
    after: row.after as object | null,
    fields: row.fields as unknown as FieldChange[],
  };
}
