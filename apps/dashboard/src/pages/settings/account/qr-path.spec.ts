import { encodeQR } from 'qr';
import { expect, it } from 'vitest';
import { pathOfDots, sizeWithQuietZone } from './qr-path.ts';

it('draws every dark module once, with nothing around the whole', () => {
  expect(
    pathOfDots([
      [true, true, false],
      [false, false, true],
    ]),
  ).toBe('M4 4h2v1h-2zM6 5h1v1h-1z');
  expect(sizeWithQuietZone([[], [], []])).toBe(11);
});

it('covers as much as the code has dark modules', () => {
  const dots = encodeQR('otpauth://totp/Waybill:anna?secret=JBSWY3DPEHPK3PXP&issuer=Waybill', 'raw', {
    border: 0,
  });
  const drawn = [...pathOfDots(dots).matchAll(/h(\d+)v/g)].reduce((sum, [, width]) => sum + Number(width), 0);
  expect(drawn).toBe(dots.flat().filter(Boolean).length);
  expect(dots.every((row) => row.length === dots.length)).toBe(true);
});
