import { describe, expect, it } from 'vitest';
import { codeOf, otpauthUri, stepAt, stepOfCode, toBase32 } from './totp.ts';

/** RFC 6238, appendix B, for SHA-1; its codes have 8 digits, ours are their last 6. */
const SECRET = Buffer.from('12345678901234567890');
const VECTORS: [seconds: number, code: string][] = [
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
];

describe('codes', () => {
  it.each(VECTORS)('at %i s are those of RFC 6238', (seconds, code) => {
    expect(codeOf(SECRET, stepAt(new Date(seconds * 1_000)))).toBe(code.slice(-6));
  });

  it('are good one step before and after, and no longer', () => {
    const now = new Date(1_234_567_890_000);
    const middle = stepAt(now);
    for (const step of [-1, 0, 1].map((slack) => middle + slack))
      expect(stepOfCode(SECRET, codeOf(SECRET, step), now)).toBe(step);
    for (const step of [middle - 2, middle + 2])
      expect(stepOfCode(SECRET, codeOf(SECRET, step), now)).toBeUndefined();
    expect(stepOfCode(SECRET, '', now)).toBeUndefined();
  });
});

it('base32 is that of RFC 4648, without padding', () => {
  const texts = ['', 'f', 'fo', 'foo', 'foob', 'fooba', 'foobar'];
  expect(texts.map((text) => toBase32(Buffer.from(text)))).toEqual([
    ...['', 'MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI'],
  ]);
});

it('the address for apps names us, the person and the secret', () => {
  expect(otpauthUri('ABC', 'eve')).toBe(
    'otpauth://totp/Waybill%3Aeve?secret=ABC&issuer=Waybill&algorithm=SHA1&digits=6&period=30',
  );
});
