import { dos } from './dos.ts';
import { eplf } from './eplf.ts';
import { readMlsdRow } from './mlsd.ts';
import { netware } from './netware.ts';
import { os400 } from './os400.ts';
import type { DialectReader } from './row.ts';
import { unix } from './unix.ts';
import { vms } from './vms.ts';
import { zos } from './zos.ts';

export const DIALECTS = ['mlsd', 'unix', 'dos', 'netware', 'eplf', 'vms', 'os400', 'zos'] as const;
export type Dialect = (typeof DIALECTS)[number];

export const DIALECT_READERS: Record<Dialect, DialectReader> = {
  // The answer to MLSD and to nothing else: never looked for in a LIST.
  mlsd: { recognises: () => false, begin: () => readMlsdRow },
  unix,
  dos,
  netware,
  eplf,
  vms,
  os400,
  zos,
};

/**
 * The dialect of a LIST row, or undefined when it says nothing. Each is told by columns that the server writes before
 * any name, so no name can pass for another dialect.
 */
export function recogniseDialect(line: string): Dialect | undefined {
  return DIALECTS.find((dialect) => DIALECT_READERS[dialect].recognises(line));
}

/**
 * The dialect of a listing by its first row that says one. A session keeps what it met first, save that z/OS lists HFS
 * like Unix and data sets otherwise: that may only be the listing's first row, and no name begins a first row.
 */
export function dialectOf(
  line: string,
  known: Dialect | undefined,
  isFirstRow: boolean,
): Dialect | undefined {
  if (known === undefined) return recogniseDialect(line);
  return known === 'unix' && isFirstRow && zos.recognises(line) ? 'zos' : known;
}
