import { type Column, readColumns, withoutPadding } from './columns.ts';
import { type DialectReader, NO_SIZE, NOT_UNDERSTOOD, type RowOutcome, readDigits, SKIP } from './row.ts';

const TYPE = /^\*[A-Z][A-Z0-9]{0,9}$/;
/** Separators and order are those of the server's job. */
const DAY = /^\d{2,4}[-./,]\d{2,3}(?:[-./,]\d{2,4})?$/;
const CLOCK = /^\d{1,2}[:.,]\d\d[:.,]\d\d$/;
/** The type is padded to ten characters, then one blank, then the name, which may contain and begin with blanks. */
const TYPE_WIDTH = 11;
const DIRECTORIES = new Set(['*DIR', '*LIB', '*FLR', '*DDIR']);
/** A library lists the members of its files too; each file is a directory of its own. */
const MEMBER_OF_FILE_BELOW = /^[^/]{1,255}\.FILE\/[^/]{1,255}\.MBR$/i;
const STREAM_FILES = new Set(['*STMF', '*DSTMF', '*DOC']);

interface Facts {
  type: Column;
  size: string | undefined;
  modified: string;
}

/** IBM i (AS/400), LISTFMT 0: `OWNER  size date time *TYPE  name`; members have neither size nor time. */
export const os400: DialectReader = {
  recognises: (line) => readFacts(line) !== undefined,
  begin: () => readOs400Row,
};

export function readOs400Row(line: string): RowOutcome {
  const facts = readFacts(line);
  if (!facts) return NOT_UNDERSTOOD;
  const { type, modified } = facts;
  const rest = line.slice(type.end);
  const name = withoutPadding(rest, Math.max(1, TYPE_WIDTH - type.text.length));
  if (type.text === '*FILE') return readObject(name, facts);
  if (DIRECTORIES.has(type.text)) {
    const ownName = name.endsWith('/') ? name.slice(0, -1) : name;
    if (ownName === '.' || ownName === '..') return SKIP;
    return { row: { name: ownName, kind: 'directory', sizeBytes: null, modified } };
  }
  if (type.text === '*MEM' && MEMBER_OF_FILE_BELOW.test(name)) return SKIP;
  if (type.text === '*MEM') return { row: { name, kind: 'file', sizeBytes: null, modified } };
  if (STREAM_FILES.has(type.text)) return readStreamFile(name, facts);
  return { row: { name, kind: 'other', sizeBytes: null, modified } };
}

/**
 * A *FILE is an object of records: with NAMEFMT 1 `X.FILE` holds members and `X.SAVF` is one file; with NAMEFMT 0 the
 * plain name stands for the first member, and the stated size is the object's, not that of what would be sent.
 */
function readObject(name: string, facts: Facts): RowOutcome {
  const { modified } = facts;
  // Inside a *FILE the first row is the object itself, without a name.
  if (name === '') return SKIP;
  if (/\.FILE$/i.test(name)) return { row: { name, kind: 'directory', sizeBytes: null, modified } };
  if (/\.SAVF$/i.test(name)) return readStreamFile(name, facts);
  return { row: { name, kind: 'file', sizeBytes: null, modified } };
}

function readStreamFile(name: string, { size, modified }: Facts): RowOutcome {
  const sizeBytes = size === undefined ? null : readDigits(size);
  return sizeBytes === undefined ? NO_SIZE : { row: { name, kind: 'file', sizeBytes, modified } };
}

function readFacts(line: string): Facts | undefined {
  const columns = readColumns(line, 5);
  // An owner stands at the very beginning; anonymous sessions see none.
  const index = columns.findIndex(({ text, start }) => start > 0 && TYPE.test(text));
  if (index === -1) return undefined;
  const before = columns.slice(0, index);
  const owner = before[0]?.start === 0 ? before.shift() : undefined;
  let modified = '';
  const [day, clock] = before.slice(-2);
  if (day && clock && DAY.test(day.text) && CLOCK.test(clock.text)) {
    modified = `${day.text} ${clock.text}`;
    before.splice(-2);
  }
  if (before.length > 1 || (before.length === 0 && owner === undefined && modified === '')) return undefined;
  const size = before[0]?.text;
  if (size !== undefined && !/^\d+$/.test(size)) return undefined;
  return { type: columns[index]!, size, modified };
}
