import { Prisma } from '../generated/client.ts';

/** A piece of a search. */
export interface Page<T> {
  items: T[];
  /** Where the next piece begins; null: this was the last. */
  nextCursor: string | null;
}

export interface PageRequest {
  /** `nextCursor` of the page before. */
  cursor?: string | undefined;
  limit?: number | undefined;
}

/** The cursor is none that a search has given out. */
export class InvalidCursor extends Error {
  constructor() {
    super('The cursor is not one that this search has returned.');
    this.name = 'InvalidCursor';
  }
}

const DEFAULT_PAGE_SIZE = 50;
const MAX_PAGE_SIZE = 500;

export function pageSize(limit: number | undefined): number {
  return Math.min(Math.max(1, Math.trunc(limit ?? DEFAULT_PAGE_SIZE)), MAX_PAGE_SIZE);
}

type Db = { $queryRaw: Prisma.TransactionClient['$queryRaw'] };

// A cursor says after which place a page begins, and of which list: nothing is looked up by it, so that one made by hand
// tells nothing of a row.

function writeCursor(list: string, ...place: (string | bigint)[]): string {
  return Buffer.from([list, ...place].join(' ')).toString('base64url');
}

function readCursor(list: string, cursor: string, parts: number): string[] {
  const [name, ...place] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  if (name !== list || place.length !== parts) throw new InvalidCursor();
  return place;
}

/** The last row of a page: its moment in microseconds, which a Date would cut, and its id to tell equals apart. */
export interface Position {
  id: string;
  micros: bigint;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Year 9999; beyond it PostgreSQL's own timestamps may overflow. */
const MOST_MICROS = 253_402_300_800_000_000n;

function readPosition(list: string, cursor: string): Position {
  const [micros, id] = readCursor(list, cursor, 2);
  if (!/^\d{1,18}$/.test(micros!) || !UUID.test(id!)) throw new InvalidCursor();
  const position = { micros: BigInt(micros!), id: id! };
  if (position.micros > MOST_MICROS) throw new InvalidCursor();
  return position;
}

/** Tables that searches page through, by the column that orders them; each has an index (column DESC, id DESC). */
const ORDER = {
  run: Prisma.raw('run.created_at'),
  transfer: Prisma.raw('transfer.created_at'),
  tls_negotiation: Prisma.raw('tls_negotiation.started_at'),
  fire: Prisma.raw('fire.due_at'),
  incident: Prisma.raw('incident.opened_at'),
  approval: Prisma.raw('approval.requested_at'),
  session: Prisma.raw('session.created_at'),
} as const;

export interface PageOfIds {
  ids: string[];
  nextCursor: string | null;
}

/**
 * Where all rows of a page are: in `column` is one of `among`, an array without repetitions. An index has the rows of each in the
 * order of the list, and each is asked for its newest.
 */
export interface Places {
  column: Prisma.Sql;
  among: Prisma.Sql;
  /** How many there are, where that is known. */
  count?: number;
}

/**
 * The ids of one page, newest first. `from` may join further tables that `conditions` name. With `places` nothing else is read:
 * PostgreSQL itself goes backwards through everybody's rows until the page is full, which for who has few, or has had none for
 * long, is all of them.
 */
export async function searchIds(
  db: Db,
  table: keyof typeof ORDER,
  from: Prisma.Sql,
  conditions: readonly Prisma.Sql[],
  { cursor, limit }: PageRequest,
  places?: Places,
): Promise<PageOfIds> {
  const at = ORDER[table];
  const name = Prisma.raw(table);
  const size = pageSize(limit);
  const all = [...conditions, ...isAfter(table, cursor)];
  const { where, orderBy } = inPlaces(table, places, all);
  const page = Prisma.sql`SELECT ${name}.id, ${at} AS at FROM ${from} ${where} ${orderBy} LIMIT ${size + 1}`;
  const newest = places
    ? Prisma.sql`unnest(${places.among}) AS place(value) CROSS JOIN LATERAL (${page}) AS newest`
    : Prisma.sql`(${page}) AS newest`;
  const rows = await db.$queryRaw<Position[]>`
    SELECT newest.id::text AS id, (extract(epoch FROM newest.at) * 1000000)::bigint AS micros
      FROM ${newest} ORDER BY newest.at DESC, newest.id DESC LIMIT ${size + 1}`;
  return pageOf(table, rows, size);
}

/** How rows are asked for, newest first: with `places` those of the one that stands in `place.value`. */
export function inPlaces(
  table: keyof typeof ORDER,
  places: Places | undefined,
  conditions: readonly Prisma.Sql[],
): { where: Prisma.Sql; orderBy: Prisma.Sql } {
  const order = Prisma.sql`${ORDER[table]} DESC, ${Prisma.raw(table)}.id DESC`;
  if (!places) return { where: whereAll(conditions), orderBy: Prisma.sql`ORDER BY ${order}` };
  // Said as a list of one, and as the first of the order: plainly equal, the index of everybody's would do as well.
  return {
    where: whereAll([Prisma.sql`${places.column} = ANY (ARRAY[place.value])`, ...conditions]),
    orderBy: Prisma.sql`ORDER BY ${places.column} DESC, ${order}`,
  };
}

/** Where in the list the page begins. */
export function isAfter(table: keyof typeof ORDER, cursor: string | undefined): Prisma.Sql[] {
  if (cursor === undefined) return [];
  const { micros, id } = readPosition(table, cursor);
  const moment = Prisma.sql`'epoch'::timestamptz + ${micros}::bigint * interval '1 microsecond'`;
  return [Prisma.sql`(${ORDER[table]}, ${Prisma.raw(table)}.id) < (${moment}, ${id}::uuid)`];
}

/** Of rows in order, one more than is shown tells whether there is a next page. */
export function pageOf(table: keyof typeof ORDER, rows: readonly Position[], size: number): PageOfIds {
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return {
    ids: page.map((row) => row.id),
    nextCursor: rows.length > size && last ? writeCursor(table, last.micros, last.id) : null,
  };
}

/** A page by name of rows that are found otherwise: one more than is shown tells whether there is a next one. */
export async function pageByName<Row extends { name: string }>(
  list: string,
  { cursor, limit }: PageRequest,
  find: (query: { take: number; after: string | undefined }) => Promise<Row[]>,
): Promise<Page<Row>> {
  const size = pageSize(limit);
  const after = cursor === undefined ? undefined : readNameCursor(list, cursor);
  const rows = await find({ take: size + 1, after });
  const items = rows.slice(0, size);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > size && last ? writeNameCursor(list, last.name) : null };
}

export function writeNameCursor(list: string, name: string): string {
  return writeCursor(list, name);
}

/** The name after which a page begins. */
export function readNameCursor(list: string, cursor: string): string {
  const [after] = readCursor(list, cursor, 1);
  if (!/^[\w.-]+$/.test(after!)) throw new InvalidCursor();
  return after!;
}

/** The ids of one page, by name: names never change. */
export async function searchNamedIds(
  db: Db,
  table: 'partner' | 'endpoint' | 'transfer_route',
  conditions: readonly Prisma.Sql[],
  { cursor, limit }: PageRequest,
): Promise<PageOfIds> {
  const name = Prisma.raw(table);
  const size = pageSize(limit);
  const all = [...conditions];
  if (cursor !== undefined) {
    all.push(Prisma.sql`${name}.name > ${readNameCursor(table, cursor)}`);
  }
  const rows = await db.$queryRaw<{ id: string; name: string }[]>`
    SELECT ${name}.id::text AS id, ${name}.name FROM ${name} ${whereAll(all)}
     ORDER BY ${name}.name LIMIT ${size + 1}`;
  const page = rows.slice(0, size);
  const last = page.at(-1);
  return {
    ids: page.map((row) => row.id),
    nextCursor: rows.length > size && last ? writeNameCursor(table, last.name) : null,
  };
}

/** Before which event a page begins; undefined: it is the first one. */
export function readNumberCursor(list: string, cursor: string | undefined): bigint | undefined {
  if (cursor === undefined) return undefined;
  const [before] = readCursor(list, cursor, 1);
  if (!/^[1-9]\d{0,17}$/.test(before!)) throw new InvalidCursor();
  return BigInt(before!);
}

export function writeNumberCursor(list: string, number: bigint): string {
  return writeCursor(list, number);
}

export function whereAll(conditions: readonly Prisma.Sql[]): Prisma.Sql {
  return conditions.length === 0 ? Prisma.empty : Prisma.sql`WHERE ${Prisma.join([...conditions], ' AND ')}`;
}

/** `IN` does not keep the order it is given. */
export function inOrder<Id extends string | bigint, T extends { id: Id }>(
  ids: readonly Id[],
  rows: readonly T[],
): T[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** `*` and `?` of a glob as a LIKE pattern; every other character means itself. */
export function likePattern(glob: string): string {
  return likeText(glob).replaceAll('*', '%').replaceAll('?', '_');
}

/** Text of which every character means itself in a LIKE pattern. */
export function likeText(text: string): string {
  return text.replace(/[\\%_]/g, '\\$&');
}

export function isUuid(text: string): boolean {
  return UUID.test(text.toLowerCase());
}
