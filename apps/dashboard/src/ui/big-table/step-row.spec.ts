import { expect, it } from 'vitest';
import { stepRow } from './step-row.ts';

it.each([
  ['ArrowDown', 4, 5],
  ['ArrowDown', 9, 9],
  ['ArrowUp', 0, 0],
  ['PageDown', 3, 7],
  ['PageUp', 3, 0],
  ['Home', 7, 0],
  ['End', 2, 9],
  ['a', 2, undefined],
])('%s leads from row %d to %s', (key, from, to) => {
  expect(stepRow(key, from, { count: 10, pageRows: 4 })).toBe(to);
});

it('leads nowhere in a table without rows', () => {
  expect(stepRow('End', 0, { count: 0, pageRows: 4 })).toBeUndefined();
});
