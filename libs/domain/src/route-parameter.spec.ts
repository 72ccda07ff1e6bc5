import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parametersIn, parameterValueProblem, substituteParameters } from './route-parameter.ts';

describe('parameterValueProblem', () => {
  it.each(['20261121', 'a.b', 'Übersicht 7', '.hidden', '{name}', '*', '-rf', '...x'.slice(2)])(
    'takes %j',
    (value) => {
      expect(parameterValueProblem(value)).toBeUndefined();
    },
  );

  it.each([
    '',
    '.',
    '..',
    'a..b',
    '...',
    'a/b',
    '/',
    '\\',
    'a\\b',
    'a\nb',
    'a\r',
    '\0',
    '\u007f',
    '\u0085',
    '\u202e',
    '\u200b',
    '\u2028',
    '\ud800',
    'x'.repeat(201),
  ])('refuses %j', (value) => {
    expect(parameterValueProblem(value)).toBeDefined();
  });

  it('lets no value out of its folder, wherever it stands in a path', () => {
    const value = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 6 }),
      fc.string({ unit: fc.constantFrom('.', '/', '\\', 'a', '\0'), maxLength: 4 }),
    );
    fc.assert(
      fc.property(value, value, fc.constantFrom('', '.', '..a', 'b'), (one, other, literal) => {
        fc.pre(parameterValueProblem(one) === undefined && parameterValueProblem(other) === undefined);
        const path = substituteParameters(`/out/${literal}{param.a}{param.b}/x`, { a: one, b: other });
        expect(path.split('/')).toHaveLength(4);
        expect(path.split('/')).not.toContain('..');
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('substituteParameters', () => {
  it('puts each value where its name stands, once', () => {
    expect(substituteParameters('/{param.a}/{param.b}-{param.a}', { a: '{param.b}', b: '2' })).toBe(
      '/{param.b}/2-{param.b}',
    );
  });

  it('does not take what every object has for a value', () => {
    expect(() => substituteParameters('{param.constructor}', {})).toThrow(RangeError);
    expect(() => substituteParameters('{param.}', { a: '1' })).toThrow(RangeError);
  });

  it('leaves other braces alone', () => {
    expect(substituteParameters('{a,b}-{name}-{params}', {})).toBe('{a,b}-{name}-{params}');
    expect(parametersIn('{param.a}{name}{param.b-c}')).toEqual(['a', 'b-c']);
  });
});
