import { expect, it } from 'vitest';
import { isFieldChanges } from './field-changes.ts';

it('knows a list of changes from any other list', () => {
  expect(
    isFieldChanges([
      { path: 'host', before: 'a', after: 'b' },
      { path: 'port', after: 21 },
    ]),
  ).toBe(true);
  expect(isFieldChanges([{ path: '/in/a.csv', sizeBytes: 1 }])).toBe(false);
  expect(isFieldChanges([{ path: '/in/a.csv', after: 1, note: 'x' }]), 'nothing is left out').toBe(false);
  expect(isFieldChanges([])).toBe(false);
  expect(isFieldChanges('path')).toBe(false);
});
