import { replaceEqualDeep } from '@tanstack/react-query';

/** One answer of a list that is read by cursor. */
export interface ListPage<Row> {
  /** undefined where they were given back to the memory; they are read again when they come into sight. */
  rows: readonly Row[] | undefined;
  size: number;
  /** Keys of rows that are no longer what was asked for. They stay until the list is read anew: nothing moves under the eyes. */
  left: ReadonlySet<string>;
  /** What it was asked with; undefined for the first. */
  cursor: string | undefined;
  nextCursor: string | null;
}

export interface ListAnswer<Row> {
  items: Row[];
  nextCursor: string | null;
}

const NONE: ReadonlySet<string> = new Set();

export function pageFrom<Row>(
  cursor: string | undefined,
  { items, nextCursor }: ListAnswer<Row>,
): ListPage<Row> {
  return { rows: items, size: items.length, left: NONE, cursor, nextCursor };
}

/** Where each page begins; the last number is how many rows there are. */
export function startsOf(pages: readonly ListPage<unknown>[]): number[] {
  const starts = [0];
  for (const { size } of pages) starts.push(starts.at(-1)! + size);
  return starts;
}

/** Which page the row is on. */
export function pageAt(starts: readonly number[], index: number): number {
  let [low, high] = [0, starts.length - 2];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= index) low = middle;
    else high = middle - 1;
  }
  return low;
}

export interface Refreshed<Row> {
  /** The very same object when nothing in it is different. */
  page: ListPage<Row>;
  /** Rows between those that are known, or before them. */
  newcomers: number;
  /** Nothing of what is shown was in the answer: so much has come since. */
  apart: boolean;
}

/** What an answer to the same question says of a page: rows are renewed where they stand, newcomers are only counted. */
export function refreshPage<Row>(
  page: ListPage<Row>,
  { items, nextCursor }: ListAnswer<Row>,
  keyOf: (row: Row) => string,
): Refreshed<Row> {
  const rows = page.rows ?? [];
  const fresh = new Map(items.map((row) => [keyOf(row), row]));
  const known = new Set(rows.map(keyOf));
  const lastFresh = items.findLastIndex((row) => known.has(keyOf(row)));
  // Without a next cursor the answer tells all there is; otherwise what comes after the last common row is unknown.
  const lastKnown =
    nextCursor === null ? rows.length - 1 : rows.findLastIndex((row) => fresh.has(keyOf(row)));
  const apart = lastFresh < 0 && rows.length > 0 && items.length > 0;
  const upTo = lastFresh < 0 ? items.length : lastFresh;
  const newcomers = items.slice(0, upTo).filter((row) => !known.has(keyOf(row))).length;

  const left = new Set<string>();
  const renewed = rows.map((row, index) => {
    const key = keyOf(row);
    const now = fresh.get(key);
    if (now === undefined) {
      if (index <= lastKnown || page.left.has(key)) left.add(key);
      return row;
    }
    return replaceEqualDeep(row, now) as Row;
  });
  const same =
    renewed.every((row, index) => row === rows[index]) &&
    left.size === page.left.size &&
    [...left].every((key) => page.left.has(key));
  return { page: same ? page : { ...page, rows: renewed, left }, newcomers, apart };
}

/** So many rows stay in memory at most: pages far from the one in sight give theirs back. The same array when none does. */
export function releaseFar<Row>(pages: ListPage<Row>[], near: number, most: number): ListPage<Row>[] {
  // The first is asked for in another way, and is where most readers go back to.
  let kept = pages[0]?.size ?? 0;
  const keep = new Set([0]);
  for (let distance = 0; distance < pages.length; distance++) {
    for (const index of new Set([near + distance, near - distance])) {
      const page = pages[index];
      if (!page?.rows || keep.has(index) || kept + page.size > most) continue;
      kept += page.size;
      keep.add(index);
    }
  }
  if (pages.every(({ rows }, index) => !rows || keep.has(index))) return pages;
  return pages.map((page, index) => (keep.has(index) || !page.rows ? page : { ...page, rows: undefined }));
}
