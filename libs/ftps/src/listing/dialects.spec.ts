import { describe, expect, test } from 'vitest';
import { SAMPLE_LISTINGS, type SampleRow } from '../../testing/listing-corpus.ts';
import { DIALECT_READERS, DIALECTS, recogniseDialect } from './dialects.ts';
import { readListing } from './read-listing.ts';

const SAMPLES = SAMPLE_LISTINGS.flatMap(({ dialect, from, header, rows }) =>
  rows.map((row) => ({ dialect, from, header, row, text: row[0] })),
);

function expected(row: SampleRow) {
  if (row[1] === 'skip') return { entries: [], reasons: [] };
  if (row[1] === 'refused') return { entries: [], reasons: [expect.stringContaining(row[2])] };
  const [, kind, name] = row;
  const [sizeBytes, modified] = row[1] === 'file' ? [row[3], row[4]] : [null, row[3]];
  return { entries: [{ name, path: `/${name}`, kind, sizeBytes, modified }], reasons: [] };
}

describe('rows as servers print them', () => {
  test('at least 120 of them are kept', () => {
    expect(SAMPLES.length).toBeGreaterThanOrEqual(120);
  });

  test.each(SAMPLES)('$dialect, $from: $text', ({ dialect, header, row, text }) => {
    const lines = header === undefined ? text : `${header}\r\n${text}`;
    const { entries, refused } = readListing(Buffer.from(`${lines}\r\n`), { dialect });
    expect({ entries, reasons: refused.map(({ reason }) => reason) }).toEqual(expected(row));
  });
});

describe('the dialect of a listing', () => {
  test.each(SAMPLES.filter(({ row }) => row[1] !== 'skip' && row[1] !== 'refused'))(
    'is $dialect by its header or its row: $text',
    ({ dialect, header, text }) => {
      expect(recogniseDialect(header ?? text.split('\r\n')[0]!)).toBe(dialect);
    },
  );

  test('is told by one dialect alone, for every sample', () => {
    for (const { text, header } of SAMPLES) {
      for (const line of [text, header ?? '']) {
        const recognised = DIALECTS.filter((dialect) => DIALECT_READERS[dialect].recognises(line));
        expect({ line, many: recognised.length > 1 ? recognised : [] }).toEqual({ line, many: [] });
      }
    }
  });

  test('is decided by the first row that says one, and no later row changes it', () => {
    for (const first of SAMPLE_LISTINGS) {
      const begin = first.header ?? first.rows[0]![0];
      if (recogniseDialect(begin) !== first.dialect) continue;
      for (const { text } of SAMPLES) {
        expect(readListing(Buffer.from(`${begin}\r\n${text}\r\n`)).dialect).toBe(first.dialect);
      }
    }
  });

  test('is not decided by `total 12`, which NetWare and others write as well as Unix', () => {
    for (const { dialect, header, rows } of SAMPLE_LISTINGS) {
      const begin = header ?? rows[0]![0];
      if (dialect === 'mlsd' || recogniseDialect(begin) !== dialect) continue;
      const { entries, refused, ...alone } = readListing(Buffer.from(`${begin}\r\n`));
      expect(readListing(Buffer.from(`total 12\r\n${begin}\r\n`))).toEqual({ entries, refused, ...alone });
      expect(readListing(Buffer.from(`${begin}\r\ntotal 12\r\n`))).toEqual({ entries, refused, ...alone });
    }
    expect(readListing(Buffer.from('total 0\r\n'))).toEqual({ entries: [], refused: [], dialect: undefined });
  });

  test('is not decided by a row that says nothing', () => {
    const { dialect, entries, refused } = readListing(
      Buffer.from('hello\r\n-rw-r--r-- 1 a b 5 Nov 21 06:06 x\r\n'),
    );
    expect([dialect, entries.length, refused.length]).toEqual(['unix', 1, 1]);
    expect(readListing(Buffer.from('hello\r\n')).dialect).toBeUndefined();
  });

  test('of a session stays, save that z/OS lists HFS like Unix and data sets with a header in the first row', () => {
    const header = 'Volume Unit    Referred Ext Used Recfm Lrecl BlkSz Dsorg Dsname\r\n';
    const dataSet = 'EDI001 3390   2026/11/20  1   15  FB      80  27920  PS  ORDERS\r\n';
    const file = '-rw-r--r-- 1 a b 5 Nov 21 06:06 x\r\n';
    expect(readListing(Buffer.from(header + dataSet), { dialect: 'unix' })).toMatchObject({
      dialect: 'zos',
      entries: [{ name: 'ORDERS' }],
    });
    expect(readListing(Buffer.from(file), { dialect: 'zos' }).entries).toHaveLength(1);
    const forged = readListing(Buffer.from(file + header + dataSet), { dialect: 'unix' });
    expect([forged.dialect, forged.entries.length, forged.refused.length]).toEqual(['unix', 1, 2]);
    expect(readListing(Buffer.from(header + dataSet), { dialect: 'dos' }).entries).toEqual([]);
  });
});

describe('VMS', () => {
  const row = (name: string, time: string) => `${name} 12/24 21-NOV-2026 ${time} [EDI] (RWED)\r\n`;

  test('shows the newest version only, whatever the order, under its name without the version', () => {
    const rows = [row('A.DAT;9', '06:09'), row('A.DAT;10', '06:10'), row('A.DAT;8', '06:08')];
    for (const order of [rows, [...rows].reverse(), [rows[1], rows[0], rows[2]]]) {
      const { entries, refused } = readListing(Buffer.from(order.join('')));
      expect(refused).toEqual([]);
      expect(entries.map(({ name, modified }) => [name, modified])).toEqual([['A.DAT', '21-NOV-2026 06:10']]);
    }
  });

  test('believes neither of two rows for one version, nor a first half whose second never came', () => {
    const { entries, refused } = readListing(
      Buffer.from(
        `${row('A.DAT;9', '06:09')}${row('A.DAT;9', '06:10')}LONG.DAT;1\r\n${row('B.DAT;1', '06:06')}LAST.DAT;1`,
      ),
    );
    expect(entries.map(({ name }) => name)).toEqual(['B.DAT']);
    expect(refused.map(({ shown, reason }) => [shown, reason.slice(0, 20)])).toEqual([
      ['A.DAT', 'listed more than onc'],
      ['LONG.DAT;1', 'row not understood'],
      ['LAST.DAT;1', 'row not understood'],
    ]);
  });
});

test('a job and its spool files stand in one listing of JES', () => {
  const { entries, refused } = readListing(
    Buffer.from(
      [
        'JOBNAME  JOBID    OWNER    STATUS CLASS',
        'EDIUSER1 JOB01906 EDIUSER  OUTPUT A        RC=0000',
        '--------',
        '         ID  STEPNAME PROCSTEP C DDNAME   BYTE-COUNT',
        '         001 JES2              H JESMSGLG      1200',
        '1 spool files',
      ].join('\r\n'),
    ),
  );
  expect(refused).toEqual([]);
  expect(entries.map(({ name }) => name)).toEqual(['JOB01906', '001']);
});

test('more refused rows than anybody reads are counted', () => {
  const { refused } = readListing(Buffer.from('nonsense\n'.repeat(1_500)));
  expect(refused).toHaveLength(1_001);
  expect(refused.at(-1)!.reason).toBe('500 more rows were refused');
});
