import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCsv } from '../../testing/read-csv.ts';
import { csvCell, csvLine } from './csv.ts';

describe('a cell', () => {
  it.each([
    ['/out/a.csv', '/out/a.csv'],
    ['a "b", c', '"a ""b"", c"'],
    [' a ', '" a "'],
    ['', '""'],
    [null, ''],
    [undefined, ''],
    [12, '12'],
    [-5, '-5'],
    [2 ** 53 - 1, '9007199254740991'],
    [1.5, '1.5'],
    [true, 'true'],
    [{ a: [1, 'x'] }, '"{""a"":[1,""x""]}"'],
  ])('of %j is %s', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });

  it.each([
    ['=1+1', "'=1+1"],
    ['+49 1', "'+49 1"],
    ['-2+3', "'-2+3"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['  =1', "'  =1"],
    ['"=1', `"'""=1"`],
    ["'=1", "''=1"],
    ['＝1', "'＝1"],
    ['=HYPERLINK("http://x","y")', `"'=HYPERLINK(""http://x"",""y"")"`],
    ['\t=1', '\\u{9}=1'],
    ['\r=1', '\\u{d}=1'],
    ['a;=1', 'a\\u{3b}=1'],
    ['a;" =1', '"a\\u{3b}"" =1"'],
    ['a;1', '"a;1"'],
  ])('that a spreadsheet would compute is text: %j as %s', (value, cell) => {
    expect(csvCell(value)).toBe(cell);
  });

  it('says what nobody would see, and what is two lines stays on one', () => {
    expect(csvCell('gpj\u202efdp.exe')).toBe('gpj\\u{202e}fdp.exe');
    expect(csvCell('550 no\r\nsuch file')).toBe('550 no\\u{d}\\u{a}such file');
  });
});

describe('whatever stands in the cells', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 20 }),
    fc
      .array(fc.constantFrom(...'=+-@;,"\'\\ \t\r\nau{}\u202e'), { maxLength: 12 })
      .map((all) => all.join('')),
  );

  it('a line is one line of as many cells, and tells every text from every other one', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (texts) => {
        const line = csvLine(texts);
        expect(line.slice(0, -2)).not.toMatch(/[\r\n\t]/);
        const [cells, ...more] = readCsv(line);
        expect(more).toEqual([]);
        expect(cells!.map(originalOf)).toEqual(texts);
      }),
      { seed: 20261121 },
    );
  });

  it('no cell begins with what is computed, separated by commas, semicolons or tabs', () => {
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (texts) => {
        const line = csvLine(texts).trimEnd();
        for (const cell of [...readCsv(`${line}\r\n`)[0]!, ...line.split(/[;\t]/).slice(1)])
          expect(cell).not.toMatch(/^["\s]*[=+\-@]/);
      }),
      { seed: 20261121 },
    );
  });
});

/** As the README says how: an apostrophe of ours away, and what is shown as its number again itself. */
function originalOf(cell: string): string {
  return cell
    .replace(/^'(?=["'\s]*[=+\-@＝＋－＠])/u, '')
    .replace(/\\u\{([0-9a-f]+)\}/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 16)));
}
