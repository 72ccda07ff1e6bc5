import fc from 'fast-check';
import picomatch from 'picomatch';
import { describe, expect, it } from 'vitest';
import { globTakesLong, matchGlobs, matchPlainGlob } from './match-glob.ts';

const HOSTILE = '*a*a*a*a*a*a*a*a*a*b';

const name = fc
  .array(fc.constantFrom('a', 'b', '1', '.', '.', 'é', ' ', '-', '@', '_', '*', '😀'), {
    minLength: 1,
    maxLength: 6,
  })
  .map((letters) => letters.join(''))
  .filter((text) => text !== '.' && text !== '..');
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
const segment = fc.oneof(
  { weight: 1, arbitrary: fc.constant('**') },
  {
    weight: 3,
    arbitrary: fc
      .array(
        fc.constantFrom(
          ...['a', 'b', '1', '.', '.', '*', '*', '?', 'é', ' ', '-'],
          '{a,b.}',
          '{.a,b}',
          '{1,a b}',
        ),
        { minLength: 1, maxLength: 6 },
      )
      .map((parts) => parts.join('')),
  },
);
const glob = fc.oneof(
  {
    weight: 9,
    arbitrary: fc.array(segment, { minLength: 1, maxLength: 4 }).map((segments) => segments.join('/')),
  },
  { weight: 1, arbitrary: fc.constantFrom('*.*', '**/*.*', '.*', '**/.*', '*/*', '**/*', '**', '*', 'a/**') },
);
/** A path that the glob was written for, more often than not. */
const pathOf = (pattern: string) =>
  fc.tuple(fc.array(name, { minLength: 1 }), fc.infiniteStream(fc.boolean())).map(([names, coins]) => {
    let taken = 0;
    const any = () => (coins.next().value ? '' : names[taken++ % names.length]!);
    return pattern
      .replace(/\{([^,]*),([^}]*)\}/g, (_, one: string, other: string) => (coins.next().value ? one : other))
      .replace(/\*\*?/g, any)
      .replaceAll('?', () => (coins.next().value ? '.' : 'b'))
      .split('/')
      .filter((each) => !/^\.{0,2}$/.test(each))
      .join('/');
  });

describe('a glob that is matched in linear time', () => {
  it('means what picomatch says', () => {
    const cases = glob.chain((pattern) => fc.tuple(fc.constant(pattern), fc.oneof(path, pathOf(pattern))));
    const seen = { true: 0, false: 0 };
    fc.assert(
      fc.property(cases, ([pattern, subject]) => {
        const linear = matchPlainGlob(pattern);
        fc.pre(linear !== undefined && subject !== '');
        const answer = picomatch(pattern, { dot: true })(subject);
        seen[`${answer}`]++;
        expect(linear!(subject)).toBe(answer);
      }),
      { numRuns: 2_000 },
    );
    expect(Math.min(seen.true, seen.false)).toBeGreaterThan(200);
  });

  it.each(['*.csv', '**/*_????????.csv', 'in/**', 'statement-*-2026*.{csv,txt,xml}', 'Größe *.pdf'])(
    'is the usual one: %s',
    (usual) => {
      expect(matchPlainGlob(usual)).toBeDefined();
    },
  );

  it('takes no time with names that would keep an expression busy for years', () => {
    const test = matchGlobs(['x', HOSTILE, `**/${HOSTILE}`]);
    expect([test('a'.repeat(20_000)), test(`${'a'.repeat(20_000)}b`)]).toEqual([false, true]);
  });
});

it.each([
  [HOSTILE, false],
  ['report-[0-9]*.csv', false],
  ['[a]*a*a*a*b', true],
  ['+(a|aa)b', true],
  ['{a*,b*}{c*,d*}', true],
])('whether %s could take long is known beforehand', (pattern, long) => {
  expect(globTakesLong(pattern)).toBe(long);
});
