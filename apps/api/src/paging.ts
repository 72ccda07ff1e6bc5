import { z } from 'zod';
import type { Page } from '#contract';
import type { Page as PageOfRows } from '#store';
import { ApiProblem } from './http/api-problem.ts';

/** A page of rows as the objects that are shown. */
export async function toPage<Row, Item>(
  found: Promise<PageOfRows<Row>>,
  toItem: (row: Row) => Item,
): Promise<Page<Item>> {
  const { items, nextCursor } = await found;
  return { items: items.map(toItem), nextCursor };
}

interface PageRequest {
  limit: number;
  cursor?: string | undefined;
}

/** What a list is asked for: one row more than shown tells whether there is a next page. */
export interface PageQuery {
  take: number;
  /** The last row of the page before. */
  after: string | undefined;
}

const KEYS = { uuid: z.uuid(), number: z.string().regex(/^\d{1,18}$/), name: z.string().regex(/^[\w.-]+$/) };

/**
 * Cursors name the last row shown and not a position: rows that arrive meanwhile neither shift nor repeat anything.
 * A cursor carries its list's name, so that one of another list is refused instead of misread.
 */
export async function makePage<Row, Item>(
  list: { name: string; key: keyof typeof KEYS; keyOf: (row: Row) => string; toItem: (row: Row) => Item },
  request: PageRequest,
  find: (query: PageQuery) => Promise<Row[]>,
): Promise<Page<Item>> {
  const after =
    request.cursor === undefined ? undefined : readCursor(list.name, KEYS[list.key], request.cursor);
  const rows = await find({ take: request.limit + 1, after });
  const shown = rows.slice(0, request.limit);
  const last = shown.at(-1);
  return {
    items: shown.map(list.toItem),
    nextCursor: rows.length > shown.length && last ? writeCursor(list.name, list.keyOf(last)) : null,
  };
}

function writeCursor(list: string, key: string): string {
  return Buffer.from(`${list}:${key}`).toString('base64url');
}

function readCursor(list: string, schema: z.ZodType<string>, cursor: string): string {
  const [name, ...rest] = Buffer.from(cursor, 'base64url').toString().split(':');
  const key = schema.safeParse(rest.join(':'));
  if (name !== list || !key.success) throw new ApiProblem('invalid_cursor');
  return key.data;
}
