import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RunRecorder } from '#audit';
import { openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { LeaseKeeper } from './lease-keeper.ts';

const LEASE_MS = 600;

let database: TestDatabase;
let store: Store;
let recorder: RunRecorder;
let keeper: LeaseKeeper;
let runId: string;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  recorder = new RunRecorder(store);
  const endpoint = (name: string, protocol: string) =>
    store.db.endpoint.create({ data: { name, protocol, maxSessions: 50, settings: {} } });
  const [source, destination] = [await endpoint('partner', 'ftps'), await endpoint('here', 'local')];
  await store.db.transferRoute.create({
    data: {
      name: 'route',
      sourceEndpointId: source.id,
      destinationEndpointId: destination.id,
      definition: { lanes: 1 },
    },
  });
  const requestedBy = { kind: 'user', name: 'test' } as const;
  const { run } = await recorder.createRun({ routeName: 'route', trigger: 'api', requestedBy });
  runId = run.id;
});

afterAll(async () => {
  await store.close();
  await database.stop();
});

beforeEach(() => {
  keeper = new LeaseKeeper(recorder, LEASE_MS);
  keeper.start();
});

afterEach(() => keeper.stop());

async function takeSlot(): Promise<string[]> {
  const answer = await recorder.takeSessionSlots(runId, 'worker', LEASE_MS);
  if (answer.kind === 'full') throw new Error('full');
  return answer.slotIds;
}

const leaseOf = (id: string) => store.db.sessionSlot.findUniqueOrThrow({ where: { id } });

describe('a lease', () => {
  it('is prolonged for as long as it is held, and not after it was released', async () => {
    const [id] = await takeSlot();
    const { leaseUntil } = await leaseOf(id!);
    const lease = keeper.holdSlots([id!], performance.now());
    await expect.poll(async () => (await leaseOf(id!)).leaseUntil > leaseUntil).toBe(true);
    expect([lease.stillHeld(), lease.signal.aborted]).toEqual([true, false]);
    lease.release();
    await expect.poll(async () => (await leaseOf(id!)).leaseUntil < (await recorder.now())).toBe(true);
    expect(lease.signal.aborted).toBe(false);
  });

  it('that the database gave to others stops the lane', async () => {
    const ids = await takeSlot();
    const lease = keeper.holdSlots(ids, performance.now());
    await store.db.sessionSlot.deleteMany();
    await once(lease.signal, 'abort');
    expect(lease.signal.reason).toMatchObject({ code: 'lease_lost' });
    expect(lease.stillHeld()).toBe(false);
  });

  it('that was asked for before this process stood still is not trusted', async () => {
    const ids = await takeSlot();
    expect(keeper.holdSlots(ids, performance.now() - LEASE_MS).stillHeld()).toBe(false);
    expect(keeper.holdSlots(ids, performance.now()).stillHeld()).toBe(true);
  });

  it('stops the lane before it can run out, when the database does not answer', async () => {
    const gone = await openStore({ url: database.appUrl });
    const silent = new LeaseKeeper(new RunRecorder(gone), LEASE_MS);
    const heldAtMs = performance.now();
    const lease = silent.holdSlots(['00000000-0000-4000-8000-000000000000'], heldAtMs);
    await gone.close();
    silent.start();
    try {
      await once(lease.signal, 'abort');
      expect(performance.now() - heldAtMs).toBeGreaterThanOrEqual(LEASE_MS * 0.8);
      expect(lease.signal.reason).toMatchObject({
        code: 'lease_lost',
        detail: expect.stringMatching(/^The lease could not be renewed: /),
      });
    } finally {
      silent.stop();
    }
  });
});
