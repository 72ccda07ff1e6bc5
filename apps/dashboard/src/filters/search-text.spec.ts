import { expect, it } from 'vitest';
import { otherMeaning, readSearchText } from './search-text.ts';

const HASH = 'a1'.repeat(32);

it.each([
  ['', { kind: 'nothing' }],
  ['  ', { kind: 'nothing' }],
  ['ab', { kind: 'short' }],
  ['x'.repeat(201), { kind: 'long' }],
  [' invoice ', { kind: 'filter', by: 'contains', value: 'invoice' }],
  ['20261121', { kind: 'filter', by: 'contains', value: '20261121' }],
  ['deadbeef', { kind: 'filter', by: 'contains', value: 'deadbeef' }],
  ['out/inv', { kind: 'filter', by: 'contains', value: 'out/inv' }],
  ['*.csv', { kind: 'filter', by: 'name', value: '*.csv' }],
  ['a?', { kind: 'filter', by: 'name', value: 'a?' }],
  ['4B67C353', { kind: 'filter', by: 'sha256Prefix', value: '4b67c353' }],
  ['4b67c35', { kind: 'filter', by: 'contains', value: '4b67c35' }],
  ['4b67c353g', { kind: 'filter', by: 'contains', value: '4b67c353g' }],
  [HASH.toUpperCase(), { kind: 'filter', by: 'sha256', value: HASH }],
  [`${HASH}a`, { kind: 'filter', by: 'contains', value: `${HASH}a` }],
  ['0190A6F0-1c5e-7c3a-8d2f-0123456789ab', { kind: 'id', id: '0190a6f0-1c5e-7c3a-8d2f-0123456789ab' }],
])('%j means %j', (text, meaning) => {
  expect(readSearchText(text)).toEqual(meaning);
});

it('is taken the other way by who wants that', () => {
  const asHash = readSearchText('20261121', 'hash');
  expect(otherMeaning('20261121', readSearchText('20261121'))).toBe('hash');
  expect(asHash).toEqual({ kind: 'filter', by: 'sha256Prefix', value: '20261121' });
  expect(otherMeaning('20261121', asHash)).toBe('name');
  expect(readSearchText('4b67c353', 'name')).toEqual({ kind: 'filter', by: 'contains', value: '4b67c353' });
  expect(otherMeaning('invoice', readSearchText('invoice'))).toBeUndefined();
});
