import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeNames, matchExpression } from './match-names.ts';

const selection = {
  endpoint: 'source',
  path: '/out',
  select: ['*'],
  exclude: [],
  recursive: false,
  settleMs: 0,
};

/** Expressions of which both dialects say the same; nesting kept low, because RegExp is the slow one. */
const piece = fc.oneof(
  fc.constantFrom('a', 'b', 'x', '.', '\\.', '[ab]', '[^a]', '\\d', '[a-x0-9]', 'ab', '\\w'),
  fc.constantFrom('a*', 'b+', 'x?', '.{1,3}', '(?:ab)*', '(a|b)', '(a|ab)(x|bx)?', '[.]', '.*?'),
);
const expression = fc.array(piece, { minLength: 1, maxLength: 5 }).map((pieces) => pieces.join(''));
const name = fc.string({ unit: fc.constantFrom('a', 'b', 'x', '.', '1', '-', 'é', '/', '𝒳'), maxLength: 8 });

describe('a regular expression', () => {
  it('says of every name what RegExp says', () => {
    let both = 0;
    fc.assert(
      fc.property(expression, name, (of, given) => {
        const expected = new RegExp(`^(?:${of})$`, 'u').test(given);
        if (expected) both += 1;
        expect(matchExpression(of)(given)).toBe(expected);
      }),
      { numRuns: 3_000 },
    );
    expect(both).toBeGreaterThan(30);
  });

  it.each([
    ['POS_\\d{8}\\.csv', 'POS_20261121.csv', true],
    ['POS_\\d{8}', 'POS_20261121.csv', false],
    ['OS_.*', 'POS_20261121.csv', false],
    ['a|b', 'ab', false],
    ['(?i)report.*', 'REPORT.CSV', true],
    ['report.*', 'REPORT.CSV', false],
    ['\\p{L}+\\.csv', 'größe.csv', true],
    ['2026/.*\\.csv', '2026/11/a.csv', true],
    ['.*\\.csv', 'line\nbreak.csv', false],
  ])('%s of %j: %j, the whole of it or nothing', (of, given, expected) => {
    expect(matchExpression(of)(given)).toBe(expected);
  });

  it.each([
    '(a+)+b',
    '(a|a)*b',
    '(.*)*x',
    '(a*)*(a*)*(a*)*b',
    '(\\w+\\s?)*!',
    `(${'a?'.repeat(100)})${'a'.repeat(100)}b`,
  ])('%s does not hang on the name that a partner makes for it', (of) => {
    const matches = matchExpression(of);
    const began = performance.now();
    for (const length of [30, 255, 4_000]) expect(matches(`${'a'.repeat(length)}!c`)).toBe(false);
    // RegExp would need longer than the age of the universe for the second.
    expect(performance.now() - began).toBeLessThan(2_000);
  });

  it('that is none is an error of the configuration, in case an older version let it pass', () => {
    expect(() => matchExpression('(?=a)')).toThrow(
      expect.objectContaining({ code: 'invalid_configuration' }),
    );
  });
});

describe('which names are meant', () => {
  it('a regular expression stands instead of the globs, and `exclude` still counts', () => {
    const judge = judgeNames({ ...selection, select: ['*.txt'], regex: '.*\\.csv', exclude: ['old-*'] });
    const verdicts = ['a.csv', 'a.txt', 'old-a.csv', 'old-a.txt'].map(judge);
    expect(verdicts).toEqual([undefined, 'not_selected', 'excluded', 'not_selected']);
  });
});
