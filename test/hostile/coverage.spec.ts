import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Of the attack list: the control channel 1-18, TLS 19-33, names and listings 45-55, empty files 56. */
const ROWS = [...range(1, 33), ...range(45, 56)];
/** Of the list of attacks that an FTPS client must survive. */
const BOXES: Readonly<Record<number, string>> = {
  1: 'STARTTLS injection and stripping',
  2: 'connections and sessions never shared',
  3: 'PASV and EPSV that lead elsewhere',
  4: 'a thief on the data connection',
  5: 'truncation',
  6: 'sizes that lie',
  7: 'line breaks and NUL in arguments',
  8: 'paths that lead out',
  9: 'symbolic links and loops',
  10: 'memory and time without bound',
  11: 'slow peers in every phase',
  12: 'replies that confuse',
  13: 'certificates, versions and ciphers',
  14: 'servers of other protocols',
  15: 'terminal sequences and secrets on record',
  16: 'CCC and PROT C',
};

const named = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.spec.ts') && name !== 'coverage.spec.ts')
  .map((name) => ({ name, text: readFileSync(join(import.meta.dirname, name), 'utf8') }))
  // A case carries its number in its own name, or in the name that heads its table.
  .flatMap(({ name, text }) => text.split('\n').map((line) => ({ name, line })))
  .filter(({ line }) => /row \d\d|ftps 4\.\d/.test(line));

describe('the attack list', () => {
  it.each(ROWS)('row %i is a named test', (row) => {
    expect(filesWith(new RegExp(`\\brow ${String(row).padStart(2, '0')}\\b`))).not.toEqual([]);
  });

  it.each(Object.entries(BOXES))('box 4.%s (%s) is a named test', (box) => {
    expect(filesWith(new RegExp(`\\bftps 4\\.${box}\\b`))).not.toEqual([]);
  });
});

function filesWith(name: RegExp): string[] {
  return [...new Set(named.filter(({ line }) => name.test(line)).map(({ name: file }) => file))];
}

function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
