import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Failpoint } from '#failpoint';
import {
  expectCheckerAgrees,
  expectDeliveredOnce,
  expectEveryAttemptAudited,
} from '../crash/support/expectations.ts';
import { type CrashCase, DIRECTIONS, planAll } from '../crash/support/plan-case.ts';
import { seedsOfSuite } from '../crash/support/report.ts';
import { CrashStage } from '../crash/support/stage.ts';
import { describeWithDocker } from '../servers/support/index.ts';
import type { WorkerProcess } from '../support/start-worker-process.ts';
import { watchDirectory } from '../support/watch-directory.ts';

const FINISH_MS = 60_000;
/** Where two of them have something of one file in hand. */
const MIDWAY: readonly Failpoint[] = ['temporary_opened', 'verified', 'intent_committed'];

describeWithDocker('a worker that stands still past its lease', () => {
  describe.each(DIRECTIONS)('during a %s', (direction) => {
    const cases = planAll(seedsOfSuite(), 'explicit', direction);
    const twice = cases
      .filter(({ point }) => MIDWAY.includes(point))
      .map((each) => ({ ...each, name: `${each.name}-twice`, files: each.files.slice(0, 1), occurrence: 1 }));
    let stage: CrashStage;

    beforeAll(async () => {
      stage = await CrashStage.open('explicit', [...cases, ...twice]);
    });

    afterEach(async () => {
      await stage?.endWorkers();
    });

    afterAll(async () => {
      await stage?.close();
    });

    it.each(cases.map((each) => [each.point, each.seed, each] as const))(
      'at %s (seed %i): another one finishes, and nothing changes when it wakes',
      async (_point, _seed, each) => {
        const planted = await stage.plant(each);
        const watch = watchDirectory(stage.target(each).directory, planted);
        const { point, occurrence } = each;
        const frozen = await stage.startWorker({ point, occurrence, signal: 'SIGSTOP' });
        const runId = await stage.trigger(each.name);
        await stage.reaches(frozen);

        const successor = await stage.startWorker();
        const run = await stage.product.finished(runId, FINISH_MS);
        await stage.end(successor);
        expect(run.state).toBe('delivered');
        await expectDeliveredOnce(stage, each, planted);
        const before = await visible(stage, each);
        const published = await lastEventId(stage, runId);

        expect(await wakeAndDrain(frozen)).toBe(0);
        await watch.stop();

        expect(await visible(stage, each)).toEqual(before);
        await expectDeliveredOnce(stage, each, planted);
        await expectEveryAttemptAudited(stage, runId, each);
        await expectCheckerAgrees(stage, runId, each, planted);
        expect(await stepsAfter(stage, runId, published)).toEqual([]);
        expect(watch.partial).toEqual([]);
      },
    );

    it.each(twice.map((each) => [each.point, each.seed, each] as const))(
      'at %s (seed %i): it wakes while the other one stands there too, and leaves its work alone',
      async (_point, _seed, each) => {
        const planted = await stage.plant(each);
        const arming = { point: each.point, occurrence: 1, signal: 'SIGSTOP' as const };
        const first = await stage.startWorker(arming);
        const runId = await stage.trigger(each.name);
        await stage.reaches(first);
        const second = await stage.startWorker(arming);
        await stage.reaches(second);
        const before = await visible(stage, each);
        const last = await lastEventId(stage, runId);

        expect(await wakeAndDrain(first)).toBe(0);
        expect(await stepsAfter(stage, runId, last)).toEqual([]);
        expect(withoutFence(1, await visible(stage, each))).toEqual(withoutFence(1, before));

        // The second has lost its right meanwhile: nobody renewed it.
        const third = await stage.startWorker();
        const run = await stage.product.finished(runId, FINISH_MS);
        expect(await wakeAndDrain(second)).toBe(0);
        await stage.end(third);
        expect(run.state).toBe('delivered');
        await expectDeliveredOnce(stage, each, planted);
        await expectEveryAttemptAudited(stage, runId, each);
        await expectCheckerAgrees(stage, runId, each, planted);
      },
    );
  });
});

/**
 * It may go on with whatever it was about to do for as long as it likes: a drain cuts nothing short. The signal waits for it, so
 * that it takes no new work when it wakes.
 */
function wakeAndDrain(frozen: WorkerProcess): Promise<number | null> {
  const drained = frozen.drain();
  frozen.signal('SIGCONT');
  return drained;
}

/** What an outsider sees of the target: names, and which file in which state stands under each. */
async function visible(stage: CrashStage, each: CrashCase): Promise<Record<string, unknown>> {
  const { directory } = stage.target(each);
  const entries = await Promise.all(
    (await readdir(directory)).map(async (name) => {
      const { ino, size, mtimeMs, ctimeMs } = await stat(join(directory, name));
      return [name, { ino, size, mtimeMs, ctimeMs }] as const;
    }),
  );
  return Object.fromEntries(entries);
}

/** Its own temporary file a worker may take away whenever it learns that it is too late. */
function withoutFence(fence: number, entries: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => !name.endsWith(`-${fence}.part`)));
}

async function lastEventId(stage: CrashStage, runId: string): Promise<bigint> {
  const event = await stage.product.store.db.auditEvent.findFirstOrThrow({
    where: { runId },
    orderBy: { id: 'desc' },
  });
  return event.id;
}

/** Steps of the delivery that the audit got from a worker that had no right to them any more; what it saw of TLS is a fact. */
async function stepsAfter(stage: CrashStage, runId: string, eventId: bigint): Promise<string[]> {
  const events = await stage.product.store.db.auditEvent.findMany({
    where: { runId, id: { gt: eventId } },
    orderBy: { id: 'asc' },
  });
  return events
    .filter(({ action }) => /^(transfer|attempt|run)\./.test(action))
    .map(({ actorName, action }) => `${actorName} ${action}`);
}
