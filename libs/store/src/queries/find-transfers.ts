import { Prisma } from '../generated/client.ts';
import type { Tx } from '../open-store.ts';
import {
  inPlaces,
  isAfter,
  likePattern,
  likeText,
  type PageOfIds,
  type Places,
  type Position,
  pageOf,
  pageSize,
  searchIds,
  whereAll,
} from './page.ts';
import { routeIsWithin, transferIsWithin, transferPlaces, type Within } from './scope.ts';
import type { TransferSearch } from './transfers.ts';

/** Of the newest so many files those of the name are looked for first, before all of the name are. */
const NEWEST = 4_000;
/** And of each place at least so many. */
const NEWEST_OF_PLACE = 40;
/** A partner with more routes is nobody rare: a page of the newest is soon full. */
const MOST_ROUTES = 300;
/** Eight digits of a hash are as good as all of it; more than so many of them nobody has asked for. */
const MOST_HASHES = 50;

/** The ids of one page, newest first, found without reading what is not asked for. */
export async function findTransferIds(db: Tx, within: Within, search: TransferSearch): Promise<PageOfIds> {
  const places = await placesOf(db, within, search);
  const ordered = orderedConditions(search);
  const others = [transferIsWithin(within), ...otherConditions(search)];
  const names = nameConditions(search);
  // Of one run there are few.
  if (search.runId !== undefined)
    return searchIds(db, 'transfer', Prisma.sql`transfer`, [...ordered, ...names, ...others], search);
  if (names.length > 0 && search.sha256 === undefined && search.sha256Prefix === undefined) {
    const newest = await findAmongNewest(db, search, places, ordered, [...names, ...others]);
    if (newest) return newest;
    if (isIndexed(search)) return findByName(db, search, [...names, ...ordered, ...others]);
  }
  const all = [...ordered, believed([...names, ...others])];
  return searchIds(db, 'transfer', Prisma.sql`transfer`, all, search, places);
}

/**
 * What is wanted beside the order, in a form of which PostgreSQL believes that every other row is. Where it believes that hardly one
 * is, it would rather read everything and sort it.
 */
function believed(wanted: readonly Prisma.Sql[]): Prisma.Sql {
  return Prisma.sql`CASE WHEN ${Prisma.join([...wanted], ' AND ')} THEN TRUE END`;
}

/** Everybody's are one place. */
function amongOf(places: Places | undefined): Prisma.Sql {
  return places?.among ?? Prisma.sql`ARRAY[0]`;
}

/** An index has the files of each in the order of the list: nothing else is read. */
async function placesOf(db: Tx, within: Within, search: TransferSearch): Promise<Places | undefined> {
  const hashes = await hashesOf(db, search);
  if (hashes) return listed(Prisma.sql`transfer.sha256`, hashes, Prisma.sql`text[]`);
  const routeIds = await routeIdsOf(db, within, search);
  if (routeIds) return listed(Prisma.sql`transfer.route_id`, routeIds, Prisma.sql`uuid[]`);
  const ofScope = transferPlaces(within);
  if (ofScope || search.state === undefined) return ofScope;
  return listed(Prisma.sql`transfer.state`, [search.state], Prisma.sql`text[]`);
}

function listed(column: Prisma.Sql, among: string[], type: Prisma.Sql): Places {
  return { column, among: Prisma.sql`${among}::${type}`, count: among.length };
}

async function hashesOf(db: Tx, { sha256, sha256Prefix }: TransferSearch): Promise<string[] | undefined> {
  if (sha256 !== undefined) return [sha256.toLowerCase()];
  if (sha256Prefix === undefined) return undefined;
  const { first, last } = hashRange(sha256Prefix);
  // From each hash to the next: how many files have it does not matter.
  const rows = await db.$queryRaw<{ sha256: string }[]>`
    WITH RECURSIVE hash(sha256) AS (
      SELECT min(sha256) FROM transfer WHERE sha256 >= ${first} AND sha256 < ${last}
      UNION ALL
      SELECT (SELECT min(transfer.sha256) FROM transfer WHERE transfer.sha256 > hash.sha256 AND transfer.sha256 < ${last})
        FROM hash WHERE hash.sha256 IS NOT NULL)
    SELECT sha256 FROM hash WHERE sha256 IS NOT NULL LIMIT ${MOST_HASHES}`;
  return rows.map((row) => row.sha256);
}

/** Hexadecimal digits stand in this order in every collation, and `g` behind them. */
function hashRange(prefix: string): { first: string; last: string } {
  return { first: prefix.toLowerCase(), last: `${prefix.toLowerCase()}g` };
}

/** Undefined where it is not said whose files are meant, or where these have too many routes. */
async function routeIdsOf(db: Tx, within: Within, search: TransferSearch): Promise<string[] | undefined> {
  const { route, partner, endpoint } = search;
  if (route === undefined && partner === undefined && endpoint === undefined) return undefined;
  const conditions = [routeIsWithin(within, Prisma.sql`place.route_id`)];
  const ends = (names: Prisma.Sql) =>
    Prisma.sql`(place.source_endpoint IN (${names}) OR place.destination_endpoint IN (${names}))`;
  if (route !== undefined)
    conditions.push(Prisma.sql`place.route_id = (SELECT id FROM transfer_route WHERE name = ${route})`);
  if (partner !== undefined) conditions.push(ends(endpointsOf(partner)));
  if (endpoint !== undefined) conditions.push(ends(Prisma.sql`${endpoint}`));
  const rows = await db.$queryRaw<{ id: string }[]>`
    SELECT DISTINCT place.route_id::text AS id FROM transfer_place place ${whereAll(conditions)} LIMIT ${MOST_ROUTES + 1}`;
  return rows.length > MOST_ROUTES ? undefined : rows.map(({ id }) => id);
}

function endpointsOf(partner: string): Prisma.Sql {
  return Prisma.sql`SELECT endpoint.name FROM endpoint JOIN partner ON partner.id = endpoint.partner_id
                     WHERE partner.name = ${partner}`;
}

/** What the indexes of places know, so that nothing else is read. */
function orderedConditions(search: TransferSearch): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (search.state !== undefined) conditions.push(Prisma.sql`transfer.state = ${search.state}`);
  if (search.since !== undefined) conditions.push(Prisma.sql`transfer.created_at >= ${search.since}`);
  if (search.until !== undefined) conditions.push(Prisma.sql`transfer.created_at <= ${search.until}`);
  return conditions;
}

function otherConditions(search: TransferSearch): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (search.runId !== undefined) conditions.push(Prisma.sql`transfer.run_id = ${search.runId}::uuid`);
  if (search.route !== undefined)
    conditions.push(
      Prisma.sql`transfer.route_id = (SELECT id FROM transfer_route WHERE name = ${search.route})`,
    );
  if (search.partner !== undefined) {
    const endpoints = endpointsOf(search.partner);
    conditions.push(
      Prisma.sql`(transfer.source_endpoint IN (${endpoints}) OR transfer.destination_endpoint IN (${endpoints}))`,
    );
  }
  if (search.endpoint !== undefined)
    conditions.push(
      Prisma.sql`${search.endpoint} IN (transfer.source_endpoint, transfer.destination_endpoint)`,
    );
  if (search.sha256 !== undefined)
    conditions.push(Prisma.sql`transfer.sha256 = ${search.sha256.toLowerCase()}`);
  if (search.sha256Prefix !== undefined) {
    const { first, last } = hashRange(search.sha256Prefix);
    conditions.push(Prisma.sql`transfer.sha256 >= ${first} AND transfer.sha256 < ${last}`);
  }
  return conditions;
}

// To the letter as the indexes of names and paths say it.
const NAME = Prisma.sql`split_part(transfer.source_path, '/', -1)`;
const PATH = Prisma.sql`transfer.source_path`;

function nameConditions({ name, contains }: TransferSearch): Prisma.Sql[] {
  const conditions: Prisma.Sql[] = [];
  if (name !== undefined) {
    const subject = name.includes('/') ? PATH : NAME;
    const pattern = likePattern(name);
    // The index knows no capitals.
    conditions.push(
      Prisma.sql`lower(${subject}) LIKE lower(${pattern})`,
      Prisma.sql`${subject} LIKE ${pattern}`,
    );
  }
  if (contains !== undefined) {
    const subject = contains.includes('/') ? PATH : NAME;
    conditions.push(Prisma.sql`lower(${subject}) LIKE lower(${`%${likeText(contains)}%`})`);
  }
  return conditions;
}

/** Whether anything stands in it by which the index finds: three letters or digits together, or the beginning of a word. */
function isIndexed({ name = '', contains = '' }: TransferSearch): boolean {
  return (
    /[\p{L}\p{N}]{3}|(?:^|[^\p{L}\p{N}*?])[\p{L}\p{N}]/u.test(name) ||
    /[\p{L}\p{N}]{3}|[^\p{L}\p{N}][\p{L}\p{N}]/u.test(contains)
  );
}

/**
 * A page of those among the newest, where that is all of the page: what is common is soon found, newest first. Otherwise undefined.
 * Of each place so many are looked at; whether somebody's further ones are newer than the oldest of those nobody knows.
 */
async function findAmongNewest(
  db: Tx,
  { cursor, limit }: TransferSearch,
  places: Places | undefined,
  ordered: readonly Prisma.Sql[],
  wanted: readonly Prisma.Sql[],
): Promise<PageOfIds | undefined> {
  const size = pageSize(limit);
  const read = [...ordered, ...isAfter('transfer', cursor)];
  const most = Math.max(NEWEST_OF_PLACE, Math.trunc(NEWEST / Math.max(1, places?.count ?? 1)));
  const { where, orderBy } = inPlaces('transfer', places, read);
  const rows = await db.$queryRaw<
    ({ whole: boolean } & { [Field in keyof Position]: Position[Field] | null })[]
  >`
    WITH looked_at AS MATERIALIZED (
      SELECT place.value AS place, seen.* FROM unnest(${amongOf(places)}) AS place(value) CROSS JOIN LATERAL (
        SELECT transfer.id, transfer.created_at AS at, ${Prisma.join([...wanted], ' AND ')} AS wanted
          FROM transfer ${where} ${orderBy} LIMIT ${most}) AS seen
    ), known AS (
      SELECT max(oldest) AS since FROM (
        SELECT min(at) AS oldest FROM looked_at GROUP BY place HAVING count(*) = ${most}) AS unfinished
    )
    SELECT known.since IS NULL AS whole, page.id::text AS id, (extract(epoch FROM page.at) * 1000000)::bigint AS micros
      FROM known LEFT JOIN LATERAL (
        SELECT id, at FROM looked_at WHERE wanted AND (known.since IS NULL OR at > known.since)
         ORDER BY at DESC, id DESC LIMIT ${size + 1}) AS page ON TRUE
     ORDER BY page.at DESC, page.id DESC`;
  const found = rows.filter((row): row is { whole: boolean } & Position => row.id !== null);
  return rows[0]?.whole || found.length > size ? pageOf('transfer', found, size) : undefined;
}

/**
 * A page of all of that name, found by the index of names: what is rare lies anywhere. Ordered by what no index has, or PostgreSQL
 * would read backwards until the page is full wherever it believes that the name is common.
 */
async function findByName(
  db: Tx,
  { cursor, limit }: TransferSearch,
  conditions: readonly Prisma.Sql[],
): Promise<PageOfIds> {
  const size = pageSize(limit);
  const rows = await db.$queryRaw<Position[]>`
    SELECT transfer.id::text AS id, (extract(epoch FROM transfer.created_at) * 1000000)::bigint AS micros
      FROM transfer ${whereAll([...conditions, ...isAfter('transfer', cursor)])}
     ORDER BY transfer.created_at + interval '0 s' DESC, transfer.id DESC LIMIT ${size + 1}`;
  return pageOf('transfer', rows, size);
}
