import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import {
  expectCheckerAgrees,
  expectDeliveredOnce,
  expectEveryAttemptAudited,
} from '../crash/support/expectations.ts';
import { type CrashCase, DIRECTIONS, planAll } from '../crash/support/plan-case.ts';
import { seedsOfSuite } from '../crash/support/report.ts';
import { CrashStage } from '../crash/support/stage.ts';
import { describeWithDocker } from '../servers/support/index.ts';
import { watchDirectory } from '../support/watch-directory.ts';

const FINISH_MS = 60_000;

describeWithDocker('a worker that stands still past its lease', () => {
  describe.each(DIRECTIONS)('during a %s', (direction) => {
    const cases = planAll(seedsOfSuite(), 'explicit', direction);
    let stage: CrashStage;

    beforeAll(async () => {
      stage = await CrashStage.open('explicit', cases);
    });

    afterEach(async () => {
      await stage.endWorkers();
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

        // It may go on with whatever it was about to do for as long as it likes: a drain cuts nothing short.
        frozen.signal('SIGCONT');
        expect(await frozen.drain()).toBe(0);
        await watch.stop();

        expect(await visible(stage, each)).toEqual(before);
        await expectDeliveredOnce(stage, each, planted);
        await expectEveryAttemptAudited(stage, runId, each);
        await expectCheckerAgrees(stage, runId, each, planted);
        expect(await stepsAfter(stage, runId, published)).toEqual([]);
        expect(watch.partial).toEqual([]);
      },
    );
  });
});

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
  return events.map(({ action }) => action).filter((action) => /^(transfer|attempt|run)\./.test(action));
}
