import { isTimeText } from '../time-text.ts';
import { type Row, type RowOutcome, readDigits, SKIP } from './row.ts';

/** RFC 3659 section 7: `fact=value;fact=value; name`; one space, the rest is the name. */
export function readMlsdRow(line: string): RowOutcome {
  const space = line.indexOf(' ');
  if (space === -1) return { refused: 'no name in the row' };
  const facts = readFacts(line.slice(0, space));
  if (!facts) return { refused: 'facts not understood' };
  const name = line.slice(space + 1);
  const type = facts.get('type')?.toLowerCase();
  if (type === 'cdir' || type === 'pdir') return SKIP;
  const kind = type === 'file' ? 'file' : type === 'dir' ? 'directory' : 'other';
  const size = facts.get('size');
  const sizeBytes = size === undefined ? null : readDigits(size);
  if (sizeBytes === undefined) return { refused: 'size is not a number' };
  const modified = facts.get('modify') ?? '';
  if (modified !== '' && !isTimeText(modified)) return { refused: 'modification time is not a time' };
  const row: Row = { name, kind, sizeBytes: kind === 'file' ? sizeBytes : null, modified };
  return { row };
}

/** Fact names are case-insensitive; unknown facts are ignored (section 7.2). */
function readFacts(text: string): Map<string, string> | undefined {
  const facts = new Map<string, string>();
  if (text === '') return facts;
  if (!text.endsWith(';')) return undefined;
  for (const fact of text.slice(0, -1).split(';')) {
    const equals = fact.indexOf('=');
    if (equals < 1) return undefined;
    const name = fact.slice(0, equals).toLowerCase();
    // Stated twice, it could mean either.
    if (facts.has(name)) return undefined;
    facts.set(name, fact.slice(equals + 1));
  }
  return facts;
}
