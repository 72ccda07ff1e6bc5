import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyPatch, differences, mergePatchOf } from './merge-patch.ts';
import type { Json } from './path.ts';

const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.array(fc.string(), { maxLength: 2 }));
// As in the configuration: where a reference stands there is never anything else.
const some = fc.record(
  { a: leaf, b: leaf, password: fc.constantFrom({ secret: 'a' }, { env: 'A' }, { cleared: true }) },
  { requiredKeys: [] },
);
const objects: fc.Arbitrary<Json> = fc.record(
  {
    a: leaf,
    tls: some,
    proxy: fc.oneof(some, leaf),
    password: fc.constantFrom({ secret: 'a' }, { file: '/a' }),
  },
  { requiredKeys: [] },
);

describe('a merge patch', () => {
  it('makes the one object the other, and nothing of two that are equal', () => {
    fc.assert(
      fc.property(objects, objects, (one, other) => {
        expect(applyPatch(one, mergePatchOf(one, other))).toEqual(other);
        expect(mergePatchOf(other, structuredClone(other))).toEqual({});
      }),
    );
  });

  it('takes a reference for one value', () => {
    expect(mergePatchOf({ password: { secret: 'a' } }, { password: { env: 'A' } })).toEqual({
      password: { env: 'A' },
    });
  });

  it('takes nothing for a reference that only has the name of one', () => {
    const before = { parameters: { env: { pattern: 'a', default: 'b' }, day: { pattern: 'd' } } };
    const after = { parameters: { env: { pattern: 'x', default: 'b' }, day: { pattern: 'd' } } };
    expect(mergePatchOf(before, after)).toEqual({ parameters: { env: { pattern: 'x' } } });
    expect(applyPatch(before, mergePatchOf(before, after))).toEqual(after);
  });

  it('says null for what is gone, and only what changed of the rest', () => {
    expect(
      mergePatchOf({ tls: { pins: [], ca: ['x'] }, port: 21 }, { tls: { pins: ['p'], ca: ['x'] } }),
    ).toEqual({
      tls: { pins: ['p'] },
      port: null,
    });
  });
});

describe('differences', () => {
  it('go down to the option, also of a group that comes or goes', () => {
    expect(differences({ a: 1 }, { a: 1, proxy: { host: 'p', password: { env: 'P' } } })).toEqual([
      { path: 'proxy.host', before: undefined, after: 'p' },
      { path: 'proxy.password', before: undefined, after: { env: 'P' } },
    ]);
  });
});
