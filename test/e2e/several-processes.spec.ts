import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { aLocalEndpoint, aRoute } from '../support/builders.ts';
import { plantFileSet } from '../support/file-set.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
afterEach(() => product.close());

async function localRoute(changes: Parameters<typeof aRoute>[3] = {}): Promise<void> {
  for (const folder of ['out', 'in']) await mkdir(join(product.home, folder), { recursive: true });
  await product.apply(
    [aLocalEndpoint('here', product.home)],
    [aRoute('move', { endpoint: 'here', path: '/out' }, { endpoint: 'here', path: '/in' }, changes)],
  );
}

it('two workers share a run, and each file is transferred once', async () => {
  product = await startProduct({ workers: 2, workerLanes: 4 });
  await localRoute({ lanes: 8 });
  const planted = await plantFileSet(join(product.home, 'out'), 200, 1_000_000);
  const run = await product.run('move');
  expect(run.state).toBe('delivered');
  expect(run.transfers.map((transfer) => transfer.attemptCount)).toEqual(planted.map(() => 1));
  expect((await readdir(join(product.home, 'in'))).length).toBe(200);
  const attempts = await product.store.db.attempt.findMany({ where: { transfer: { runId: run.id } } });
  expect(new Set(attempts.map((attempt) => attempt.worker)).size).toBe(2);
});

it('the same files, triggered ten times at once, are delivered once; every other listing is a recorded suppression', async () => {
  product = await startProduct({ workers: 2 });
  await localRoute();
  await plantFileSet(join(product.home, 'out'), 30, 100_000);
  const runs = await Promise.all(Array.from({ length: 10 }, () => product.run('move')));
  const transfers = runs.flatMap((run) => run.transfers);
  expect(transfers.filter((transfer) => transfer.state === 'delivered').length).toBe(30);
  expect(transfers.filter((transfer) => transfer.state === 'suppressed').length).toBe(270);
  expect(transfers.length).toBe(300);
});

it('a run whose doorbell nobody heard is found by the sweep', async () => {
  product = await startProduct({ workers: 1, sweepMs: 200 });
  await localRoute();
  await writeFile(join(product.home, 'out/a'), 'a');
  const { run } = await product.recorder.createRun({
    routeName: 'move',
    trigger: 'operator',
    requestedBy: { kind: 'user', name: 'test' },
  });
  expect((await product.finished(run.id)).state).toBe('delivered');
});

/** Sets the schedule's next fire into the past: as if that many minutes had gone by without a scheduler. */
async function missMinutes(minutes: number): Promise<Date> {
  const now = await product.store.now();
  const first = new Date(Math.floor(now.getTime() / 60_000) * 60_000 - minutes * 60_000);
  await product.store.db.schedule.updateMany({ data: { nextFireAt: first } });
  return first;
}

async function firesRecorded(count: number) {
  for (;;) {
    const fires = await product.store.db.fire.findMany({ orderBy: { dueAt: 'asc' }, include: { run: true } });
    if (fires.length >= count) return fires;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

const EVERY_MINUTE = { cron: '* * * * *', timezone: 'UTC', onHoliday: 'skip', overlap: 'parallel' } as const;

it('three schedulers record every minute of an outage once, late, and each became a run', async () => {
  product = await startProduct({ workers: 1, schedulers: 0 });
  await localRoute({ schedule: { ...EVERY_MINUTE, misfire: 'run_all' } });
  const first = await missMinutes(10);
  for (let count = 0; count < 3; count++) product.addScheduler();
  const fires = await firesRecorded(11);
  const expected = Array.from(
    { length: fires.length },
    (_, index) => new Date(first.getTime() + index * 60_000),
  );
  expect(fires.map((fire) => fire.dueAt)).toEqual(expected);
  expect(
    fires.every((fire) => fire.outcome === 'run' && fire.run !== null && fire.recordedAt >= fire.dueAt),
  ).toBe(true);
});

it('a schedule that runs once after an outage says what became of the other minutes', async () => {
  product = await startProduct({ workers: 1, schedulers: 0 });
  await localRoute({ schedule: { ...EVERY_MINUTE, misfire: 'run_once' } });
  await missMinutes(5);
  product.addScheduler();
  product.addScheduler();
  const fires = await firesRecorded(6);
  expect(fires.slice(0, 6).map((fire) => fire.outcome)).toEqual([
    'coalesced',
    'coalesced',
    'coalesced',
    'coalesced',
    'coalesced',
    'run',
  ]);
  expect(fires.slice(0, 5).every((fire) => fire.run === null && fire.reason !== null)).toBe(true);
});
