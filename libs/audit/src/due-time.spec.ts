import { afterAll, beforeAll, expect, it } from 'vitest';
import type { TransferRoute } from '#domain';
import { applyConfiguration, openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { RunRecorder } from './run-recorder.ts';

/** What dates in names at the destination are made from: the moment that a run is for, not the one at which it runs. */

const OPERATOR = { kind: 'user', name: 'test' } as const;
const DUE = new Date('2026-07-14T23:15:00.000Z');
const ROUTE: TransferRoute = {
  name: 'nightly',
  source: { endpoint: 'here', path: '/out', select: ['*'], exclude: [], recursive: false, settleMs: 0 },
  destination: { endpoint: 'here', path: '/in', name: '{date}-{name}', onExisting: 'refuse' },
  verify: { minimum: 'size' },
  afterDelivery: { source: 'keep' },
  onAmbiguous: 'hold',
  retry: { maxAttempts: 1, firstDelayMs: 1, factor: 1, maxDelayMs: 1, jitter: 0 },
  resume: false,
  lanes: 1,
  priority: 5,
  schedule: {
    cron: '15 0 * * *',
    timezone: 'Europe/London',
    onHoliday: 'skip',
    misfire: 'run_once',
    overlap: 'parallel',
  },
  enabled: true,
};

let database: TestDatabase;
let store: Store;
let recorder: RunRecorder;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  recorder = new RunRecorder(store);
  const endpoints = [{ name: 'here', protocol: 'local' as const, root: '/nowhere', maxSessions: 4 }];
  await store.transaction((tx) =>
    applyConfiguration(tx, { partners: [], endpoints, routes: [ROUTE] }, { firstFire: () => DUE }),
  );
});

afterAll(async () => {
  await store.close();
  await database.stop();
});

async function aRun(links: { fireId?: string; rerunOfId?: string } = {}): Promise<string> {
  const route = await store.db.transferRoute.findUniqueOrThrow({ where: { name: ROUTE.name } });
  const run = await store.db.run.create({
    data: {
      routeId: route.id,
      trigger: links.fireId === undefined ? 'operator' : 'schedule',
      requestedBy: 'test',
      ...links,
    },
  });
  return run.id;
}

const dueAt = async (runId: string) => (await recorder.findAssignment(runId))?.dueAt;

it('a scheduled run is for the moment at which its schedule was due, however late it runs', async () => {
  const schedule = await store.db.schedule.findFirstOrThrow();
  const fire = await store.db.fire.create({
    data: { scheduleId: schedule.id, dueAt: DUE, outcome: 'run' },
  });
  const scheduled = await aRun({ fireId: fire.id });
  expect(await dueAt(scheduled)).toEqual(DUE);
  // Its rerun, and the rerun of that, are for the same moment.
  const rerun = await aRun({ rerunOfId: scheduled });
  expect(await dueAt(await aRun({ rerunOfId: rerun }))).toEqual(DUE);
});

it('a triggered run is for the moment at which it was asked for', async () => {
  const { run } = await recorder.createRun({
    routeName: ROUTE.name,
    trigger: 'operator',
    requestedBy: OPERATOR,
  });
  const { createdAt } = await store.db.run.findUniqueOrThrow({ where: { id: run.id } });
  expect(await dueAt(run.id)).toEqual(createdAt);
});
