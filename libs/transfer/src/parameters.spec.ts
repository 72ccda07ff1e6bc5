import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Placement, parameterValueProblem, type Selection } from '#domain';
import { judgeNames } from './match-names.ts';
import { inFolders } from './parameters.ts';

const SOURCE: Selection = {
  endpoint: 'outbox',
  path: '/out/{param.day}',
  select: ['{param.kind}-*.csv'],
  exclude: [],
  recursive: false,
  settleMs: 0,
};
const DESTINATION: Placement = {
  endpoint: 'inbox',
  path: '/in/{param.kind}',
  name: '{param.day}-{name}',
  onExisting: 'refuse',
};

describe('inFolders', () => {
  it('puts the values into folders and patterns, and leaves the template of the names to the names', () => {
    const { selection, placement } = inFolders(SOURCE, DESTINATION, { day: '20261121', kind: 'orders' });
    expect(selection.path).toBe('/out/20261121');
    expect(judgeNames(selection)('orders-1.csv')).toBeUndefined();
    expect(placement).toMatchObject({ path: '/in/orders', name: '{param.day}-{name}' });
  });

  it('lets a value stand for itself in a pattern, whatever it is made of', () => {
    const value = fc
      .oneof(
        fc.string({ unit: fc.constantFrom(...'*?[]{}()!+@|,^$.-a~ é'), minLength: 1, maxLength: 8 }),
        fc.string({ unit: 'grapheme', minLength: 1, maxLength: 8 }),
      )
      .filter((text) => parameterValueProblem(text) === undefined);
    fc.assert(
      fc.property(value, value, (kind, other) => {
        const { selection } = inFolders(SOURCE, DESTINATION, { day: '1', kind });
        const judge = judgeNames(selection);
        const wanted = (path: string) => judge(path) === undefined;
        expect(wanted(`${kind}-7.csv`)).toBe(true);
        expect(wanted(`${other}-7.csv`)).toBe(`${other}-7.csv`.startsWith(`${kind}-`));
      }),
      { numRuns: 500 },
    );
  });

  it.each([
    [{ day: '20261121' }, 'kind'],
    [{ kind: 'orders' }, 'day'],
    [{}, 'day'],
    [{ day: '..', kind: 'a' }, 'another folder'],
    [{ day: 'a/b', kind: 'a' }, 'slash'],
  ])('refuses %j', (parameters, word) => {
    expect(() => inFolders(SOURCE, DESTINATION, parameters)).toThrow(
      expect.objectContaining({ code: 'invalid_configuration', detail: expect.stringContaining(word) }),
    );
  });

  it('refuses values that lead a run onto its own source', () => {
    const source = { ...SOURCE, select: ['*'] };
    const onto = { ...DESTINATION, endpoint: 'outbox', path: '/out/x', name: '{name}' };
    expect(() => inFolders(source, onto, { day: 'x' })).toThrow(
      expect.objectContaining({ code: 'invalid_configuration' }),
    );
    expect(inFolders(source, onto, { day: 'y' }).placement.path).toBe('/out/x');
  });
});
