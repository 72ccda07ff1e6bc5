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
async function aPlannedRun(): Promise<string> {
  const endpoint = (name: string) =>
    store.db.endpoint.create({ data: { name, protocol: 'local', settings: {} } });
  const [source, destination] = [await endpoint('source'), await endpoint('destination')];
  await store.db.transferRoute.create({
    data: {
      name: 'route',
      sourceEndpointId: source.id,
      destinationEndpointId: destination.id,
      definition: { lanes: 1, source: { endpoint: 'source' }, destination: { endpoint: 'destination' } },
    },
  });
  const { run } = await recorder.createRun({
    routeName: 'route',
    trigger: 'api',
    requestedBy: { kind: 'api_key', name: 'test' },
  });
  const claim = await recorder.claimPlanning(run.id, 'worker-a', 60_000);
  const version = { path: '/a.csv', sizeBytes: 1n, modified: '20261121000000' };
  await recorder.recordPlan(claim!, [{ version, destinationPath: '/a.csv' }], []);
  return run.id;
}

test('a transfer that another run refers to at this very moment is still claimed by its own lane', async () => {
  const runId = await aPlannedRun();
  const claimed = await store.transaction(async (tx) => {
    // What the foreign key of a suppressed row takes, held until this transaction ends.
    await tx.$queryRaw`SELECT id::text FROM transfer WHERE run_id = ${runId}::uuid FOR KEY SHARE`;
    return recorder.claimTransfer(runId, 'worker-a', 60_000);
  });
  expect(claimed?.version.path).toBe('/a.csv');
});
