import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { OnAmbiguous } from '#domain';
import { describeWithDocker } from '../servers/support/index.ts';
import { type PlantedFile, sha256Of } from '../support/file-set.ts';
import type { FinishedRun } from '../support/product.ts';
import { expectCheckerAgrees } from './support/expectations.ts';
import { type CrashCase, DIRECTIONS, planCase } from './support/plan-case.ts';
import { CrashStage } from './support/stage.ts';

const RECOVERY_MS = 60_000;

/** One file over one lane: what happens to it is what the case is about. */
function oneFile(name: string, plan: CrashCase): CrashCase {
  return { ...plan, name, files: [{ name: 'order.csv', sizeBytes: 10_240 }], lanes: 1, occurrence: 1 };
}

const taken = (['rename_sent', 'rename_answered'] as const).flatMap((point) =>
  (['hold', 'resend', 'assume_delivered'] as const).map((onAmbiguous) => ({
    onAmbiguous,
    ...oneFile(`${point}-${onAmbiguous}`.replaceAll('_', '-'), planCase(1, 'explicit', 'push', point)),
  })),
);
const strangers = DIRECTIONS.map((direction) =>
  oneFile(`stranger-${direction}`, planCase(1, 'explicit', direction, 'intent_committed')),
);

describeWithDocker('what a worker left between rename and record', () => {
  let stage: CrashStage;

  beforeAll(async () => {
    const policies = new Map<CrashCase, OnAmbiguous>(taken.map((each) => [each, each.onAmbiguous]));
    stage = await CrashStage.open('explicit', [...taken, ...strangers], (each) => ({
      onAmbiguous: policies.get(each) ?? 'hold',
    }));
  });

  afterEach(async () => {
    await stage?.endWorkers();
  });

  afterAll(async () => {
    await stage?.close();
  });

  describe('the partner takes the file at once', () => {
    it.each(taken.filter(({ onAmbiguous }) => onAmbiguous === 'hold'))(
      '$point: it is held, and a person is asked; nothing is sent again',
      async (each) => {
        const { planted, run, takenTo } = await crashAndTake(each);
        expect(run.state).toBe('held');
        expect(run.transfers).toMatchObject([{ state: 'held', errorCode: 'delivery_in_doubt' }]);
        expect(await readdir(takenTo)).toEqual(['order.csv']);
        expect(await readdir(stage.target(each).directory)).toEqual([]);
        // Not proved to be delivered: the source stays.
        expect(await sha256Of(join(stage.source(each).directory, 'order.csv'))).toBe(planted[0]!.sha256);
        const incidents = await stage.product.store.db.incident.findMany({
          where: { transferId: run.transfers[0]!.id },
        });
        expect(incidents).toMatchObject([{ kind: 'transfer_in_doubt', state: 'open' }]);
        await expectCheckerAgrees(stage, run.id, each, planted, { expect: 'held', takenTo });
      },
    );

    it.each(taken.filter(({ onAmbiguous }) => onAmbiguous === 'resend'))(
      '$point: it is sent again where the route says so, and the audit says why',
      async (each) => {
        const { planted, run, takenTo } = await crashAndTake(each);
        expect(run.state).toBe('delivered');
        expect(await readdir(takenTo)).toEqual(['order.csv']);
        expect(await sha256Of(join(stage.target(each).directory, 'order.csv'))).toBe(planted[0]!.sha256);
        expect(JSON.stringify(await detailsOf(run, 'transfer.publish_withdrawn'))).toContain(
          'the route says resend',
        );
      },
    );

    it.each(taken.filter(({ onAmbiguous }) => onAmbiguous === 'assume_delivered'))(
      '$point: it counts as delivered where the route says so, once',
      async (each) => {
        const { planted, run, takenTo } = await crashAndTake(each);
        expect(run.state).toBe('delivered');
        expect(await readdir(stage.target(each).directory)).toEqual([]);
        expect(await detailsOf(run, 'transfer.published')).toMatchObject([{ recovered: true }]);
        await expectCheckerAgrees(stage, run.id, each, planted, { takenTo });
      },
    );
  });

  it.each(strangers)(
    'a file of the same name and size that came meanwhile is not taken for ours ($direction)',
    async (each) => {
      const planted = await stage.plant(each);
      const target = join(stage.target(each).directory, 'order.csv');
      const bytes = randomBytes(10_240);
      const { run } = await crash(each, () => writeFile(target, bytes));
      // The route refuses to overwrite: the delivery fails, and says so.
      expect(run.transfers).toMatchObject([{ state: 'failed', errorCode: 'destination_exists' }]);
      expect((await readFile(target)).equals(bytes)).toBe(true);
      expect(await readdir(stage.target(each).directory)).toEqual(['order.csv']);
      expect(await sha256Of(join(stage.source(each).directory, 'order.csv'))).toBe(planted[0]!.sha256);
    },
  );

  async function crashAndTake(
    each: CrashCase,
  ): Promise<{ planted: PlantedFile[]; run: FinishedRun; takenTo: string }> {
    const planted = await stage.plant(each);
    const takenTo = join(stage.server.root, 'taken', each.name);
    await mkdir(takenTo, { recursive: true });
    const target = join(stage.target(each).directory, 'order.csv');
    const { run } = await crash(each, async () => {
      await expect.poll(() => existsSync(target), { timeout: 5_000 }).toBe(true);
      await rename(target, join(takenTo, 'order.csv'));
    });
    return { planted, run, takenTo };
  }

  async function crash(each: CrashCase, meanwhile: () => Promise<void>): Promise<{ run: FinishedRun }> {
    const doomed = await stage.startWorker({ point: each.point, occurrence: 1, signal: 'SIGKILL' });
    const runId = await stage.trigger(each.name);
    await stage.reaches(doomed);
    expect(await doomed.exited).toBe('SIGKILL');
    await meanwhile();
    const successor = await stage.startWorker();
    const run = await stage.product.finished(runId, RECOVERY_MS);
    await stage.end(successor);
    await stage.end(doomed);
    return { run };
  }

  async function detailsOf(run: FinishedRun, action: string): Promise<unknown[]> {
    const events = await stage.product.store.db.auditEvent.findMany({ where: { runId: run.id, action } });
    return events.map(({ details }) => details);
  }
});
