import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { PROMISES } from './promises.ts';
import { isShownBy, missingTests, promiseTable } from './support/promise-tests.ts';

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('the promises', () => {
  it('are all there: P1 to P11, K1 to K6, rows 64 to 83', () => {
    const expected = [
      ...numbers(1, 11).map((number) => `P${number}`),
      ...numbers(1, 6).map((number) => `K${number}`),
      ...numbers(64, 83).map((number) => `row ${number}`),
    ];
    expect(Object.keys(PROMISES)).toEqual(expected);
  });

  it.each(Object.keys(PROMISES))('%s has its tests, by their names', (id) => {
    expect(missingTests(id)).toEqual([]);
    expect(Object.keys(PROMISES[id]!.shownBy)).not.toEqual([]);
  });

  it('stand in the README as they are', () => {
    const readme = readFileSync(join(import.meta.dirname, 'README.md'), 'utf8').split('\n');
    expect(readme.filter((line) => /^\| (promise|---|[PK]\d+|row \d+) \|/.test(line))).toEqual(
      promiseTable(),
    );
  });

  it('are shown by what their titles name, and by nothing else', () => {
    expect(isShownBy('%s waits', ['a pin waits for somebody'])).toBe(true);
    expect(isShownBy('$id has one spelling', ['getRun has one spelling'])).toBe(true);
    expect(isShownBy('is taken (once)', ['is taken once'])).toBe(false);
    expect(isShownBy('is taken once', ['an answer > is taken once'])).toBe(true);
  });
});
