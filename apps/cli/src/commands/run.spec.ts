import { expect, test } from 'vitest';
import { UsageError } from '../failures.ts';
import { bar, readParameters } from './run.ts';

test('parameters are name=value, the value may hold anything', () => {
  expect(readParameters(['date=2026-11-21', 'query=a=b', 'empty='])).toEqual({
    date: '2026-11-21',
    query: 'a=b',
    empty: '',
  });
});

test.each(['date', '=value'])('a parameter like %j is a usage error', (pair) => {
  expect(() => readParameters([pair])).toThrow(UsageError);
});

test('the bar is full only when everything that is known has settled', () => {
  const run = { route: 'nightly', state: 'running' as const };
  expect(bar({ ...run, transferCounts: {} })).toContain('listing');
  expect(bar({ ...run, transferCounts: { delivered: 199, streaming: 1 } })).toMatch(/= \] {2}199\/200 files/);
  expect(bar({ ...run, transferCounts: { delivered: 2, failed: 1 } })).toMatch(/\[={24}\] {2}3\/3 files/);
});
