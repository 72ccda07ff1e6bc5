import { expect } from 'vitest';
import type { Arming } from '../../support/armed-failpoint.ts';
import { watchDirectory } from '../../support/watch-directory.ts';
import {
  expectCheckerAgrees,
  expectDeliveredOnce,
  expectEveryAttemptAudited,
  expectNothingLost,
} from './expectations.ts';
import type { CrashCase } from './plan-case.ts';
import type { CrashStage } from './stage.ts';

export const RECOVERY_MS = 60_000;

/** Workers that die one after another, and one that lives. Returns how long the work lay dead after the last death. */
export async function crashAndRecover(
  stage: CrashStage,
  each: CrashCase,
  deaths: readonly Pick<Arming, 'point' | 'occurrence'>[],
): Promise<number> {
  const planted = await stage.plant(each);
  const watch = watchDirectory(stage.target(each).directory, planted);
  let runId: string | undefined;
  for (const death of deaths) {
    const doomed = await stage.startWorker({
      point: death.point,
      occurrence: death.occurrence,
      signal: 'SIGKILL',
    });
    runId ??= await stage.trigger(each.name);
    await stage.reaches(doomed);
    expect(await doomed.exited).toBe('SIGKILL');
    await expectNothingLost(stage, each, planted);
  }
  const diedAt = performance.now();

  const successor = await stage.startWorker();
  const run = await stage.product.finished(runId!, RECOVERY_MS);
  const recoveredMs = performance.now() - diedAt;
  await stage.end(successor);
  await watch.stop();

  expect(run.state).toBe('delivered');
  await expectDeliveredOnce(stage, each, planted);
  await expectEveryAttemptAudited(stage, run.id, each);
  await expectCheckerAgrees(stage, run.id, each, planted);
  expect(watch.partial).toEqual([]);
  expect(watch.looks).toBeGreaterThan(10);
  return recoveredMs;
}
