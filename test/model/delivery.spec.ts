import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryLedger } from '#audit/testing';
import { KNOWN_SEQUENCES } from './known-sequences.ts';
import { type Scenario, scenarios } from './scenario.ts';
import { Broken, play } from './world.ts';

const SEQUENCES = Number(process.env['WAYBILL_SEQUENCES'] ?? 20_000);
/** The same every time, so that a red build stays red; others are tried by hand. */
const SEED = Number(process.env['WAYBILL_SEED'] ?? 20261121);

describe('delivery, whatever happens between any two calls of any worker', () => {
  it(`keeps its promises in ${SEQUENCES} sequences (seed ${SEED})`, async () => {
    const found = await search(play, SEQUENCES);
    if (found) expect.unreachable(found);
  });

  it.each(KNOWN_SEQUENCES)('keeps them where it once did not: $title', async ({ sequence }) => {
    await play(sequence);
  });

  it('is not believed by the checker when the ledger forgets to look at the fence of an intent', async () => {
    class Forgetful extends MemoryLedger {
      override async recordFact(...[claim, fact]: Parameters<MemoryLedger['recordFact']>): Promise<void> {
        const recorded = super.recordFact(claim, fact);
        return fact.kind === 'publish_intended' ? recorded.catch(() => undefined) : recorded;
      }
    }
    const found = await search((scenario) => play(scenario, Forgetful), 5_000);
    expect(found).toContain('published');
  });
});

/** What was broken, with everything that is needed to see it again; undefined when nothing was. */
async function search(
  property: (scenario: Scenario) => Promise<void>,
  numRuns: number,
): Promise<string | undefined> {
  const result = await fc.check(fc.asyncProperty(scenarios, property), { numRuns, seed: SEED });
  if (!result.failed) return undefined;
  if (!(result.errorInstance instanceof Broken)) throw result.errorInstance;
  return [
    `Sequence ${result.numRuns} of seed ${SEED}: ${result.errorInstance.message}`,
    `Again: WAYBILL_SEED=${SEED} npx vitest run --project model`,
    'Shrunk; goes into test/model/known-sequences.ts:',
    JSON.stringify(result.counterexample?.[0]),
  ].join('\n');
}
