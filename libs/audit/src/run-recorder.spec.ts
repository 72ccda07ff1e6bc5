import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type RetryPolicy, TransferError, type TransferRoute } from '#domain';
import { applyConfiguration, openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import type { ClaimedTransfer } from './claims.ts';
import type { AttemptEvidence } from './facts.ts';
import { RunRecorder } from './run-recorder.ts';
import { RouteDisabled, UnknownRoute } from './run-requests.ts';

const LEASE_MS = 60_000;
const RETRY: RetryPolicy = { maxAttempts: 2, firstDelayMs: 1, factor: 1, maxDelayMs: 1, jitter: 0 };
const NO_EVIDENCE: AttemptEvidence = { sourceSessionId: null, destinationSessionId: null, transcript: null };
const SHA256 = 'a'.repeat(64);
const OPERATOR = { kind: 'user', name: 'test' } as const;

let database: TestDatabase;
let store: Store;
let recorder: RunRecorder;
let routeName: string;
let routes = 0;

beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  recorder = new RunRecorder(store);
});

afterAll(async () => {
  await store.close();
  await database.stop();
});

beforeEach(async () => {
  routeName = await makeRoute({});
});

async function makeRoute(changes: Partial<TransferRoute>): Promise<string> {
  const name = `route-${++routes}`;
  const directory = (end: string) => ({
    name: `${name}-${end}`,
    protocol: 'local' as const,
    root: '/nowhere',
    maxSessions: 4,
  });
  const route: TransferRoute = {
    name,
    source: {
      endpoint: `${name}-source`,
      path: '/',
      select: ['*'],
      exclude: [],
      recursive: false,
      settleMs: 0,
    },
    destination: { endpoint: `${name}-destination`, path: '/', name: '{name}', onExisting: 'refuse' },
    verify: { minimum: 'size' },
    afterDelivery: { source: 'keep' },
    onAmbiguous: 'hold',
    retry: RETRY,
    resume: false,
    lanes: 2,
    priority: 5,
    enabled: true,
    ...changes,
  };
  await store.transaction((tx) =>
    applyConfiguration(
      tx,
      { partners: [], endpoints: [directory('source'), directory('destination')], routes: [route] },
      { firstFire: () => null },
    ),
  );
  return name;
}

async function aRun(): Promise<string> {
  const { run } = await recorder.createRun({ routeName, trigger: 'operator', requestedBy: OPERATOR });
  return run.id;
}

async function planned(names: string[]): Promise<string> {
  const runId = await aRun();
  const claim = (await recorder.claimPlanning(runId, 'planner', LEASE_MS))!;
  const files = names.map((name) => ({
    version: { path: `/${name}`, sizeBytes: 1n, modified: '1' },
    destinationPath: `/${name}`,
  }));
  await recorder.recordPlan(claim, files, []);
  return runId;
}

async function claimed(runId: string, worker = 'worker'): Promise<ClaimedTransfer> {
  const transfer = await recorder.claimTransfer(runId, worker, LEASE_MS);
  if (!transfer) throw new Error('nothing to claim');
  return transfer;
}

async function publish({ claim }: ClaimedTransfer): Promise<void> {
  await recorder.recordFact(claim, {
    kind: 'streaming',
    resumedAtBytes: 0n,
    temporaryPath: '/.t',
    destinationPath: '/a',
  });
  await recorder.recordFact(claim, { kind: 'verifying', sizeBytes: 1n, sha256: SHA256 });
  await recorder.recordFact(claim, {
    kind: 'publish_intended',
    sizeBytes: 1n,
    sha256: SHA256,
    assurance: 'size',
  });
}

const expireLeases = (runId: string) =>
  store.db.transfer.updateMany({
    where: { runId, leaseUntil: { not: null } },
    data: { leaseUntil: new Date(0) },
  });
const transferOf = (runId: string) => store.db.transfer.findFirstOrThrow({ where: { runId } });
const stateOf = async (runId: string) =>
  (await store.db.run.findUniqueOrThrow({ where: { id: runId } })).state;
const eventsOf = async (runId: string) =>
  (await store.db.auditEvent.findMany({ where: { runId }, orderBy: { id: 'asc' } })).map(
    (event) => event.action,
  );

describe('runs', () => {
  it('are refused for an unknown and for a disabled route, and nothing is written', async () => {
    const before = await store.db.auditEvent.count();
    const ask = (name: string) =>
      recorder.createRun({ routeName: name, trigger: 'api', requestedBy: OPERATOR });
    await expect(ask('no-such-route')).rejects.toBeInstanceOf(UnknownRoute);
    await expect(ask(await makeRoute({ enabled: false }))).rejects.toBeInstanceOf(RouteDisabled);
    expect(await store.db.auditEvent.count()).toBe(before);
  });

  it('without files are delivered', async () => {
    expect(await stateOf(await planned([]))).toBe('delivered');
  });

  it('are planned by one of two workers, and by another when the first falls silent', async () => {
    const runId = await aRun();
    const first = (await recorder.claimPlanning(runId, 'first', LEASE_MS))!;
    expect(await recorder.claimPlanning(runId, 'second', LEASE_MS)).toBeUndefined();
    await store.db.run.update({ where: { id: runId }, data: { leaseUntil: new Date(0) } });
    const second = (await recorder.claimPlanning(runId, 'second', LEASE_MS))!;
    expect(second.fence).toBe(first.fence + 1);
    expect(await recorder.recordPlan(first, [], [])).toBeUndefined();
    expect(await recorder.recordPlan(second, [], [])).toEqual({ planned: 0, suppressed: 0 });
  });

  it('whose listing fails are tried again, and failed when the tries are used up', async () => {
    const runId = await aRun();
    const error = new TransferError('connect_refused', { phase: 'connect' });
    expect(
      await recorder.recordPlanFailure((await recorder.claimPlanning(runId, 'w', LEASE_MS))!, error),
    ).toBe('retry');
    await store.db.run.update({ where: { id: runId }, data: { notBefore: new Date(0) } });
    expect(
      await recorder.recordPlanFailure((await recorder.claimPlanning(runId, 'w', LEASE_MS))!, error),
    ).toBe('failed');
    expect(await store.db.run.findUniqueOrThrow({ where: { id: runId } })).toMatchObject({
      state: 'failed',
      errorCode: 'connect_refused',
    });
  });
});

describe('a claim', () => {
  it('whose lease ran out changes nothing any more: not a fact, not a failure, not a delivery', async () => {
    const runId = await planned(['a']);
    const stale = await claimed(runId, 'frozen');
    await expireLeases(runId);
    const fresh = await claimed(runId, 'awake');
    expect(fresh.claim.fence).toBe(stale.claim.fence + 1);
    const before = await transferOf(runId);
    await expect(publish(stale)).rejects.toMatchObject({ code: 'lease_lost' });
    await expect(recorder.recordDelivered(stale.claim, NO_EVIDENCE)).rejects.toMatchObject({
      code: 'lease_lost',
    });
    expect(
      await recorder.recordFailure(
        stale.claim,
        new TransferError('internal', { phase: 'stream' }),
        RETRY,
        NO_EVIDENCE,
      ),
    ).toEqual({ kind: 'lost' });
    expect(await recorder.renewClaims([stale.claim, fresh.claim], LEASE_MS)).toEqual(
      new Map([[fresh.claim.transferId, 'kept']]),
    );
    expect({ ...(await transferOf(runId)), leaseUntil: null }).toEqual({ ...before, leaseUntil: null });
  });

  it('is given to one of twenty who ask at once', async () => {
    const runId = await planned(['a']);
    const all = await Promise.all(
      Array.from({ length: 20 }, (_, index) => recorder.claimTransfer(runId, `w${index}`, LEASE_MS)),
    );
    expect(all.filter((transfer) => transfer !== undefined).length).toBe(1);
  });

  it('ends the attempt of the worker that died, and the third death quarantines the file', async () => {
    const runId = await planned(['poison']);
    for (let death = 0; death < 3; death++) {
      await claimed(runId, `victim-${death}`);
      await expireLeases(runId);
    }
    expect(await recorder.claimTransfer(runId, 'careful', LEASE_MS)).toBeUndefined();
    expect(await transferOf(runId)).toMatchObject({
      state: 'held',
      errorCode: 'worker_lost',
      leaseOwner: null,
    });
    const attempts = await store.db.attempt.findMany({ where: { transfer: { runId } } });
    expect(attempts.map((attempt) => attempt.outcome)).toEqual(['abandoned', 'abandoned', 'abandoned']);
    expect(await recorder.settleRun(runId)).toBe('held');
  });

  it('tells the next worker that a rename was intended, and never gives such a file up', async () => {
    const runId = await planned(['a']);
    for (let death = 0; death < 4; death++) {
      const transfer = await claimed(runId, `victim-${death}`);
      if (death === 0) await publish(transfer);
      await expireLeases(runId);
    }
    const survivor = await claimed(runId);
    expect(survivor.previous).toMatchObject({
      publishIntended: true,
      temporaryPath: '/.t',
      sha256: SHA256,
      delivered: false,
    });
  });
});

describe('an attempt', () => {
  it('that fails is tried again until the tries are used up', async () => {
    const runId = await planned(['a']);
    const broken = new TransferError('connection_lost', { phase: 'stream' });
    expect(await recorder.recordFailure((await claimed(runId)).claim, broken, RETRY, NO_EVIDENCE)).toEqual({
      kind: 'retry',
      delayMs: 1,
    });
    await store.db.transfer.updateMany({ where: { runId }, data: { notBefore: new Date(0) } });
    expect(await recorder.recordFailure((await claimed(runId)).claim, broken, RETRY, NO_EVIDENCE)).toEqual({
      kind: 'failed',
    });
    expect(await stateOf(runId)).toBe('failed');
  });

  it('that fails for good after the intent is held, not failed', async () => {
    const runId = await planned(['a']);
    const transfer = await claimed(runId);
    await publish(transfer);
    const gone = new TransferError('permission_denied', { phase: 'publish' });
    expect(await recorder.recordFailure(transfer.claim, gone, RETRY, NO_EVIDENCE)).toEqual({ kind: 'held' });
    expect(await stateOf(runId)).toBe('held');
  });

  it('that is interrupted by a drain costs no try and no delay', async () => {
    const runId = await planned(['a']);
    const drained = new TransferError('shutting_down', { phase: 'stream' });
    for (let times = 0; times < 5; times++) {
      expect(await recorder.recordFailure((await claimed(runId)).claim, drained, RETRY, NO_EVIDENCE)).toEqual(
        { kind: 'retry', delayMs: 0 },
      );
    }
  });

  it('is one event for each fact, in order, and the delivery closes the run', async () => {
    const runId = await planned(['a']);
    const transfer = await claimed(runId);
    await publish(transfer);
    await recorder.recordFact(transfer.claim, {
      kind: 'published',
      destinationPath: '/a',
      disposes: false,
      recovered: false,
    });
    await recorder.recordDelivered(transfer.claim, NO_EVIDENCE);
    expect(await eventsOf(runId)).toEqual([
      'run.requested',
      'run.planning',
      'run.planned',
      'transfer.claimed',
      'transfer.streaming',
      'transfer.verifying',
      'transfer.publish_intended',
      'transfer.published',
      'transfer.delivered',
      'run.delivered',
    ]);
  });

  it('cannot skip the intent', async () => {
    const runId = await planned(['a']);
    const { claim } = await claimed(runId);
    const published = { kind: 'published', destinationPath: '/a', disposes: true, recovered: false } as const;
    await expect(recorder.recordFact(claim, published)).rejects.toThrow();
    expect(await transferOf(runId)).toMatchObject({ state: 'claimed', deliveredAt: null });
  });
});

describe('the ledger', () => {
  it('suppresses what another run has in hand or delivered, and lets a failed version be tried anew', async () => {
    const first = await planned(['a', 'b']);
    const second = await planned(['a', 'b', 'c']);
    const states = async (runId: string) =>
      (await store.db.transfer.findMany({ where: { runId }, orderBy: { sourcePath: 'asc' } })).map(
        (transfer) => transfer.state,
      );
    expect(await states(second)).toEqual(['suppressed', 'suppressed', 'planned']);
    await recorder.giveUpRun(first, 'worker', new TransferError('auth_rejected', { phase: 'authenticate' }));
    expect(await states(first)).toEqual(['failed', 'failed']);
    expect(await states(await planned(['a']))).toEqual(['planned']);
  });
});

describe('cancelling', () => {
  it('stops what has not begun and lets what may be published come to its end', async () => {
    const runId = await planned(['a', 'b']);
    const running = await claimed(runId);
    await publish(running);
    expect(await recorder.cancelRun(runId, OPERATOR, 'wrong day')).toBe('running');
    await recorder.recordFact(running.claim, {
      kind: 'published',
      destinationPath: '/a',
      disposes: false,
      recovered: false,
    });
    await recorder.recordDelivered(running.claim, NO_EVIDENCE);
    expect(await stateOf(runId)).toBe('partly_delivered');
  });

  it('refuses the publish intent of a file under way, which is cancelled then', async () => {
    const runId = await planned(['a', 'b']);
    const running = await claimed(runId);
    await recorder.cancelRun(runId, OPERATOR, 'wrong day');
    const refusal = await publish(running).then(
      () => undefined,
      (error: TransferError) => error,
    );
    expect(refusal).toMatchObject({ code: 'cancelled' });
    expect(await recorder.recordFailure(running.claim, refusal!, RETRY, NO_EVIDENCE)).toEqual({
      kind: 'failed',
    });
    expect(await stateOf(runId)).toBe('cancelled');
  });

  it('ends a run that nobody has planned yet', async () => {
    const runId = await aRun();
    expect(await recorder.cancelRun(runId, OPERATOR, 'wrong day')).toBe('cancelled');
    expect(await recorder.claimPlanning(runId, 'late', LEASE_MS)).toBeUndefined();
  });
});
