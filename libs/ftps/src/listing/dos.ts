import { readColumns, withoutPadding } from './columns.ts';
import { type DialectReader, NO_SIZE, NOT_UNDERSTOOD, type RowOutcome, readDigits, SKIP } from './row.ts';

/** Order and length of the year are the server's; the text is kept, not read. */
const DAY = /^\d{1,4}([-/.])\d{1,2}\1\d{2,4}$/;
const CLOCK = /^\d{1,2}:\d\d(?::\d\d)?(?:[AaPp][Mm]?)?$/;
const HALF_OF_DAY = /^[AaPp]\.?[Mm]\.?$/;

/** IIS and Windows CE: `11-21-26  06:06AM  <DIR>  name` or a size; 12 or 24 hours. */
export const dos: DialectReader = {
  recognises: (line) => {
    const [day, clock] = readColumns(line, 2);
    return day !== undefined && clock !== undefined && DAY.test(day.text) && CLOCK.test(clock.text);
  },
  begin: () => readDosRow,
};

export function readDosRow(line: string): RowOutcome {
  const columns = readColumns(line, 4);
  const [day, clock, third] = columns;
  if (!day || !clock || !DAY.test(day.text) || !CLOCK.test(clock.text)) return NOT_UNDERSTOOD;
  const half = third && HALF_OF_DAY.test(third.text) ? third : undefined;
  const what = half ? columns[3] : third;
  if (!what) return NOT_UNDERSTOOD;
  const modified = `${day.text} ${clock.text}${half?.text ?? ''}`;
  if (/^<[A-Z]{1,12}>$/.test(what.text))
    return readMarked(what.text, withoutPadding(line.slice(what.end)), modified);
  const sizeBytes = readDigits(what.text);
  if (sizeBytes === undefined) return NO_SIZE;
  return { row: { name: line.slice(what.end + 1), kind: 'file', sizeBytes, modified } };
}

/** `<DIR>`; `<JUNCTION>`, `<SYMLINK>` and `<SYMLINKD>` may show their target: `name [C:\target]`. */
function readMarked(mark: string, name: string, modified: string): RowOutcome {
  if (mark !== '<DIR>') {
    const ownName = name.endsWith(']') ? name.split(' [', 1)[0]! : name;
    return { row: { name: ownName, kind: 'other', sizeBytes: null, modified } };
  }
  if (name === '.' || name === '..') return SKIP;
  return { row: { name, kind: 'directory', sizeBytes: null, modified } };
}
