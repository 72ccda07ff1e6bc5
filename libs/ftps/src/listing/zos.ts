import { type Column, readColumns } from './columns.ts';
import {
  type DialectReader,
  NOT_UNDERSTOOD,
  type Row,
  type RowOutcome,
  type RowParser,
  SKIP,
} from './row.ts';
import { readUnixRow, unix } from './unix.ts';

/** What a header of z/OS announces; the rows below it are read so. */
type Section = 'data_sets' | 'members' | 'load_modules' | 'jobs' | 'spool_files' | 'hierarchical';

const MEMBER = /^[A-Z@#$][A-Z0-9@#$]{0,7}$/;
const DATA_SET = /^[A-Z0-9@#$][A-Z0-9@#$.{}-]{0,43}$/;
const JOB = /^[A-Z@#$][A-Z0-9@#$]{0,7}$/;
const JOB_ID = /^(?:JOB|TSU|STC|J|T|S)\d{5,7}$/;
const STATUSES = new Set(['INPUT', 'ACTIVE', 'OUTPUT', 'HELD']);
const KIND_OF_ORGANISATION = new Map<string, Row['kind']>([
  ['PS', 'file'],
  ['PS-E', 'file'],
  ['PS-L', 'file'],
  ['PO', 'directory'],
  ['PO-E', 'directory'],
]);

/** z/OS: data sets, members of a PDS, jobs and spool files, and the Unix rows of HFS. */
export const zos: DialectReader = {
  recognises: (line) => {
    const columns = readColumns(line, 16);
    return sectionOf(columns) !== undefined || isJob(columns);
  },
  begin: beginZos,
};

function beginZos(): RowParser {
  let section: Section | undefined;
  return (line) => {
    const columns = readColumns(line, 16);
    const announced = sectionOf(columns);
    // One header a listing; only a job's own listing goes on with its spool files.
    const mayBegin = section === undefined || (section === 'jobs' && announced === 'spool_files');
    if (announced && (mayBegin || announced === section)) {
      section = announced;
      return SKIP;
    }
    section ??= isJob(columns) ? 'jobs' : unix.recognises(line) ? 'hierarchical' : undefined;
    return section === undefined ? NOT_UNDERSTOOD : READERS[section](columns, line);
  };
}

const READERS: Record<Section, (columns: readonly Column[], line: string) => RowOutcome> = {
  data_sets: readDataSet,
  members: readMember,
  load_modules: (columns) => nameOnly(columns[0], MEMBER, 'other'),
  jobs: readJob,
  spool_files: readSpoolFile,
  hierarchical: (_columns, line) => readUnixRow(line),
};

function sectionOf(columns: readonly Column[]): Section | undefined {
  const [first, second] = columns;
  switch (first?.text) {
    case 'Volume':
      return columns.at(-1)!.text === 'Dsname' ? 'data_sets' : undefined;
    case 'Name':
      return second?.text === 'VV.MM' ? 'members' : second?.text === 'Size' ? 'load_modules' : undefined;
    case 'JOBNAME':
      return second?.text === 'JOBID' ? 'jobs' : undefined;
    case 'ID':
      return second?.text === 'STEPNAME' ? 'spool_files' : undefined;
    default:
      return undefined;
  }
}

/**
 * `VOL001 3390  2026/11/20  1  15  FB  80  27920  PS  NAME`. `Referred` is the day of the last use, which our own
 * reading changes: it is no modification time. The size is in tracks. A row without an organisation we know (migrated,
 * VSAM, a catalogue) is nothing that can simply be read, except a tape.
 */
function readDataSet(columns: readonly Column[]): RowOutcome {
  if (columns.length < 2) return NOT_UNDERSTOOD;
  const [first, second] = columns;
  const organisation = columns.at(-2)!.text;
  const tape = columns.length === 3 && second!.text === 'Tape';
  const pseudo = first!.text === 'Pseudo' && second!.text === 'Directory';
  const kind = tape ? 'file' : pseudo ? 'directory' : (KIND_OF_ORGANISATION.get(organisation) ?? 'other');
  return nameOnly(columns.at(-1), DATA_SET, kind);
}

/** ` NAME  01.03 2026/09/12 2026/10/11 09:37  11  11  0 USER`, or the name alone; the size is in lines. */
function readMember(columns: readonly Column[]): RowOutcome {
  const outcome = nameOnly(columns[0], MEMBER, 'file');
  if (columns.length === 1 || !('row' in outcome)) return outcome;
  const [version, day, clock] = [columns[1]!.text, columns[3]?.text ?? '', columns[4]?.text ?? ''];
  if (!/^\d\d\.\d\d$/.test(version)) return NOT_UNDERSTOOD;
  if (!/^\d{4}\/\d\d\/\d\d$/.test(day) || !/^\d\d:\d\d(?::\d\d)?$/.test(clock)) return NOT_UNDERSTOOD;
  return { row: { ...outcome.row, modified: `${day} ${clock}` } };
}

/** `NAME JOB01906 OUTPUT 3 Spool Files`, or with the owner before the status (JESINTERFACELEVEL 2). */
function readJob(columns: readonly Column[]): RowOutcome {
  if (/^-+$/.test(columns[0]?.text ?? '')) return SKIP;
  if (isSpoolCount(columns)) return SKIP;
  if (!isJob(columns)) return NOT_UNDERSTOOD;
  const status = STATUSES.has(columns[2]!.text) ? columns[2]!.text : columns[3]!.text;
  // What still runs or waits has no output yet.
  return nameOnly(columns[1], JOB_ID, status === 'OUTPUT' ? 'file' : 'other');
}

/** `001 JES2  N/A A JESMSGLG  1200`: the number names it; the count is of records as stored, not as sent. */
function readSpoolFile(columns: readonly Column[]): RowOutcome {
  return isSpoolCount(columns) ? SKIP : nameOnly(columns[0], /^\d{1,8}$/, 'file');
}

function isSpoolCount(columns: readonly Column[]): boolean {
  return columns.length === 3 && columns[1]!.text === 'spool' && columns[2]!.text === 'files';
}

function isJob(columns: readonly Column[]): boolean {
  const [name, id, third, fourth] = columns;
  if (!name || !id || !third || !JOB.test(name.text) || !JOB_ID.test(id.text)) return false;
  return STATUSES.has(third.text) || (fourth !== undefined && STATUSES.has(fourth.text));
}

function nameOnly(column: Column | undefined, form: RegExp, kind: Row['kind']): RowOutcome {
  if (!column || !form.test(column.text)) return NOT_UNDERSTOOD;
  return { row: { name: column.text, kind, sizeBytes: null, modified: '' } };
}
