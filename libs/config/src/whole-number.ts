import { z } from 'zod';

/** Of digits alone: neither `1e3` nor `0x10` nor a sign. */
export const wholeNumber = (least: number, most: number) =>
  z.string().regex(/^\d+$/, 'must be a whole number').transform(Number).pipe(z.number().min(least).max(most));
