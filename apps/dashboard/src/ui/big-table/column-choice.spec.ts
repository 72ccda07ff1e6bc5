import { describe, expect, it } from 'vitest';
import { moveColumn, readChoice, showColumn, writeChoice } from './column-choice.ts';

const COLUMNS = [
  { id: 'name', main: true },
  { id: 'state' },
  { id: 'bytes' },
  { id: 'sha256', hidden: true },
];

describe('the choice of columns', () => {
  it.each([[null], ['{'], ['[]'], ['{"order":1,"hidden":2}'], ['"x"']])('is the usual one for %s', (kept) => {
    expect(readChoice(kept, COLUMNS)).toEqual({
      order: ['name', 'state', 'bytes', 'sha256'],
      hidden: ['sha256'],
    });
  });

  it('is as it was kept', () => {
    const chosen = showColumn(moveColumn(readChoice(null, COLUMNS), 'bytes', -1), 'sha256', true);
    expect(readChoice(writeChoice(chosen), COLUMNS)).toEqual({
      order: ['name', 'bytes', 'state', 'sha256'],
      hidden: [],
    });
  });

  it('forgets columns that are gone, and shows new ones at their place as they come', () => {
    const kept = writeChoice({
      order: ['bytes', 'gone', 'name', 'bytes'],
      hidden: ['gone', 'bytes', 'name'],
    });
    expect(readChoice(kept, COLUMNS)).toEqual({
      order: ['bytes', 'state', 'name', 'sha256'],
      hidden: ['bytes', 'sha256'],
    });
  });

  it('does not move a column out of the table', () => {
    const usual = readChoice(null, COLUMNS);
    expect(moveColumn(usual, 'name', -1)).toEqual(usual);
    expect(moveColumn(usual, 'sha256', 1)).toEqual(usual);
  });
});
