import fc from 'fast-check';
import { expect, it } from 'vitest';
import { scenarios } from './scenario.ts';
import { play } from './world.ts';

const SEQUENCES = Number(process.env['WAYBILL_SEQUENCES'] ?? 20_000);
const SEED = Number(process.env['WAYBILL_SEED'] ?? 20261121);

it('holds', async () => {
  const result = await fc.check(fc.asyncProperty(scenarios, play), { numRuns: SEQUENCES, seed: SEED });
  if (result.failed)
    console.log(result.numRuns, String(result.errorInstance), JSON.stringify(result.counterexample?.[0]));
  expect(result.failed).toBe(false);
}, 600_000);
