import { describe, expect, it } from 'vitest';
import { findEntries, lookupsOf, type PaletteEntry } from './find-entries.ts';

const entry = (title: string): PaletteEntry => ({ id: title, title, icon: 'route', href: `/${title}` });
const GROUPS = [
  { value: 'Pages', items: ['Tonight', 'Runs', 'Transfers'].map(entry) },
  {
    value: 'Routes',
    items: ['acme-orders', 'orders', 'zenith-orders-night', 'preorders', 'orders-late'].map(entry),
  },
];
const found = (typed: string) =>
  findEntries(typed, GROUPS).map(({ value, items }) => [value, items.map(({ title }) => title)]);

describe('what is found in the palette', () => {
  it('is everything while nothing is typed', () => {
    expect(found(' ').map(([group]) => group)).toEqual(['Pages', 'Routes']);
  });

  it('begins with what was typed, then holds it as a word, then anywhere', () => {
    expect(found('ORDERS')).toEqual([
      ['Routes', ['orders', 'orders-late', 'acme-orders', 'zenith-orders-night', 'preorders']],
    ]);
  });

  it('holds every word', () => {
    expect(found('night orders')).toEqual([['Routes', ['zenith-orders-night']]]);
    expect(found('night lunch')).toEqual([]);
  });

  it('is so much and no more of one kind', () => {
    const many = [
      { value: 'Routes', items: Array.from({ length: 50 }, (_, index) => entry(`route-${index}`)) },
    ];
    expect(findEntries('route', many)[0]?.items).toHaveLength(6);
  });
});

describe('what the api is asked for', () => {
  it.each([
    ['or', []],
    [' orders.csv ', [{ kind: 'name', contains: 'orders.csv' }]],
    [
      'DEADBEEF',
      [
        { kind: 'sha256', prefix: 'deadbeef' },
        { kind: 'name', contains: 'DEADBEEF' },
      ],
    ],
    ['deadbee', [{ kind: 'name', contains: 'deadbee' }]],
    ['0198C0DE-0000-7000-8000-000000000001', [{ kind: 'id', id: '0198c0de-0000-7000-8000-000000000001' }]],
    ['x'.repeat(201), []],
  ])('for %s', (typed, lookups) => {
    expect(lookupsOf(typed)).toEqual(lookups);
  });
});
