import { afterAll, afterEach, beforeAll, it } from 'vitest';
import { describeWithDocker } from '../../servers/support/index.ts';
import { crashAndRecover, RECOVERY_MS } from './crash-and-recover.ts';
import { type Direction, type Mode, planAll } from './plan-case.ts';
import { reportResult, seedsOfSuite } from './report.ts';
import { CrashStage } from './stage.ts';

/** A worker killed at each of the sixteen points, and another one that finishes what it began. */
export function describeCrashes(mode: Mode, direction: Direction): void {
  describeWithDocker(`a worker killed during a ${direction}, ${mode} FTPS`, () => {
    const cases = planAll(seedsOfSuite(), mode, direction);
    let stage: CrashStage;

    beforeAll(async () => {
      stage = await CrashStage.open(mode, cases);
    });

    afterEach(async () => {
      await stage?.endWorkers();
    });

    afterAll(async () => {
      await stage?.close();
    });

    it.each(cases.map((each) => [each.point, each.seed, each] as const))(
      'at %s (seed %i): every file once, whole, and every attempt on record',
      async (_point, _seed, each) => {
        let recoveredMs = RECOVERY_MS;
        let passed = false;
        try {
          recoveredMs = await crashAndRecover(stage, each, [each]);
          passed = true;
        } finally {
          reportResult(each, recoveredMs, passed);
        }
      },
    );
  });
}
