import { readColumns, withoutPadding } from './columns.ts';
import { type DialectReader, NO_SIZE, NOT_UNDERSTOOD, type RowOutcome, readDigits, SKIP } from './row.ts';
import { findSizeAndTime } from './size-and-time.ts';
import { textOf } from './unix.ts';

/** `d [RWCEAFMS] owner  512 Nov 21 06:06    name`: type, rights of the trustee, then as on Unix. */
const RIGHTS = /^([-d]) {0,4}\[[-A-Z]{1,12}\][ \t]/;

export const netware: DialectReader = {
  recognises: (line) => RIGHTS.test(line),
  begin: () => readNetwareRow,
};

export function readNetwareRow(line: string): RowOutcome {
  const rights = RIGHTS.exec(line);
  if (!rights) return NOT_UNDERSTOOD;
  const columns = readColumns(line.slice(rights[0].length), 12);
  const found = findSizeAndTime(columns, 0);
  if (found === 'ambiguous') return { refused: 'row can be read in two ways' };
  if (!found) return NOT_UNDERSTOOD;
  // Padded: no name begins with a blank on NetWare.
  const name = withoutPadding(line.slice(rights[0].length + columns[found.time.last]!.end));
  const modified = textOf(columns, found.time);
  if (rights[1] === 'd') {
    if (name === '.' || name === '..') return SKIP;
    return { row: { name, kind: 'directory', sizeBytes: null, modified } };
  }
  const sizeBytes = readDigits(found.size.text);
  return sizeBytes === undefined ? NO_SIZE : { row: { name, kind: 'file', sizeBytes, modified } };
}
