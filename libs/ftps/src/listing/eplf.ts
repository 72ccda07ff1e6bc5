import { type DialectReader, NO_SIZE, NOT_UNDERSTOOD, type Row, type RowOutcome, readDigits } from './row.ts';

/** Facts (`i` identifier, `m` time, `r` can be read, `s` size, `/` can be entered, `up` mode), a TAB, the name. */
const FACTS = /^\+(?:[irsmu/][^,\t]*,)*\t/;

/** EPLF, "easily parsed LIST format": `+i8388621.48594,m825718503,r,s280,<TAB>name`. */
export const eplf: DialectReader = {
  recognises: (line) => FACTS.test(line),
  begin: () => readEplfRow,
};

export function readEplfRow(line: string): RowOutcome {
  const tab = line.indexOf('\t');
  if (!line.startsWith('+') || tab === -1) return NOT_UNDERSTOOD;
  const facts = line.slice(1, tab).split(',');
  // Stated twice, it could mean either.
  if (stated(facts, 's').length > 1 || stated(facts, 'm').length > 1)
    return { refused: 'facts not understood' };
  const readable = facts.includes('r');
  const kind: Row['kind'] = facts.includes('/')
    ? readable
      ? 'other'
      : 'directory'
    : readable
      ? 'file'
      : 'other';
  const modified = stated(facts, 'm')[0] ?? '';
  if (modified !== '' && !/^\d{1,19}$/.test(modified)) return { refused: 'modification time is not a time' };
  const size = stated(facts, 's')[0];
  const sizeBytes = size === undefined ? null : readDigits(size);
  if (sizeBytes === undefined) return NO_SIZE;
  return {
    row: { name: line.slice(tab + 1), kind, sizeBytes: kind === 'file' ? sizeBytes : null, modified },
  };
}

function stated(facts: readonly string[], letter: string): string[] {
  return facts.filter((fact) => fact.startsWith(letter)).map((fact) => fact.slice(1));
}
