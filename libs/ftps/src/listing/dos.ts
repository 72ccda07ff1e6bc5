import { type RowOutcome, readDigits, SKIP } from './row.ts';

/** IIS: `11-21-26  06:06AM       <DIR>          name` or a size; the year has two or four digits. */
const ROW =
  /^(\d{2}[-/.]\d{2}[-/.]\d{2}(?:\d{2})?)\s+(\d{1,2}:\d\d\s?(?:[AaPp][Mm])?)\s+(<DIR>|<JUNCTION>|<SYMLINKD?>|\d+)\s+(.+)$/;

export function isDosRow(line: string): boolean {
  return /^\d{2}[-/.]\d{2}[-/.]\d{2}(\d{2})?\s+\d{1,2}:\d\d/.test(line);
}

export function readDosRow(line: string): RowOutcome {
  const match = ROW.exec(line);
  if (!match) return { refused: 'row not understood' };
  const [, day, time, what, name] = match;
  const modified = `${day} ${time}`;
  if (what === '<DIR>') {
    if (name === '.' || name === '..') return SKIP;
    return { row: { name: name!, kind: 'directory', sizeBytes: null, modified } };
  }
  if (what!.startsWith('<')) return { row: { name: name!, kind: 'other', sizeBytes: null, modified } };
  const sizeBytes = readDigits(what!);
  if (sizeBytes === undefined) return { refused: 'size is not a number' };
  return { row: { name: name!, kind: 'file', sizeBytes, modified } };
}
