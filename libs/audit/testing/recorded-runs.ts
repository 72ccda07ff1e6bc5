import { TransferError, type TransferRoute } from '#domain';
import { applyConfiguration, openStore, type Store } from '#store';
import { startTestDatabase } from '#store/testing';
import { type AttemptEvidence, type ClaimedTransfer, RunRecorder } from '../src/index.ts';

export const LEASE_MS = 60_000;
export const OPERATOR = { kind: 'user', name: 'Ada' } as const;
export const NO_EVIDENCE: AttemptEvidence = {
  sourceSessionId: null,
  destinationSessionId: null,
  transcript: null,
};
const SHA256 = 'a'.repeat(64);

/** The recorder on a real database, driven step by step as a worker would. */
export interface RecordedRuns {
  store: Store;
  /** The app role's connection. */
  databaseUrl: string;
  /** For what no app may do. */
  superuserUrl: string;
  recorder: RunRecorder;
  /** A route of its own between two local endpoints, `NAME-source` and `NAME-destination`. */
  aRoute(changes?: Partial<TransferRoute>): Promise<string>;
  aRun(route: string): Promise<string>;
  /** A run whose listing found these files. */
  planned(route: string, names: readonly string[]): Promise<string>;
  /** A run whose listing failed for good. */
  unlisted(route: string, code?: 'permission_denied'): Promise<string>;
  claimed(runId: string): Promise<ClaimedTransfer>;
  /** Up to the committed intent to rename. */
  intended(runId: string): Promise<ClaimedTransfer>;
  deliver(runId: string): Promise<string>;
  fail(runId: string): Promise<string>;
  /** The rename was sent and nobody knows. */
  leaveInDoubt(runId: string): Promise<string>;
  /** Delivered, and the source could not be archived. */
  leaveUndisposed(runId: string): Promise<string>;
  /** Three workers die while moving it. */
  quarantine(runId: string): Promise<string>;
  transfer(id: string): Promise<Awaited<ReturnType<Store['db']['transfer']['findUniqueOrThrow']>>>;
  runState(runId: string): Promise<string>;
  incidents(where?: {
    kind?: string;
    state?: string;
    route?: string;
  }): Promise<Awaited<ReturnType<Store['db']['incident']['findMany']>>>;
  /** What was recorded with this action, newest last. */
  events(action: string): Promise<{ actorName: string; objectId: string; details: unknown }[]>;
  close(): Promise<void>;
}

export async function startRecordedRuns(): Promise<RecordedRuns> {
  const database = await startTestDatabase();
  const store = await openStore({ url: database.appUrl });
  const recorder = new RunRecorder(store);
  let routes = 0;
  const permissionDenied = () => new TransferError('permission_denied', { phase: 'dispose' });
  const runs: RecordedRuns = {
    store,
    databaseUrl: database.appUrl,
    superuserUrl: database.superuserUrl,
    recorder,
    async aRoute(changes = {}) {
      const name = `route-${++routes}`;
      const directory = (end: string) => ({
        name: `${name}-${end}`,
        protocol: 'local' as const,
        root: '/nowhere',
        maxSessions: 4,
      });
      const endpoints = [directory('source'), directory('destination')];
      const routesOf = [makeRoute(name, changes)];
      await store.transaction((tx) =>
        applyConfiguration(tx, { partners: [], endpoints, routes: routesOf }, { firstFire: () => null }),
      );
      return name;
    },
    async aRun(routeName) {
      const { run } = await recorder.createRun({ routeName, trigger: 'operator', requestedBy: OPERATOR });
      return run.id;
    },
    async planned(route, names) {
      const runId = await runs.aRun(route);
      const claim = (await recorder.claimPlanning(runId, 'planner', LEASE_MS))!;
      const files = names.map((name) => ({
        version: { path: `/${name}`, sizeBytes: 1n, modified: '1' },
        destinationPath: `/${name}`,
      }));
      await recorder.recordPlan(claim, files, []);
      return runId;
    },
    async unlisted(route) {
      const runId = await runs.aRun(route);
      const claim = (await recorder.claimPlanning(runId, 'planner', LEASE_MS))!;
      await recorder.recordPlanFailure(claim, new TransferError('permission_denied', { phase: 'list' }));
      return runId;
    },
    async claimed(runId) {
      const claimed = await recorder.claimTransfer(runId, 'worker', LEASE_MS);
      if (!claimed) throw new Error('nothing to claim');
      return claimed;
    },
    async intended(runId) {
      const claimed = await runs.claimed(runId);
      const { claim, destinationPath } = claimed;
      await recorder.recordFact(claim, {
        kind: 'streaming',
        resumedAtBytes: 0n,
        temporaryPath: '/.t',
        destinationPath,
      });
      await recorder.recordFact(claim, { kind: 'verifying', sizeBytes: 1n, sha256: SHA256 });
      const proof = { sizeBytes: 1n, sha256: SHA256, assurance: 'size' } as const;
      await recorder.recordFact(claim, { kind: 'publish_intended', ...proof });
      return claimed;
    },
    async deliver(runId) {
      const { claim, destinationPath } = await runs.intended(runId);
      await recorder.recordFact(claim, {
        kind: 'published',
        destinationPath,
        disposes: false,
        recovered: false,
      });
      await recorder.recordDelivered(claim, NO_EVIDENCE);
      return claim.transferId;
    },
    async fail(runId) {
      const { claim } = await runs.claimed(runId);
      const route = await routeOf(store, runId);
      await recorder.recordFailure(claim, permissionDenied(), route.retry, NO_EVIDENCE);
      return claim.transferId;
    },
    async leaveInDoubt(runId) {
      const { claim } = await runs.intended(runId);
      const error = new TransferError('delivery_in_doubt', { phase: 'publish', detail: 'It is not there.' });
      const route = await routeOf(store, runId);
      await recorder.recordFailure(claim, error, route.retry, NO_EVIDENCE);
      return claim.transferId;
    },
    async leaveUndisposed(runId) {
      const { claim, destinationPath } = await runs.intended(runId);
      await recorder.recordFact(claim, {
        kind: 'published',
        destinationPath,
        disposes: true,
        recovered: false,
      });
      const route = await routeOf(store, runId);
      await recorder.recordFailure(claim, permissionDenied(), route.retry, NO_EVIDENCE);
      return claim.transferId;
    },
    async quarantine(runId) {
      let transferId = '';
      for (let death = 0; death < 3; death++) {
        transferId = (await runs.claimed(runId)).claim.transferId;
        await store.db.transfer.update({ where: { id: transferId }, data: { leaseUntil: new Date(0) } });
      }
      await recorder.claimTransfer(runId, 'careful', LEASE_MS);
      await recorder.settleRun(runId);
      return transferId;
    },
    transfer: (id) => store.db.transfer.findUniqueOrThrow({ where: { id } }),
    async runState(runId) {
      return (await store.db.run.findUniqueOrThrow({ where: { id: runId } })).state;
    },
    incidents: (where = {}) => store.db.incident.findMany({ where, orderBy: { openedAt: 'asc' } }),
    events: (action) => store.db.auditEvent.findMany({ where: { action }, orderBy: { id: 'asc' } }),
    async close() {
      await store.close();
      await database.stop();
    },
  };
  return runs;
}

async function routeOf(store: Store, runId: string): Promise<TransferRoute> {
  const run = await store.db.run.findUniqueOrThrow({ where: { id: runId }, include: { route: true } });
  return run.route.definition as unknown as TransferRoute;
}

function makeRoute(name: string, changes: Partial<TransferRoute>): TransferRoute {
  return {
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
    retry: { maxAttempts: 1, firstDelayMs: 1, factor: 1, maxDelayMs: 1, jitter: 0 },
    resume: false,
    lanes: 2,
    priority: 5,
    enabled: true,
    ...changes,
  };
}
