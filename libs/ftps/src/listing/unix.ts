import { type RowOutcome, readDigits, SKIP } from './row.ts';

/**
 * `ls -l` as servers print it: mode, links, owner, group (some leave links or group out), size, date, one space,
 * name. The date is `Nov 21 06:06` or `Nov 21  2025`, or ISO.
 */
const ROW =
  /^([-a-zA-Z])([-r][-w][-xsStTlL]){3}[.+@]?\s+(?:\S+\s+){1,3}?(\d+)\s+([A-Z][a-z]{2}\s+\d{1,2}\s+(?:\d{1,2}:\d\d|\d{4})|\d{1,2}\s+[A-Z][a-z]{2}\s+(?:\d{1,2}:\d\d|\d{4})|\d{4}-\d\d-\d\d\s+\d\d:\d\d) (.+)$/;
const DEVICE = /^[bc][-r][-w]/;

export function isUnixRow(line: string): boolean {
  return /^[-a-zA-Z]([-r][-w][-xsStTlL]){3}[.+@]?\s/.test(line) || /^total \d+$/.test(line);
}

export function readUnixRow(line: string): RowOutcome {
  if (/^total \d+$/.test(line)) return SKIP;
  if (DEVICE.test(line)) return { refused: 'a device' };
  const match = ROW.exec(line);
  if (!match) return { refused: 'row not understood' };
  const [, type, , size, date, name] = match;
  const kind = type === '-' ? 'file' : type === 'd' ? 'directory' : 'other';
  if (kind === 'directory' && (name === '.' || name === '..')) return SKIP;
  const sizeBytes = readDigits(size!);
  if (sizeBytes === undefined) return { refused: 'size is not a number' };
  return {
    row: {
      // A link's target is the server's business: it is never followed, only its own name is shown.
      name: type === 'l' ? name!.split(' -> ', 1)[0]! : name!,
      kind,
      sizeBytes: kind === 'file' ? sizeBytes : null,
      modified: date!.replace(/\s+/g, ' '),
    },
  };
}
