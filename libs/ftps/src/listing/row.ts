/** One row of a listing as its dialect states it; the name is not judged yet. */
export interface Row {
  name: string;
  kind: 'file' | 'directory' | 'other';
  sizeBytes: bigint | null;
  modified: string;
}

/** `skip`: a row that is no entry (`total 12`, the directory itself). */
export type RowOutcome = { row: Row } | { skip: true } | { refused: string };
export type RowParser = (line: string) => RowOutcome;

export const SKIP: RowOutcome = { skip: true };

/** Strict: digits only, at most 63 bits. */
export function readDigits(text: string): bigint | undefined {
  if (!/^\d{1,19}$/.test(text)) return undefined;
  const value = BigInt(text);
  return value < 2n ** 63n ? value : undefined;
}
