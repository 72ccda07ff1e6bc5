import { type Column, readColumns } from './columns.ts';
import { type DialectReader, NOT_UNDERSTOOD, type RowOutcome, SKIP } from './row.ts';

const HEADER = /^Directory\s+\S*\[/i;
const TRAILER = /^(?:Grand\s+)?Total of \d+ /i;
/** Blocks used, or used/allocated. */
const BLOCKS = /^\d+(?:\/\d+)?$/;
const DAY = /^\d{1,2}-[A-Z]{3}-\d{4}$/i;
const CLOCK = /^\d{1,2}:\d\d(?::\d\d(?:\.\d{1,4})?)?$/;

/** `NAME.EXT;version  blocks  21-NOV-2026 06:06:07  [owner]  (protection)`; a long name has the rest on the next line. */
export const vms: DialectReader = {
  recognises: (line) => {
    if (HEADER.test(line)) return true;
    const [file, blocks, day] = readColumns(line, 3);
    if (line === '' || !file || file.start !== 0 || !readFile(file)) return false;
    return !blocks || (BLOCKS.test(blocks.text) && day !== undefined && DAY.test(day.text));
  },
  begin: () => readVmsRow,
  isUnfinished: (line) => {
    const [file, blocks] = readColumns(line, 2);
    return file !== undefined && file.start === 0 && !blocks && readFile(file) !== undefined;
  },
};

export function readVmsRow(line: string): RowOutcome {
  // The protection may stand on a line of its own; `%DIRECT-W-NOFILES` says that there is nothing.
  if (
    HEADER.test(line) ||
    TRAILER.test(line) ||
    /^\s+[[(]/.test(line) ||
    line.startsWith('%DIRECT-W-NOFILES')
  )
    return SKIP;
  const [first, blocks, day, clock] = readColumns(line, 4);
  const file = first && first.start === 0 ? readFile(first) : undefined;
  if (!file) return NOT_UNDERSTOOD;
  // `%RMS-E-PRV, insufficient privilege` where the facts should be.
  if (blocks?.text.startsWith('%')) return { refused: 'the server could not read this file' };
  if (!blocks || !day || !clock) return NOT_UNDERSTOOD;
  if (!BLOCKS.test(blocks.text) || !DAY.test(day.text) || !CLOCK.test(clock.text)) return NOT_UNDERSTOOD;
  const modified = `${day.text} ${clock.text}`;
  if (/\.DIR$/i.test(file.name)) {
    const name = file.name.slice(0, -'.DIR'.length);
    // The root of a disk lists itself.
    if (name === '000000') return SKIP;
    return { row: { name, kind: 'directory', sizeBytes: null, modified } };
  }
  return { row: { name: file.name, kind: 'file', sizeBytes: null, modified, version: file.version } };
}

function readFile({ text }: Column): { name: string; version: number } | undefined {
  const semicolon = text.lastIndexOf(';');
  const version = text.slice(semicolon + 1);
  if (semicolon < 1 || !/^\d{1,5}$/.test(version)) return undefined;
  return { name: text.slice(0, semicolon), version: Number(version) };
}
