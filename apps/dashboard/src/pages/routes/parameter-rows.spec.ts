import { describe, expect, it } from 'vitest';
import { declaredOf, rowsOf } from './parameter-rows.ts';

describe('parameters as rows', () => {
  it('are what they were', () => {
    const declared = { day: { pattern: '\\d{8}' }, env: { pattern: 'prod|test', default: 'prod' } };
    expect(declaredOf(rowsOf(declared))).toEqual(declared);
    expect(declaredOf(rowsOf(undefined))).toBeUndefined();
    expect(declaredOf(rowsOf(null))).toBeUndefined();
  });

  it('leave out what has no name yet, and the second of one name', () => {
    const rows = [
      { name: 'day', pattern: 'a', usual: '' },
      { name: '', pattern: 'b', usual: 'c' },
      { name: 'day', pattern: 'd', usual: '' },
    ];
    expect(declaredOf(rows)).toEqual({ day: { pattern: 'a' } });
  });
});
