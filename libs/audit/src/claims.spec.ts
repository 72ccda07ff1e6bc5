import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { RunRecorder } from './run-recorder.ts';

let database: TestDatabase;
let store: Store;
let recorder: RunRecorder;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  recorder = new RunRecorder(store);
});

afterAll(async () => {
  await store.close();
  await database.stop();
});

/** A route between two directories that need not exist: nothing here opens a session. */
async function aPlannedRun(name: string, paths: readonly string[]): Promise<string> {
  const endpoint = (side: string) =>
    store.db.endpoint.create({ data: { name: `${name}-${side}`, protocol: 'local', settings: {} } });
  const [source, destination] = [await endpoint('source'), await endpoint('destination')];
  await store.db.transferRoute.create({
    data: {
      name,
      sourceEndpointId: source.id,
      destinationEndpointId: destination.id,
      definition: {
        lanes: paths.length,
        source: { endpoint: source.name },
        destination: { endpoint: destination.name },
      },
    },
  });
  const { run } = await recorder.createRun({
    routeName: name,
    trigger: 'api',
    requestedBy: { kind: 'api_key', name: 'test' },
  });
  const claim = await recorder.claimPlanning(run.id, 'worker-a', 60_000);
  const files = paths.map((path) => ({
    version: { path, sizeBytes: 1n, modified: '20261121000000' },
    destinationPath: path,
  }));
  await recorder.recordPlan(claim!, files, []);
  return run.id;
}

test('a transfer that another run refers to at this very moment is still claimed by its own lane', async () => {
  const runId = await aPlannedRun('referred', ['/a.csv']);
  const claimed = await store.transaction(async (tx) => {
    // What the foreign key of a suppressed row takes, held until this transaction ends.
    await tx.$queryRaw`SELECT id::text FROM transfer WHERE run_id = ${runId}::uuid FOR KEY SHARE`;
    return recorder.claimTransfer(runId, 'worker-a', 60_000);
  });
  expect(claimed?.version.path).toBe('/a.csv');
});

test('files that two workers died with get their last chance one at a time: only the guilty one is there when a third dies', async () => {
  const runId = await aPlannedRun('suspects', ['/guilty.csv', '/innocent.csv', '/new.csv']);
  await store.db.transfer.updateMany({
    where: { runId, sourcePath: '/new.csv' },
    data: { notBefore: new Date(Date.now() + 3_600_000) },
  });
  const claimed = async (lanes: number, worker: string, leaseMs: number) => {
    const one = async () => (await recorder.claimTransfer(runId, worker, leaseMs))?.version.path ?? 'none';
    return (await Promise.all(Array.from({ length: lanes }, one))).sort();
  };
  // A lease that is over as soon as it began: its worker is dead.
  expect(await claimed(2, 'dead-1', 0)).toEqual(['/guilty.csv', '/innocent.csv']);
  expect(await claimed(2, 'dead-2', 0)).toEqual(['/guilty.csv', '/innocent.csv']);
  await store.db.transfer.updateMany({
    where: { runId, sourcePath: '/new.csv' },
    data: { notBefore: new Date() },
  });
  expect(await claimed(3, 'alive-1', 60_000)).toEqual(['/guilty.csv', '/new.csv', 'none']);
  expect(await claimed(2, 'alive-2', 60_000)).toEqual(['/innocent.csv', 'none']);
});
