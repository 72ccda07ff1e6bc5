import { Prisma } from '../generated/client.ts';

/** A piece of a search, newest first. */
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

export const DEFAULT_PAGE_SIZE = 50;
export const MAX_PAGE_SIZE = 500;

export function pageSize(limit: number | undefined): number {
  return Math.min(Math.max(1, Math.trunc(limit ?? DEFAULT_PAGE_SIZE)), MAX_PAGE_SIZE);
}

/** The last row of a page: its moment in microseconds, which a Date would cut, and its id to tell equals apart. */
interface Position {
  id: string;
  micros: bigint;
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** Year 9999; beyond it PostgreSQL's own timestamps may overflow. */
const MOST_MICROS = 253_402_300_800_000_000n;

function readCursor(cursor: string): Position {
  const [micros, id, ...rest] = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  if (!/^\d{1,18}$/.test(micros ?? '') || !UUID.test(id ?? '') || rest.length > 0) throw new InvalidCursor();
  const position = { micros: BigInt(micros!), id: id! };
  if (position.micros > MOST_MICROS) throw new InvalidCursor();
  return position;
}

function writeCursor({ micros, id }: Position): string {
  return Buffer.from(`${micros} ${id}`).toString('base64url');
}

/** Tables that searches page through, by the column that orders them; each has an index (column DESC, id DESC). */
const ORDER = {
  run: Prisma.raw('run.created_at'),
  transfer: Prisma.raw('transfer.created_at'),
  tls_negotiation: Prisma.raw('tls_negotiation.started_at'),
  fire: Prisma.raw('fire.due_at'),
} as const;

/** The ids of one page, newest first. `from` may join further tables that `conditions` name. */
export async function searchIds(
  db: { $queryRaw: Prisma.TransactionClient['$queryRaw'] },
  table: keyof typeof ORDER,
  from: Prisma.Sql,
  conditions: readonly Prisma.Sql[],
  { cursor, limit }: PageRequest,
): Promise<{ ids: string[]; nextCursor: string | null }> {
  const at = ORDER[table];
  const name = Prisma.raw(table);
  const size = pageSize(limit);
  const all = [...conditions];
  if (cursor !== undefined) {
    const { micros, id } = readCursor(cursor);
    const moment = Prisma.sql`'epoch'::timestamptz + ${micros}::bigint * interval '1 microsecond'`;
    all.push(Prisma.sql`(${at}, ${name}.id) < (${moment}, ${id}::uuid)`);
  }
  const where = all.length === 0 ? Prisma.empty : Prisma.sql`WHERE ${Prisma.join(all, ' AND ')}`;
  const rows = await db.$queryRaw<Position[]>`
    SELECT ${name}.id::text AS id, (extract(epoch FROM ${at}) * 1000000)::bigint AS micros
      FROM ${from} ${where}
     ORDER BY ${at} DESC, ${name}.id DESC
     LIMIT ${size + 1}`;
  const page = rows.slice(0, size);
  return {
    ids: page.map((row) => row.id),
    nextCursor: rows.length > size ? writeCursor(page.at(-1)!) : null,
  };
}

/** `IN` does not keep the order it is given. */
export function inOrder<T extends { id: string }>(ids: readonly string[], rows: readonly T[]): T[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.flatMap((id) => byId.get(id) ?? []);
}

/** `*` and `?` of a glob as a LIKE pattern; every other character means itself. */
export function likePattern(glob: string): string {
  return glob
    .replace(/[\\%_]/g, '\\$&')
    .replaceAll('*', '%')
    .replaceAll('?', '_');
}

export function isUuid(text: string): boolean {
  return UUID.test(text.toLowerCase());
}
