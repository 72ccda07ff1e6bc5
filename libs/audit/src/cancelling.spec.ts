import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RetryPolicy, TransferError } from '#domain';
import { openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import type { ClaimedTransfer } from './claims.ts';
import { RunRecorder } from './run-recorder.ts';

const LEASE_MS = 60_000;
const RETRY: RetryPolicy = {
  maxAttempts: 5,
  firstDelayMs: 900_000,
  factor: 1,
  maxDelayMs: 900_000,
  jitter: 0,
};
const NO_EVIDENCE = { sourceSessionId: null, destinationSessionId: null, transcript: null };
const OPERATOR = { kind: 'user', name: 'test' } as const;
const INTENT = {
  kind: 'publish_intended',
  sizeBytes: 1n,
  sha256: 'a'.repeat(64),
  assurance: 'size',
} as const;

let database: TestDatabase;
let store: Store;
let recorder: RunRecorder;
let runId: string;
let number = 0;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  recorder = new RunRecorder(store);
});

afterAll(async () => {
  await store.close();
  await database.stop();
});

/** A planned run of one file, between two directories that need not exist. */
beforeEach(async () => {
  const routeName = `route-${++number}`;
  const endpoint = (end: string) =>
    store.db.endpoint.create({ data: { name: `${routeName}-${end}`, protocol: 'local', settings: {} } });
  await store.db.transferRoute.create({
    data: {
      name: routeName,
      sourceEndpointId: (await endpoint('source')).id,
      destinationEndpointId: (await endpoint('destination')).id,
      definition: { lanes: 4, retry: { ...RETRY } },
    },
  });
  const { run } = await recorder.createRun({ routeName, trigger: 'api', requestedBy: OPERATOR });
  runId = run.id;
  const claim = await recorder.claimPlanning(runId, 'planner', LEASE_MS);
  const version = { path: '/a.csv', sizeBytes: 1n, modified: '1' };
  await recorder.recordPlan(claim!, [{ version, destinationPath: '/a.csv' }], []);
});

async function claimed(): Promise<ClaimedTransfer> {
  const transfer = await recorder.claimTransfer(runId, 'worker', LEASE_MS);
  if (!transfer) throw new Error('nothing to claim');
  return transfer;
}

async function stream({ claim }: ClaimedTransfer): Promise<void> {
  const streaming = {
    kind: 'streaming',
    resumedAtBytes: 0n,
    temporaryPath: '/.t',
    destinationPath: '/a',
  } as const;
  await recorder.recordFact(claim, streaming);
  await recorder.recordFact(claim, { kind: 'verifying', sizeBytes: 1n, sha256: INTENT.sha256 });
}

const cancel = () => recorder.cancelRun(runId, OPERATOR, 'wrong day');
const workerDies = () =>
  store.db.transfer.updateMany({ where: { runId }, data: { leaseUntil: new Date(0) } });
const states = async () => {
  const run = await store.db.run.findUniqueOrThrow({ where: { id: runId }, include: { transfers: true } });
  return [run.state, ...run.transfers.map(({ state }) => state)];
};

describe('a file under way of a run that is cancelled', () => {
  it('is told by its lease, is refused its publish intent, and gives up', async () => {
    const transfer = await claimed();
    await stream(transfer);
    expect(await recorder.renewClaims([transfer.claim], LEASE_MS)).toEqual(
      new Map([[transfer.claim.transferId, 'kept']]),
    );
    expect(await cancel()).toBe('running');
    expect(await recorder.renewClaims([transfer.claim], LEASE_MS)).toEqual(
      new Map([[transfer.claim.transferId, 'cancelled']]),
    );
    await expect(recorder.recordFact(transfer.claim, INTENT)).rejects.toMatchObject({ code: 'cancelled' });
    const error = new TransferError('cancelled', { phase: 'stream' });
    expect(await recorder.recordFailure(transfer.claim, error, RETRY, NO_EVIDENCE)).toEqual({
      kind: 'failed',
    });
    expect(await states()).toEqual(['cancelled', 'cancelled']);
  });

  it('goes on to its end once its publish intent is there', async () => {
    const transfer = await claimed();
    await stream(transfer);
    await recorder.recordFact(transfer.claim, INTENT);
    expect(await cancel()).toBe('running');
    expect(await recorder.renewClaims([transfer.claim], LEASE_MS)).toEqual(
      new Map([[transfer.claim.transferId, 'kept']]),
    );
    await recorder.recordFact(transfer.claim, {
      kind: 'published',
      destinationPath: '/a',
      disposes: false,
      recovered: false,
    });
    await recorder.recordDelivered(transfer.claim, NO_EVIDENCE);
    expect(await states()).toEqual(['delivered', 'delivered']);
  });

  it('is not tried again when it fails for another reason', async () => {
    const transfer = await claimed();
    await cancel();
    const error = new TransferError('connection_lost', { phase: 'stream' });
    await recorder.recordFailure(transfer.claim, error, RETRY, NO_EVIDENCE);
    expect(await states()).toEqual(['cancelled', 'cancelled']);
  });

  it('is cancelled by the sweep when its worker died before the intent, though the route is paused', async () => {
    await claimed();
    await cancel();
    await recorder.pause({ object: 'route', name: `route-${number}` }, OPERATOR, 'and nothing more');
    await workerDies();
    const overdue = await recorder.findOverdueRuns(10);
    expect(overdue.map(({ id }) => id)).toContain(runId);
    expect(await recorder.settleRun(runId)).toBe('cancelled');
    expect(await recorder.claimTransfer(runId, 'other', LEASE_MS)).toBeUndefined();
    const attempts = await store.db.attempt.findMany({ where: { transfer: { runId } } });
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['abandoned']);
  });

  it('is cancelled by the lane that finds nothing else to do', async () => {
    await claimed();
    await cancel();
    await workerDies();
    expect(await recorder.claimTransfer(runId, 'other', LEASE_MS)).toBeUndefined();
    expect(await states()).toEqual(['cancelled', 'cancelled']);
  });

  it('is looked after by the next worker when its own died after the intent', async () => {
    const transfer = await claimed();
    await stream(transfer);
    await recorder.recordFact(transfer.claim, INTENT);
    await cancel();
    await workerDies();
    expect(await recorder.settleRun(runId)).toBeUndefined();
    expect((await claimed()).previous).toMatchObject({ publishIntended: true });
  });

  it('that gives up between intent and rename is neither failed nor held, but looked at again', async () => {
    const transfer = await claimed();
    await stream(transfer);
    await recorder.recordFact(transfer.claim, INTENT);
    await cancel();
    const error = new TransferError('cancelled', { phase: 'publish' });
    expect(await recorder.recordFailure(transfer.claim, error, RETRY, NO_EVIDENCE)).toEqual({
      kind: 'retry',
      delayMs: 0,
    });
    expect((await claimed()).previous).toMatchObject({ publishIntended: true });
  });
});

describe('a claim', () => {
  it('is refused from the moment on at which the window closes', async () => {
    const now = (await recorder.now()).getTime();
    const claimUntil = (ms: number) => recorder.claimTransfer(runId, 'worker', LEASE_MS, new Date(now + ms));
    expect(await claimUntil(-1)).toBeUndefined();
    expect(await claimUntil(60_000)).toBeDefined();
  });

  it('is given while a lane of the run is to spare, and the sweep asks for no more', async () => {
    const run = await store.db.run.update({ where: { id: runId }, data: { lanes: 1 } });
    await store.db.transfer.create({
      data: {
        runId,
        routeId: run.routeId,
        sourceEndpoint: 'source',
        destinationEndpoint: 'destination',
        sourcePath: '/b.csv',
        sourceSizeBytes: 1n,
        sourceModified: '1',
        destinationPath: '/b.csv',
      },
    });
    const isOverdue = async () => (await recorder.findOverdueRuns(100)).some(({ id }) => id === runId);
    expect(await isOverdue()).toBe(true);
    await claimed();
    expect(await recorder.claimTransfer(runId, 'other', LEASE_MS)).toBeUndefined();
    expect(await isOverdue()).toBe(false);
    await workerDies();
    expect(await isOverdue()).toBe(true);
    expect(await recorder.claimTransfer(runId, 'other', LEASE_MS)).toBeDefined();
  });
});
