import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ConfigurationRefused } from './configuration-refused.ts';
import { mergePatch } from './merge-patch.ts';

it.each([
  // RFC 7396, appendix A, as far as both are objects.
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  // A reference is one value.
  [{ password: { cleared: true } }, { password: { secret: 'p' } }, { password: { secret: 'p' } }],
  [{ password: { secret: 'p' } }, { password: { env: 'P' } }, { password: { env: 'P' } }],
  // What only has the name of one is none.
  [
    { parameters: { env: { pattern: 'a', default: 'b' }, day: { pattern: 'd' } } },
    { parameters: { env: { pattern: 'x' } } },
    { parameters: { env: { pattern: 'x', default: 'b' }, day: { pattern: 'd' } } },
  ],
])('%j and %j make %j', (target, patch, merged) => {
  expect(mergePatch(target, patch)).toEqual(merged);
});

it('leaves what it was given as it is, and no prototype is reached', () => {
  const json = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 }));
  fc.assert(
    fc.property(json, json, (target, patch) => {
      const before = JSON.stringify([target, patch]);
      const merged = mergePatch(target, patch);
      expect(JSON.stringify([target, patch])).toBe(before);
      for (const [key, value] of Object.entries(patch))
        expect(Object.hasOwn(merged, key)).toBe(value !== null);
    }),
  );
  mergePatch(
    {},
    JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
  );
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

it('refuses what is deeper than anything that can be configured', () => {
  let deep: Record<string, unknown> = {};
  for (let depth = 0; depth < 20_000; depth++) deep = { a: deep };
  expect(() => mergePatch({}, deep)).toThrow(ConfigurationRefused);
});
