import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { SAMPLE_LISTINGS } from '../../testing/listing-corpus.ts';
import { ProtocolViolation } from '../protocol-violation.ts';
import { DIALECT_READERS, DIALECTS, type Dialect } from './dialects.ts';
import { ListingReader } from './listing-reader.ts';
import { readListing } from './read-listing.ts';

const ENCODINGS = ['utf8', 'latin1', 'cp437', 'shift_jis', 'gb18030'];
const WHOLE_LISTINGS = SAMPLE_LISTINGS.map(({ header, rows }) =>
  [...(header === undefined ? [] : [header]), ...rows.map(([row]) => row)].join('\r\n'),
);
const ROWS = WHOLE_LISTINGS.flatMap((listing) => listing.split('\r\n'));
const COLUMNS = [...new Set(ROWS.flatMap((row) => row.split(/([ \t]+)/)))];

const dialects = fc.constantFrom<Dialect | undefined>(...DIALECTS, undefined);
const encodings = fc.constantFrom(...ENCODINGS);
/** Bytes of any kind, and bytes that look like rows: columns of real rows in any order, with anything between. */
const noise = fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes));
const columns = fc
  .array(fc.oneof(fc.constantFrom(...COLUMNS), fc.string({ unit: 'binary', maxLength: 6 })), {
    maxLength: 14,
  })
  .map((parts) => Buffer.from(parts.join('')));
const renamed = fc
  .tuple(fc.constantFrom(...ROWS), fc.nat(120), fc.string({ unit: 'binary', maxLength: 20 }))
  .map(([row, at, text]) => Buffer.from(row.slice(0, at) + text + row.slice(at)));
const lineEnds = fc.constantFrom('\r\n', '\n', '\r', '\r\r\n').map((text) => Buffer.from(text));
const listings = fc
  .array(fc.tuple(fc.oneof(noise, columns, renamed, fc.constantFrom(...ROWS).map(toBuffer)), lineEnds), {
    maxLength: 12,
  })
  .map((rows) => Buffer.concat(rows.flat()));

function toBuffer(text: string): Buffer {
  return Buffer.from(text);
}

test('whatever a server lists, names are single safe segments, once each, and sizes are none or not negative', () => {
  fc.assert(
    fc.property(listings, dialects, encodings, (bytes, dialect, encoding) => {
      const { entries, refused } = readListing(bytes, {
        ...(dialect && { dialect }),
        encoding,
        directory: '/in',
      });
      for (const { name, path, sizeBytes, kind } of entries) {
        expect(name).not.toMatch(/[/\\:\u0000-\u001f\u007f-\u009f\u202a-\u202e]|^\.{0,2}$/);
        expect(path).toBe(`/in/${name}`);
        if (sizeBytes !== null)
          expect(kind === 'file' && sizeBytes >= 0n && sizeBytes < 2n ** 63n).toBe(true);
      }
      expect(new Set(entries.map(({ name }) => name)).size).toBe(entries.length);
      for (const { shown } of refused) expect(shown).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]/);
    }),
    { numRuns: 2_000 },
  );
});

test('any chunking of any listing means the same', () => {
  const cuts = fc.array(fc.nat(2_000), { maxLength: 10 });
  fc.assert(
    fc.property(
      fc.oneof(listings, fc.constantFrom(...WHOLE_LISTINGS).map(toBuffer)),
      dialects,
      cuts,
      (bytes, dialect, at) => {
        const reader = new ListingReader('/', 'utf8', dialect);
        let start = 0;
        for (const end of [...at.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length]) {
          // The sender reuses its memory.
          const chunk = Buffer.from(bytes.subarray(start, end));
          reader.push(chunk);
          chunk.fill('x');
          start = end;
        }
        const { dialect: _, ...whole } = readListing(bytes, dialect && { dialect });
        expect(reader.finish()).toEqual(whole);
      },
    ),
    { numRuns: 500 },
  );
});

test('every sample means the same byte by byte', () => {
  for (const listing of WHOLE_LISTINGS) {
    const bytes = Buffer.from(listing);
    const reader = new ListingReader('/', 'utf8', undefined);
    for (let at = 0; at < bytes.length; at += 1) reader.push(bytes.subarray(at, at + 1));
    const { dialect: _, ...whole } = readListing(bytes);
    expect(reader.finish()).toEqual(whole);
  }
});

test('no name makes its row say anything else: size, kind and time stand before it', () => {
  const unixNames = fc
    .array(fc.oneof(fc.constantFrom(...COLUMNS), fc.string({ unit: 'binary', maxLength: 6 })), {
      maxLength: 12,
    })
    .map((parts) => parts.join(''))
    .filter((name) => !/[\r\n]/.test(name) && name.isWellFormed());
  const layouts: [dialect: Dialect, before: string, modified: string][] = [
    ['unix', '-rw-r--r-- 1 edi edi 5 Nov 21 06:06 ', 'Nov 21 06:06'],
    ['unix', '-rw-r--r-- 1 edi 5 Nov 21 2025 ', 'Nov 21 2025'],
    ['unix', '-rw-r--r-- 1 edi edi 5 21 Nov 06:06 ', '21 Nov 06:06'],
    ['unix', '-rw-r--r-- 1 Domain Users edi 5 Mär 21 2025 ', 'Mär 21 2025'],
    ['unix', '-rw-r--r-- 1 1000 1000 5 2026-11-21 06:06 ', '2026-11-21 06:06'],
    ['dos', '11-21-26  06:06AM                    5 ', '11-21-26 06:06AM'],
    ['eplf', '+m1,r,s5,\t', '1'],
    ['mlsd', 'type=file;size=5;modify=20261121060600; ', '20261121060600'],
  ];
  fc.assert(
    fc.property(fc.constantFrom(...layouts), unixNames, ([dialect, before, modified], name) => {
      const { entries } = readListing(
        Buffer.from(`${before}${name}\n`),
        dialect === 'mlsd' ? { dialect } : {},
      );
      for (const entry of entries)
        expect(entry).toEqual({ name, path: `/${name}`, kind: 'file', sizeBytes: 5n, modified });
    }),
    { numRuns: 2_000 },
  );
});

describe('limits', () => {
  test('a row of 8 KiB is read, one byte more is refused, in one piece or in many', () => {
    const row = Buffer.alloc(8 * 1024, 'a');
    for (const [bytes, fits] of [
      [Buffer.concat([row, Buffer.from('\r\n')]), true],
      [row, true],
      [Buffer.concat([row, Buffer.from('a\n')]), false],
      [Buffer.concat([row, Buffer.from('aa')]), false],
    ] as const) {
      for (const size of [bytes.length, 1_000]) {
        const read = () => {
          const reader = new ListingReader('/', 'utf8', 'unix');
          for (let at = 0; at < bytes.length; at += size) reader.push(bytes.subarray(at, at + size));
          return reader.finish();
        };
        if (fits) expect(read().refused).toHaveLength(1);
        else expect(read).toThrow(ProtocolViolation);
      }
    }
  });

  test.each([
    ['short', 20, 100_000],
    ['long', 240, 40_000],
  ])(
    'about as many entries with %s names are kept as fit into the memory of a session',
    (_, length, count) => {
      const reader = new ListingReader('/out', 'utf8', 'mlsd');
      const push = (from: number, many: number) => {
        for (let index = from; index < from + many; index += 1)
          reader.push(Buffer.from(`type=file;size=1; ${String(index).padStart(length, 'f')}\r\n`));
      };
      push(0, count * 0.9);
      expect(() => push(count, count * 0.2)).toThrow(ProtocolViolation);
    },
  );

  test('a listing of more than 200,000 rows is cut', () => {
    const reader = new ListingReader('/', 'utf8', 'unix');
    reader.push(Buffer.from('total 1\n'.repeat(200_000)));
    expect(() => reader.push(Buffer.from('total 1\n'))).toThrow(ProtocolViolation);
  });
});

/**
 * Work that grows with the square of the row would take sixteen times as long for a row four times as long; in linear
 * parsers the ratio stays near four. The rows are much longer than the reader lets through, so that the clock sees them.
 */
describe('a row four times as long costs no sixteen times as much', () => {
  const PIECES = [
    'a',
    ' ',
    '1 ',
    '1',
    ';',
    'x;1',
    '-rw-r--r-- ',
    'r',
    ',',
    '+s,',
    '.',
    '*A ',
    'Nov 21 ',
    '<',
    '\t',
    '] ',
    'é',
  ];
  const heads = [
    '',
    '-rw-r--r-- 1 a b 5 ',
    'd [R] ',
    '+',
    '11-21-26 06:06 ',
    'X;1 ',
    'total ',
    'type=file;',
    'Directory ',
  ];

  test.each(DIALECTS)('%s', (dialect) => {
    const { recognises, isUnfinished, begin } = DIALECT_READERS[dialect];
    const read = (line: string) => [recognises(line), isUnfinished?.(line), begin()(line)];
    for (const piece of PIECES) {
      for (const head of heads) {
        const row = (length: number) => head + piece.repeat(length / piece.length);
        const [short, long] = [row(32_768), row(131_072)];
        read(long);
        const best = (line: string) => Math.min(...Array.from({ length: 3 }, () => timeOf(() => read(line))));
        // The floor is for a busy machine; the square of 131,072 would be seconds.
        expect(best(long), `${head}${piece}…`).toBeLessThan(Math.max(best(short) * 12, 40));
      }
    }
  });
});

function timeOf(work: () => unknown): number {
  const began = performance.now();
  work();
  return performance.now() - began;
}
