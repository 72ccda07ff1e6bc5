import { describe, expect, test } from 'vitest';
import { chunkings } from './targets/chunks.ts';
import { judgeShown } from './targets/commands.ts';
import { judgeRows } from './targets/listing-rows.ts';
import { isSafeSegment, judgeListing } from './targets/listings.ts';
import { isShowable, standsIn } from './targets/text.ts';
import { judgeInstant } from './targets/values.ts';

const TIME = 'Nov 21 06:06';
const ROW = `-rw-r--r-- 7 o g 1 ${TIME} a`;

type Entry = Parameters<typeof judgeListing>[1]['entries'][number];

/** What a listing reader with one mistake would answer. */
function judge(input: string, ...entries: Array<Partial<Entry>>): Set<string> {
  const outcomes = new Set<string>();
  const said = entries.map((entry) => {
    const name = entry.name ?? 'a';
    return { name, path: `/in/box/${name}`, kind: 'file' as const, sizeBytes: 1n, modified: TIME, ...entry };
  });
  const listing = { entries: said, refused: [], dialect: 'unix' as const, rowCount: 2 };
  judgeListing(Buffer.from(input), listing, 'utf8', outcomes);
  return outcomes;
}

describe('the oracles', () => {
  test('accept a listing that says what was said', () => {
    const rows = `${ROW}\r\n-rw-r--r-- 1 o g 02 ${TIME}  b\r\n`;
    expect([...judge(rows, {}, { name: ' b', sizeBytes: 2n })]).toEqual(['unix file sized dated']);
  });

  test.each<[string, Partial<Entry>]>([
    ['a name that leads elsewhere', { name: '../a' }],
    ['a path elsewhere', { path: '/a' }],
    ['a name that was not said', { name: 'b' }],
    ['a size that was not said', { sizeBytes: 12n }],
    ['the number of another column', { sizeBytes: 7n }],
    ['a name with the blank before it', { name: ' a' }],
    ['another time', { modified: '21 06:06' }],
    ['a file that the row calls otherwise', { kind: 'directory', sizeBytes: null }],
    ['a negative size', { sizeBytes: -1n }],
    ['a size beyond 63 bits', { sizeBytes: 2n ** 63n }],
    ['a folder with a size', { kind: 'directory' }],
    ['a time with a control character', { modified: 'Nov\u001b21' }],
  ])('refuse %s', (_what, entry) => {
    expect(() => judge(ROW, entry)).toThrow(expect.objectContaining({ name: 'WrongAnswer' }));
  });

  test('refuse half a name, and a row that came to nothing', () => {
    expect(() => judge(ROW.replace(/a$/, 'b a'), {})).toThrow('no row of unix says "a"');
    expect(() => judge(`${ROW}\n${ROW.replace(/a$/, 'b')}`, {})).toThrow('is neither an entry nor refused');
  });

  test('refuse one of two rows that differ, and a version that is not the newest', () => {
    expect(() => judge(`${ROW}\n${ROW.replace(' 1 Nov', ' 2 Nov')}`, {})).toThrow('is not "a" file 1');
    const [day, clock] = ['21-NOV-2026', '06:06:07'];
    const rows = `A.X;2  1  ${day} ${clock}\nA.X;10  1  ${day} 07:07:07\n`;
    const entry = { name: 'A.X', path: '/A.X', kind: 'file' as const, sizeBytes: null };
    const judged = (modified: string) => () => judgeRows(rows, 'vms', [{ ...entry, modified }], true);
    expect(judged(`${day} ${clock}`)).toThrow('A.X is not the newest version');
    expect(judged(`${day} 07:07:07`)).not.toThrow();
  });

  test('refuse a name twice', () => {
    expect(() => judge(ROW, {}, {})).toThrow('a name twice');
  });

  test.each(['', '.', '..', 'a/b', 'a\\b', 'C:x', 'a\0', 'a\u202eb', 'a\u00ad', '\ud800', 'x'.repeat(256)])(
    'do not take %j for one safe segment',
    (name) => {
      expect(isSafeSegment(name)).toBe(false);
    },
  );

  test.each(['a b.csv', '-rf', '%2e%2e', '日本', 'x'.repeat(255), '...'])('take %j for one', (name) => {
    expect(isSafeSegment(name)).toBe(true);
  });

  test('tell text that shows itself from text that does not', () => {
    expect(['plain ü 日本 😀', ''].every(isShowable)).toBe(true);
    expect(['\t', '\u0085', '\u200b', '\u2028', '\u2067', '\u061c', '\ufeff'].some(isShowable)).toBe(false);
    expect(() => judgeShown('a\n', 'a\n', 16)).toThrow('control or invisible');
    expect(() => judgeShown('a😀', 'a\ud83d…', 2)).toThrow('half a character');
    expect(() => judgeShown('abc', 'abcdefghi', 4)).toThrow('characters of at most');
  });

  test('find numbers as numbers, not as parts of others', () => {
    expect([standsIn('size 0012;', 12n), standsIn('x7', 7n)]).toEqual([true, true]);
    expect([standsIn('112', 12n), standsIn('', 0n)]).toEqual([false, false]);
  });

  test('refuse an instant that is not what the text says', () => {
    expect(judgeInstant('20261121060607')).toBe('instant');
    expect(judgeInstant('20261231235960')).toBe('leap second');
    expect(() => judgeInstant('00500101000000', new Date('1950-01-01T00:00:00Z'))).toThrow('became 1950');
    expect(() => judgeInstant('20261121', new Date(0))).toThrow('is an instant');
  });

  test('cut bytes in three ways, and lose none', () => {
    for (const text of ['a', 'ab\r\nc', `${'x'.repeat(600)}\r\n`]) {
      const ways = chunkings(Buffer.from(text));
      expect(ways).toHaveLength(3);
      for (const chunks of ways) expect(Buffer.concat(chunks).toString()).toBe(text);
      expect(ways[0]).toHaveLength(1);
    }
    expect(chunkings(Buffer.from('ab\r\n'))[1]).toHaveLength(4);
    expect(chunkings(Buffer.from(`${'x'.repeat(600)}\r\n`))[1]?.map(({ length }) => length)).toEqual([
      600, 1, 1,
    ]);
    expect(chunkings(Buffer.from('\r'.repeat(2000)))[1]).toHaveLength(513);
    expect(chunkings(Buffer.alloc(0))).toEqual([[]]);
  });
});
