import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { refusedInJson } from './scan-json.ts';

describe('refusedInJson', () => {
  it.each([
    ['a key twice', '{"reason":"a","reason":"b"}', 'twice'],
    ['the same key with an escape', '{"a":1,"\\u0061":2}', 'twice'],
    ['a key twice deep inside', '[{"a":{"b":[{"c":1 , "c" : 2}]}}]', 'twice'],
    ['__proto__', '{"__proto__":{}}', 'refused'],
    ['__proto__ with an escape', '{"\\u005f_proto__":{}}', 'refused'],
    ['constructor inside a list', '[[{"constructor":1}]]', 'refused'],
    ['a NUL', '{"a":"\\u0000"}', 'NUL'],
    ['half a character', '["\\ud800"]', 'half'],
    ['half a character as key', '{"\\udc00":1}', 'half'],
    ['33 levels', '['.repeat(33) + ']'.repeat(33), 'deeper'],
    ['a million levels that are never closed', '{"a":'.repeat(1_000_000), 'deeper'],
  ])('names %s', (_, text, said) => {
    expect(refusedInJson(text)).toContain(said);
  });

  it.each([
    ['one key in several objects', '[{"a":1},{"a":{"a":2}}]'],
    ['a value that looks like the key', '{"a":"a","b":["a","a"]}'],
    ['braces and quotes in text', '{"a":"{\\"a\\":1}","b":"}]"}'],
    ['__proto__ as a value', '{"a":"__proto__"}'],
    ['32 levels', '['.repeat(32) + ']'.repeat(32)],
    ['what is no JSON at all', '{"a":"\\'],
  ])('has nothing against %s', (_, text) => {
    expect(refusedInJson(text)).toBeUndefined();
  });

  it('takes whatever JSON.stringify writes, but for refused keys and text', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(undefined, 1, '\t'), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        const awkward = /__proto__|constructor|prototype|\\u0000|\\ud[89a-f]/i.test(text);
        return awkward || refusedInJson(text) === undefined;
      }),
      { numRuns: 1_000 },
    );
  });

  it('finds a key that is there twice wherever it stands', () => {
    fc.assert(
      fc.property(fc.string(), fc.jsonValue({ maxDepth: 2 }), fc.nat(20), (key, value, depth) => {
        fc.pre(!/__proto__|constructor|prototype/.test(JSON.stringify([key, value])));
        const twice = `{${JSON.stringify(key)}:${JSON.stringify(value)},${JSON.stringify(key)}:1}`;
        const text = `${'['.repeat(depth)}${twice}${']'.repeat(depth)}`;
        return refusedInJson(text) !== undefined;
      }),
      { numRuns: 1_000 },
    );
  });
});
