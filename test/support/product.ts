import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Scheduler, startScheduler } from '#apps/scheduler';
import {
  createEndpointExaminer,
  createSessionOpener,
  LocalRoots,
  type SessionOpener,
  secretSources,
  startWorker,
  type Worker,
} from '#apps/worker';
import { doorbellOf, RunRecorder } from '#audit';
import { packageRoot } from '#config';
import { type Endpoint, isFinishedRun, type RunState, type TransferRoute } from '#domain';
import type { Egress } from '#egress';
import { egressOfTests } from '#egress/testing';
import { type DoorbellQueue, openQueue, type QueueBackend } from '#queue';
import type { Keyring } from '#secrets';
import { applyConfiguration, openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { createLogger, type Metrics, type Tracer } from '#telemetry';
import { assertNothingLeaked } from './canaries.ts';

export interface ProductOptions {
  /** Default: BullMQ on the same Postgres. */
  queueBackend?: QueueBackend;
  /** A migrated database, stopped with the product; default: a new embedded one without fsync. */
  database?: TestDatabase;
  workers?: number;
  /** Lanes that each worker runs at once; fewer than a run has make the workers share it. Default 8. */
  workerLanes?: number;
  schedulers?: number;
  leaseMs?: number;
  /** How long the queue believes in a silent listener; default: the queue's own. */
  queueLockMs?: number;
  sweepMs?: number;
  /** Values of `{env: NAME}` references. None of them may stand anywhere when the product closes. */
  secrets?: Record<string, string>;
  /** Opens `{secret: NAME}` references; default: there are none. */
  keyring?: Keyring;
  /** Where its workers may connect to; default: the usual places, and this machine by name. */
  egress?: Egress;
  /** Given the usual opener; what it returns is used instead. */
  sessions?: (usual: SessionOpener) => SessionOpener;
  /** What the workers count into, and where their spans go. */
  metrics?: Metrics;
  tracer?: Tracer;
  /** Every line of the log, down to `debug`. */
  onLogLine?: (line: string) => void;
}

/** The whole product in this process, on a real database and a real queue, without its api. */
export interface Product {
  store: Store;
  recorder: RunRecorder;
  queue: DoorbellQueue;
  database: TestDatabase;
  workers: Worker[];
  schedulers: Scheduler[];
  home: string;
  apply(endpoints: readonly Endpoint[], routes: readonly TransferRoute[]): Promise<void>;
  /** Triggers a run and waits until it is finished. */
  run(routeName: string, timeoutMs?: number): Promise<FinishedRun>;
  finished(runId: string, timeoutMs?: number): Promise<FinishedRun>;
  addWorker(options?: { name?: string; tags?: readonly string[]; lanes?: number }): Worker;
  addScheduler(): Scheduler;
  close(): Promise<void>;
}

export interface FinishedRun {
  id: string;
  state: RunState;
  errorCode: string | null;
  errorDetail: string | null;
  transfers: {
    id: string;
    state: string;
    sourcePath: string;
    destinationPath: string;
    sha256: string | null;
    sizeBytes: bigint | null;
    assurance: string | null;
    attemptCount: number;
    errorCode: string | null;
    errorDetail: string | null;
    suppressedById: string | null;
  }[];
}

export async function startProduct(options: ProductOptions = {}): Promise<Product> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-product-'));
  const database = options.database ?? (await startTestDatabase());
  const store = await openStore({ url: database.appUrl });
  const recorder = new RunRecorder(store);
  const shown = process.env['WAYBILL_TEST_LOG'] !== undefined;
  const lines: string[] = [];
  const log = createLogger({
    level: 'debug',
    format: 'line',
    write(line) {
      lines.push(line);
      options.onLogLine?.(line);
      if (shown && !options.onLogLine) process.stderr.write(line);
    },
  });
  const queue = await openQueue(
    options.queueBackend ?? { kind: 'postgres', connectionString: database.appUrl },
    (problem) => log.warn({ err: problem, kind: problem.kind }, problem.message),
    { ...(options.queueLockMs !== undefined && { lockMs: options.queueLockMs }) },
  );
  const secrets = options.keyring
    ? secretSources(store, options.keyring, (name) => options.secrets?.[name])
    : { environment: (name: string) => options.secrets?.[name], named: async () => undefined };
  const { egress = egressOfTests() } = options;
  const rules = { allowedLegacyPolicies: [], egress, roots: new LocalRoots({ own: [packageRoot()] }) };
  const usual = createSessionOpener(secrets, rules);
  const openSession = options.sessions?.(usual) ?? usual;
  const product: Product = {
    store,
    recorder,
    queue,
    database,
    home,
    workers: [],
    schedulers: [],
    async apply(endpoints, routes) {
      const partners = [
        ...new Set(endpoints.map((endpoint) => endpoint.partner).filter((name) => name !== undefined)),
      ];
      await store.transaction((tx) =>
        applyConfiguration(
          tx,
          { partners: partners.map((name) => ({ name })), endpoints: [...endpoints], routes: [...routes] },
          { firstFire: () => null },
        ),
      );
    },
    async run(routeName, timeoutMs) {
      const { run } = await recorder.createRun({
        routeName,
        trigger: 'operator',
        requestedBy: { kind: 'user', name: 'test' },
      });
      await queue.ring(doorbellOf(run));
      return product.finished(run.id, timeoutMs);
    },
    finished: (runId, timeoutMs = 60_000) => waitForRun(store, runId, timeoutMs),
    addWorker({ name = `worker-${randomUUID()}`, tags, lanes } = {}) {
      const worker = startWorker({
        name,
        tags,
        recorder,
        queue,
        openSession,
        ...(options.keyring && { secrets, callbacks: { store, secrets, egress, lookEveryMs: 100 } }),
        probes: { store, examine: createEndpointExaminer(secrets, rules), lookEveryMs: 100 },
        looks: { store, lookEveryMs: 100 },
        log,
        metrics: options.metrics,
        tracer: options.tracer,
        lanes: lanes ?? options.workerLanes ?? 8,
        leaseMs: options.leaseMs ?? 30_000,
        gracePeriodMs: 10_000,
      });
      product.workers.push(worker);
      return worker;
    },
    addScheduler() {
      const scheduler = startScheduler({ recorder, queue, log, sweepMs: options.sweepMs ?? 1_000 });
      product.schedulers.push(scheduler);
      return scheduler;
    },
    async close() {
      await Promise.all(product.schedulers.map((scheduler) => scheduler.close()));
      await Promise.all(product.workers.map((worker) => worker.close()));
      await queue.close();
      await store.close();
      try {
        const written = { log: lines.join('') };
        await assertNothingLeaked(Object.values(options.secrets ?? {}), database.superuserUrl, written);
      } finally {
        await database.stop();
        await rm(home, { recursive: true, force: true });
      }
    },
  };
  for (let index = 0; index < (options.workers ?? 1); index++) product.addWorker();
  for (let index = 0; index < (options.schedulers ?? 1); index++) product.addScheduler();
  return product;
}

async function waitForRun(store: Store, runId: string, timeoutMs: number): Promise<FinishedRun> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const run = await store.transaction((tx) =>
      tx.run.findUniqueOrThrow({ where: { id: runId }, include: { transfers: true } }),
    );
    const state = run.state as RunState;
    if (isFinishedRun(state)) {
      return {
        id: run.id,
        state,
        errorCode: run.errorCode,
        errorDetail: run.errorDetail,
        transfers: run.transfers,
      };
    }
    if (Date.now() > deadline) {
      const counts = Object.groupBy(
        run.transfers,
        (transfer) => `${transfer.state} ${transfer.errorCode ?? ''} ${transfer.errorDetail ?? ''}`,
      );
      const shown = Object.entries(counts).map(([what, list]) => `${list?.length} ${what}`);
      throw new Error(
        `Run ${runId} is still ${state} after ${timeoutMs} ms (${run.errorCode} ${run.errorDetail}): ${shown.join('; ')}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
