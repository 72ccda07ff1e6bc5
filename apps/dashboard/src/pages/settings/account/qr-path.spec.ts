import { encodeQR } from 'qr';
import { expect, it } from 'vitest';
import { pathOfDots } from './qr-path.ts';

it('draws every dark module once', () => {
  const dots = [
    [true, true, false, true],
    [false, false, true, false],
  ];
  expect(pathOfDots(dots)).toBe('M0 0h2v1h-2zM3 0h1v1h-1zM2 1h1v1h-1z');
});

it('covers as much as the code has dark modules', () => {
  const dots = encodeQR('otpauth://totp/Waybill:anna?secret=JBSWY3DPEHPK3PXP&issuer=Waybill', 'raw', {
    border: 4,
  });
  const widths = [...pathOfDots(dots).matchAll(/h(\d+)v/g)].map(([, width]) => Number(width));
  expect(widths.reduce((sum, width) => sum + width, 0)).toBe(dots.flat().filter(Boolean).length);
  expect(dots[0]?.some(Boolean), 'nothing around it').toBe(false);
});
