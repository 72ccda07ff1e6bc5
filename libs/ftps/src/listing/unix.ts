import { type Column, readColumns } from './columns.ts';
import {
  type DialectReader,
  NO_SIZE,
  NOT_UNDERSTOOD,
  type Row,
  type RowOutcome,
  readDigits,
  SKIP,
} from './row.ts';
import { findSizeAndTime } from './size-and-time.ts';

/** Type, nine permissions, a mark for ACLs or labels; the link count follows at once where it is wide. */
const MODE = /^([-a-zA-Z?])(?:[-r][-w][-xsStTlL]){3}[.+@*]?\d*$/;
/** `ls -i` and `ls -s` put an inode and a number of blocks before the mode. */
const MOST_COLUMNS_BEFORE_MODE = 2;
const COLUMNS = 16;

/**
 * `ls -l` as servers print it: mode, links, owner, group, size, time, one blank, name. Links, owner or group may be
 * missing, and owner and group may be several words.
 */
export const unix: DialectReader = {
  recognises: (line) => modeColumn(readColumns(line, 3)) !== undefined,
  begin: () => readUnixRow,
};

export function readUnixRow(line: string): RowOutcome {
  const columns = readColumns(line, COLUMNS);
  const mode = modeColumn(columns);
  if (mode === undefined) return NOT_UNDERSTOOD;
  const type = columns[mode]!.text[0]!;
  if (type === 'b' || type === 'c') return { refused: 'a device' };
  const found = findSizeAndTime(columns, mode + 1);
  if (found === 'ambiguous') return { refused: 'row can be read in two ways' };
  if (!found) return NOT_UNDERSTOOD;
  const name = line.slice(columns[found.time.last]!.end + 1);
  return rowOf(type, name, found.size.text, textOf(columns, found.time));
}

/** Between the columns one blank, however the server padded them. */
export function textOf(columns: readonly Column[], { first, last }: { first: number; last: number }): string {
  return columns
    .slice(first, last + 1)
    .map(({ text }) => text)
    .join(' ');
}

function modeColumn(columns: readonly Column[]): number | undefined {
  for (let index = 0; index <= MOST_COLUMNS_BEFORE_MODE; index += 1) {
    const text = columns[index]?.text ?? '';
    if (MODE.test(text)) return index;
    if (!/^\d+$/.test(text)) return undefined;
  }
  return undefined;
}

function rowOf(type: string, name: string, size: string, modified: string): RowOutcome {
  const kind: Row['kind'] = type === '-' ? 'file' : type === 'd' ? 'directory' : 'other';
  if (kind === 'directory' && (name === '.' || name === '..')) return SKIP;
  if (kind === 'file') {
    const sizeBytes = readDigits(size);
    return sizeBytes === undefined ? NO_SIZE : { row: { name, kind, sizeBytes, modified } };
  }
  // A link's target is the server's business: it is never followed, only its own name is shown.
  const ownName = type === 'l' || type === 'e' ? name.split(' -> ', 1)[0]! : name;
  return { row: { name: ownName, kind, sizeBytes: null, modified } };
}
