import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import { describeWithDocker } from '../../servers/support/index.ts';
import { watchDirectory } from '../../support/watch-directory.ts';
import {
  expectCheckerAgrees,
  expectDeliveredOnce,
  expectEveryAttemptAudited,
  expectNothingLost,
} from './expectations.ts';
import { type CrashCase, type Direction, type Mode, planAll } from './plan-case.ts';
import { reportResult, seedsOfSuite } from './report.ts';
import { CrashStage } from './stage.ts';

const RECOVERY_MS = 60_000;

/** A worker killed at each of the sixteen points, and another one that finishes what it began. */
export function describeCrashes(mode: Mode, direction: Direction): void {
  describeWithDocker(`a worker killed during a ${direction}, ${mode} FTPS`, () => {
    const cases = planAll(seedsOfSuite(), mode, direction);
    let stage: CrashStage;

    beforeAll(async () => {
      stage = await CrashStage.open(mode, cases);
    });

    afterEach(async () => {
      await stage.endWorkers();
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
          recoveredMs = await crashAndRecover(stage, each);
          passed = true;
        } finally {
          reportResult(each, recoveredMs, passed);
        }
      },
    );
  });
}

/** Returns how long the work lay dead. */
async function crashAndRecover(stage: CrashStage, each: CrashCase): Promise<number> {
  const planted = await stage.plant(each);
  const watch = watchDirectory(stage.target(each).directory, planted);
  const { point, occurrence } = each;
  const doomed = await stage.startWorker({ point, occurrence, signal: 'SIGKILL' });
  const runId = await stage.trigger(each.name);
  await stage.reaches(doomed);
  expect(await doomed.exited).toBe('SIGKILL');
  const diedAt = performance.now();
  await expectNothingLost(stage, each, planted);

  const successor = await stage.startWorker();
  const run = await stage.product.finished(runId, RECOVERY_MS);
  const recoveredMs = performance.now() - diedAt;
  await stage.end(successor);
  await stage.end(doomed);
  await watch.stop();

  expect(run.state).toBe('delivered');
  await expectDeliveredOnce(stage, each, planted);
  await expectEveryAttemptAudited(stage, runId, each);
  await expectCheckerAgrees(stage, runId, each, planted);
  expect(watch.partial).toEqual([]);
  expect(watch.looks).toBeGreaterThan(10);
  return recoveredMs;
}
