import type { DirectoryEntry } from '#protocol';
import type { Dialect } from '../../../libs/ftps/src/listing/dialects.ts';
import { holds } from '../target.ts';

/** What a row must have before (or around) an entry's name; read from behind, where the parsers read from the front. */
type RowSays = (row: string, entry: DirectoryEntry, next: string) => boolean;

const ROW_SAYS: Record<Dialect, RowSays> = {
  mlsd: (row, { name, kind, sizeBytes, modified }) => {
    const [facts, rest] = cutAt(row, ' ');
    const type = factOf(facts, 'type').toLowerCase();
    const kinds = ({ file: 'file', dir: 'directory' } as Record<string, string>)[type] ?? 'other';
    const size = kind === 'file' ? factOf(facts, 'size') : '';
    return rest === name && kinds === kind && factOf(facts, 'modify') === modified && says(size, sizeBytes);
  },
  unix: (row, entry) => {
    if (entry.kind === 'other') return row.includes(entry.name);
    const before = headOf(row, entry.name);
    const type = before && /^(?: *\d+ ){0,2} *([-d])/.exec(before.replaceAll('\t', ' '))?.[1];
    return (
      before !== undefined &&
      /[^ \t][ \t]$/.test(before) &&
      type === (entry.kind === 'file' ? '-' : 'd') &&
      endsWithSizeAndTime(before, entry)
    );
  },
  netware: (row, entry) => {
    const before = headOf(row, entry.name);
    const sign = entry.kind === 'file' ? '-' : 'd';
    return before?.startsWith(sign) === true && /[ \t]$/.test(before) && endsWithSizeAndTime(before, entry);
  },
  dos: (row, { name, kind, sizeBytes, modified }) => {
    if (kind === 'other') return row.includes(name);
    const before = headOf(row, name) ?? '';
    const words = wordsOf(before);
    const what = words.pop() ?? '';
    const blanks = kind === 'file' ? /[^ \t][ \t]$/ : /[ \t]$/;
    const said = kind === 'file' ? says(what, sizeBytes) : what === '<DIR>';
    return blanks.test(before) && said && words.join('') === modified.replace(' ', '');
  },
  eplf: (row, { name, kind, sizeBytes, modified }) => {
    const [facts, rest] = cutAt(row, '\t');
    const all = facts.slice(1).split(',');
    const [readable, entered] = [all.includes('r'), all.includes('/')];
    const said = readable === entered ? 'other' : readable ? 'file' : 'directory';
    const value = (letter: string) => all.find((fact) => fact[0] === letter)?.slice(1) ?? '';
    const size = kind === 'file' ? value('s') : '';
    return rest === name && said === kind && value('m') === modified && says(size, sizeBytes);
  },
  vms: (row, { name, kind, sizeBytes, modified }, next) => {
    const file = /^[^ \t]+(?=;\d{1,5}(?:[ \t]|$))/.exec(row)?.[0];
    const own = kind === 'directory' ? file?.replace(/\.dir$/i, '') : file;
    const words = wordsOf(row);
    const facts = words.length === 1 ? [...words, ...wordsOf(next)] : words;
    return own === name && sizeBytes === null && facts.slice(2, 4).join(' ') === modified;
  },
  os400: (row, { name, kind, sizeBytes, modified }) => {
    const before = headOf(row.endsWith(`${name}/`) && kind === 'directory' ? row.slice(0, -1) : row, name);
    const words = wordsOf(before ?? '');
    const type = words.pop();
    const padding = before?.slice(before.trimEnd().length).length ?? 0;
    if (!type || !/^\*[A-Z]/.test(type) || padding > Math.max(1, 11 - type.length)) return false;
    if (modified !== '' && words.splice(-2).join(' ') !== modified) return false;
    return sizeBytes === null || says(words.at(-1) ?? '', sizeBytes);
  },
  zos: (row, entry, next) =>
    (entry.sizeBytes === null && wordsOf(row).includes(entry.name)) || ROW_SAYS.unix(row, entry, next),
};

/** The name as a row that must not vanish states it; undefined for rows of which that is not certain. */
const NAME_OF: Partial<Record<Dialect, (row: string) => string | undefined>> = {
  mlsd: (row) => (/(?:^|;)type=[cp]dir;/i.test(cutAt(row, ' ')[0]) ? undefined : cutAt(row, ' ')[1]),
  eplf: (row) => cutAt(row, '\t')[1],
  unix: (row) => /^-(?:[-r][-w][-x]){3} \d+ [a-z]+ [a-z]+ \d+ Nov 21 06:06 (.*)$/.exec(row)?.[1],
  dos: (row) => /^11-21-26 {2}06:06AM +\d+ (.*)$/.exec(row)?.[1],
  netware: (row) => /^- \[\w+\] \w+ +\d+ Nov 21 06:06 +([^ \t].*)$/.exec(row)?.[1],
  vms: (row) => {
    const name = /^([^% \t][^ \t]*);\d{1,5}(?:[ \t]|$)/.exec(row)?.[1];
    return name?.toUpperCase() === '000000.DIR' ? undefined : name?.replace(/\.dir$/i, '');
  },
};

/** Each entry is what one row says, all of it; and no row is missing where none was refused. */
export function judgeRows(
  text: string,
  dialect: Dialect,
  entries: readonly DirectoryEntry[],
  noneRefused: boolean,
): void {
  const rows = text.split('\n').map((row) => (row.endsWith('\r') ? row.slice(0, -1) : row));
  const next = rowsBehind(rows);
  for (const entry of entries) {
    const said = rows.some((row, at) => ROW_SAYS[dialect](row, entry, next[at]!));
    holds(said, `no row of ${dialect} says ${describe(entry)}`);
  }
  if (!noneRefused) return;
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const newest = new Map<string, number>();
  for (const [at, row] of rows.entries()) {
    const name = saysNothing(row, dialect) ? undefined : NAME_OF[dialect]?.(row);
    if (name === undefined) continue;
    holds(byName.has(name), `${JSON.stringify(row)} is neither an entry nor refused`);
    const entry = byName.get(name)!;
    if (dialect === 'vms') {
      const before = newest.get(name);
      if (before === undefined || versionOf(row) > versionOf(rows[before]!)) newest.set(name, at);
      // Of two rows that differ neither may be believed, and that is told.
    } else holds(ROW_SAYS[dialect](row, entry, ''), `${JSON.stringify(row)} is not ${describe(entry)}`);
  }
  for (const [name, at] of newest)
    holds(ROW_SAYS.vms(rows[at]!, byName.get(name)!, next[at]!), `${name} is not the newest version`);
}

/** Blanks, and the sum that many servers write above their rows; in MLSD it would be an entry without facts. */
function saysNothing(row: string, dialect: Dialect): boolean {
  return /^[ \t]*$/.test(row) || (dialect !== 'mlsd' && /^total[ :]{1,3}[\d.,]+[KMGT]?$/i.test(row));
}

function versionOf(row: string): number {
  return Number(/;(\d{1,5})(?:[ \t]|$)/.exec(row)?.[1]);
}

/** For each row the next one that says anything. */
function rowsBehind(rows: readonly string[]): string[] {
  let next = '';
  return rows
    .toReversed()
    .map((row) => {
      const behind = next;
      if (wordsOf(row).length > 0) next = row;
      return behind;
    })
    .toReversed();
}

function describe({ name, kind, sizeBytes, modified }: DirectoryEntry): string {
  return `${JSON.stringify(name)} ${kind} ${sizeBytes} ${JSON.stringify(modified)}`;
}

function cutAt(row: string, separator: string): [string, string] {
  const at = row.indexOf(separator);
  return at === -1 ? [row, ''] : [row.slice(0, at), row.slice(at + 1)];
}

function factOf(facts: string, name: string): string {
  return (
    facts
      .split(';')
      .map((fact) => cutAt(fact, '='))
      .find(([fact]) => fact.toLowerCase() === name)?.[1] ?? ''
  );
}

function headOf(row: string, name: string): string | undefined {
  return row.endsWith(name) ? row.slice(0, row.length - name.length) : undefined;
}

function wordsOf(text: string): string[] {
  return text.split(/[ \t]+/).filter((word) => word !== '');
}

function says(digits: string, sizeBytes: bigint | null): boolean {
  return sizeBytes === null ? digits === '' : /^\d+$/.test(digits) && BigInt(digits) === sizeBytes;
}

function endsWithSizeAndTime(before: string, { kind, sizeBytes, modified }: DirectoryEntry): boolean {
  const words = wordsOf(before).join(' ');
  if (!words.endsWith(` ${modified}`)) return false;
  const size =
    words
      .slice(0, words.length - modified.length - 1)
      .split(' ')
      .at(-1) ?? '';
  return kind === 'file' ? says(size, sizeBytes) : /^(?:\d+|-)$/.test(size);
}
