/** One row of a listing as its dialect states it; the name is not judged yet. */
export interface Row {
  name: string;
  kind: 'file' | 'directory' | 'other';
  /** null where the server states none, or states blocks, tracks or lines. */
  sizeBytes: bigint | null;
  /** The server's own text; never interpreted. */
  modified: string;
  /** Where the server keeps several files under one name: the highest is the one that counts. */
  version?: number;
}

/** `skip`: a row that is no entry (`total 12`, a header, the directory itself). */
export type RowOutcome = { row: Row } | { skip: true } | { refused: string };
export type RowParser = (line: string) => RowOutcome;

/** What the listing reader knows of a dialect. */
export interface DialectReader {
  /** True for a row or a header that only this dialect writes, judged by what stands before any name. */
  recognises(line: string): boolean;
  /** A parser for one listing; some remember the header they have seen. */
  begin(): RowParser;
  /** True for the first half of a row that goes on in the next line. */
  isUnfinished?(line: string): boolean;
}

export const SKIP: RowOutcome = { skip: true };
export const NOT_UNDERSTOOD: RowOutcome = { refused: 'row not understood' };
export const NO_SIZE: RowOutcome = { refused: 'size is not a number' };

/** Strict: digits only, at most 63 bits. */
export function readDigits(text: string): bigint | undefined {
  if (!/^\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < 2n ** 63n ? value : undefined;
}
