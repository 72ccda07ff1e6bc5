import { describe, expect, it } from 'vitest';
import { listOperations, ROLES, type Role } from '#contract';
import { commonRights, NO_RIGHTS, sameRights } from './rights.ts';

function mayAll(role: Role): Set<string> {
  return new Set(
    listOperations().flatMap(({ id, operation: { access } }) =>
      Array.isArray(access) && access.includes(role) ? [id] : [],
    ),
  );
}

describe('what two roles have in common', () => {
  const pairs = ROLES.flatMap((one) => ROLES.map((other) => [one, other] as const));
  it.each(pairs)('%s and %s: no operation that one of them may not', (one, other) => {
    const { role } = commonRights({ role: one, partners: 'all' }, { role: other, partners: 'all' });
    expect(mayAll(role).size).toBeGreaterThan(10);
    for (const either of [one, other])
      expect([...mayAll(role)].filter((id) => !mayAll(either).has(id))).toEqual([]);
    expect(commonRights({ role: other, partners: 'all' }, { role: one, partners: 'all' }).role).toBe(role);
  });
});

describe('what two reaches have in common', () => {
  it.each([
    ['all', 'all', 'all'],
    ['all', ['acme'], ['acme']],
    [['acme', 'beta'], ['beta', 'gamma'], ['beta']],
    [['acme'], ['beta'], []],
    [[], 'all', []],
  ] as const)('%j and %j: %j', (one, other, common) => {
    for (const [a, b] of [
      [one, other],
      [other, one],
    ] as const)
      expect(commonRights({ role: 'admin', partners: a }, { role: 'admin', partners: b }).partners).toEqual(
        common,
      );
  });

  it('is compared whatever its order', () => {
    const rights = (partners: string[]) => ({ role: 'viewer', partners }) as const;
    expect(sameRights(rights(['b', 'a']), rights(['a', 'b']))).toBe(true);
    expect(sameRights(rights(['a']), NO_RIGHTS)).toBe(false);
    expect(sameRights(rights([]), NO_RIGHTS)).toBe(true);
  });
});
