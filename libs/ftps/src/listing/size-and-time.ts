import type { Column } from './columns.ts';
import { isClock, readListedTime } from './listed-time.ts';

/** Owner and group may be several words or missing, so the size has no fixed place; after this many columns it is none. */
const MOST_COLUMNS_BEFORE_SIZE = 5;

export interface SizeAndTime {
  size: Column;
  /** First and last column of the time; the name begins one blank after it. */
  time: { first: number; last: number };
}

/**
 * The first number with a time after it. The first, because the name stands behind both: nothing in a name is found
 * before them. A link count with an owner called `may` looks the same only in the very first column; a row that then
 * can be read in two ways is `ambiguous`.
 */
export function findSizeAndTime(
  columns: readonly Column[],
  from: number,
): SizeAndTime | 'ambiguous' | undefined {
  for (let index = from; index <= from + MOST_COLUMNS_BEFORE_SIZE; index += 1) {
    const size = columns[index];
    // A time whose form we do not know stands here: behind it is the name.
    if (!size || isClock(size.text)) return undefined;
    if (!/^(?:\d+|-)$/.test(size.text)) continue;
    const time = readListedTime(columns, index + 1);
    if (!time) continue;
    if (index === from) {
      if (!time.known) continue;
      if (/^\d+$/.test(columns[time.last]!.text) && readListedTime(columns, time.last + 1))
        return 'ambiguous';
    }
    return { size, time: { first: index + 1, last: time.last } };
  }
  return undefined;
}
