import { describe, expect, it } from 'vitest';
import { byId, changeAddress, named, oneOf, readFilters } from './address-filters.ts';
import { filtersOfText, readSearchText, TEXT_RULES, textOf } from './search-text.ts';
import { FROM_TO, rangeRules, readRange, SINCE_UNTIL, writeRange } from './time-range.ts';

const RULES = [
  oneOf('state', 'State', ['failed', 'held']),
  named('route', 'Route'),
  named('partner', 'Partner'),
  byId('runId', 'Run'),
  ...TEXT_RULES,
  ...rangeRules(SINCE_UNTIL),
];

describe('filters and the address', () => {
  it('are the same both ways', () => {
    const address = {
      state: 'failed',
      route: 'acme.in-1',
      runId: '0190a6f0-1c5e-7c3a-8d2f-0123456789ab',
      contains: 'a & b=%#?/\u202E',
      since: '2026-11-21T18:00:00.000Z',
    };
    const { filters, ignored } = readFilters(address, RULES);
    expect([filters, ignored]).toEqual([address, []]);
    const written = new URLSearchParams(changeAddress({}, filters)).toString();
    expect(readFilters(Object.fromEntries(new URLSearchParams(written)), RULES).filters).toEqual(address);
  });

  it.each([
    ['state', 'FAILED'],
    ['state', 'toString'],
    ['route', '../x'],
    ['runId', '1'],
    ['contains', 'ab'],
    ['sha256', 'A'.repeat(64)],
    ['since', 'yesterday'],
    ['since', '2026-11-21T18:00'],
    ['time', 'constructor'],
    ['__proto__', 'x'],
    ['sort', 'size'],
  ])('leave out %s=%s and say so', (name, value) => {
    const address = Object.fromEntries([
      ['partner', 'acme'],
      [name, value],
    ]);
    const { filters, ignored } = readFilters(address, RULES);
    expect(filters).toEqual({ partner: 'acme' });
    expect(ignored).toEqual([{ name, value }]);
  });

  it('leave parts of other people alone, and take out what nobody understood with the first change', () => {
    const address = { state: 'failed', id: 'x', sort: 'size' };
    const { filters, ignored } = readFilters(address, RULES, ['id']);
    expect([filters, ignored]).toEqual([{ state: 'failed' }, [{ name: 'sort', value: 'size' }]]);
    expect(changeAddress(address, { route: 'a', state: undefined }, ignored)).toEqual({
      id: 'x',
      route: 'a',
    });
  });

  it('hold one meaning of the searched text at a time', () => {
    const before = { contains: 'invoice', state: 'held' };
    const after = changeAddress(before, filtersOfText(readSearchText('inv*.csv')));
    expect(after).toEqual({ state: 'held', name: 'inv*.csv' });
    expect(textOf(after)).toBe('inv*.csv');
    expect(changeAddress(after, filtersOfText(readSearchText('')))).toEqual({ state: 'held' });
  });

  it.each([SINCE_UNTIL, FROM_TO])('hold a preset or moments, never both ($since)', (names) => {
    const moments = { since: '2026-11-20T00:00:00Z', until: '2026-11-21T00:00:00Z' };
    const custom = changeAddress({}, writeRange(moments, names));
    expect(readRange(custom, names)).toEqual(moments);
    const preset = changeAddress(custom, writeRange({ preset: 'tonight' }, names));
    expect(preset).toEqual({ time: 'tonight' });
    expect(readRange(preset, names)).toEqual({ preset: 'tonight' });
    expect(changeAddress(preset, writeRange({}, names))).toEqual({});
  });
});
