import { afterAll, afterEach, beforeAll, it } from 'vitest';
import type { Failpoint } from '#failpoint';
import { describeWithDocker } from '../servers/support/index.ts';
import { crashAndRecover } from './support/crash-and-recover.ts';
import { DIRECTIONS, planCase } from './support/plan-case.ts';
import { seedsOfSuite } from './support/report.ts';
import { CrashStage } from './support/stage.ts';

/** Where the first worker dies, and where the one that tidies up after it. A third death would be quarantine. */
const DEATHS: readonly [Failpoint, Failpoint][] = [
  ['temporary_opened', 'flushed'],
  ['intent_committed', 'temporary_opened'],
  ['intent_committed', 'intent_committed'],
  ['rename_answered', 'delivered_committed'],
  ['delivered_committed', 'disposition_sent'],
];

const cases = seedsOfSuite().flatMap((seed) =>
  DEATHS.flatMap(([first, second]) =>
    DIRECTIONS.map((direction) => {
      const plan = planCase(seed, 'explicit', direction, first);
      return {
        ...plan,
        first,
        second,
        name: `${plan.name}-then-${second}`.replaceAll('_', '-'),
        occurrence: 1,
      };
    }),
  ),
);

describeWithDocker('a worker killed while it tidies up after another', () => {
  let stage: CrashStage;

  beforeAll(async () => {
    stage = await CrashStage.open('explicit', cases);
  });

  afterEach(async () => {
    await stage?.endWorkers();
  });

  afterAll(async () => {
    await stage?.close();
  });

  it.each(cases)('$direction: $first, then $second (seed $seed)', async (each) => {
    await crashAndRecover(stage, each, [
      { point: each.first, occurrence: 1 },
      { point: each.second, occurrence: 1 },
    ]);
  });
});
