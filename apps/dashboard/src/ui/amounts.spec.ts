import { describe, expect, it } from 'vitest';
import { countOf, showBytes, showDuration } from './amounts.ts';

describe('amounts', () => {
  it.each([
    [0, '0 B'],
    [1023, '1023 B'],
    [1024, '1.0 KiB'],
    [1536, '1.5 KiB'],
    [1024 ** 3 * 250, '250 GiB'],
    [Number.MAX_SAFE_INTEGER, '8.0 PiB'],
  ])('%d bytes are %s', (bytes, shown) => expect(showBytes(bytes)).toBe(shown));

  it.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [59_999, '59 s'],
    [95_000, '1 m 35 s'],
    [3_600_000, '1 h 0 m'],
    [90_061_000, '1 d 1 h'],
  ])('%d ms are %s', (milliseconds, shown) => expect(showDuration(milliseconds)).toBe(shown));

  it('counts one and many', () => {
    expect(countOf(1, 'file')).toBe('1 file');
    expect(countOf(12_345, 'entry', 'entries')).toBe('12,345 entries');
  });
});
