import { createApi } from '#apps/api';
import { startScheduler } from '#apps/scheduler';
import { createEndpointExaminer, createSessionOpener, startWorker } from '#apps/worker';
import { RunRecorder } from '#audit';
import type { Config } from '#config';
import type { DoorbellQueue } from '#queue';
import type { Store } from '#store';
import { Health, type Logger, Metrics } from '#telemetry';
import { UsageError } from './failures.ts';
import { type EmbeddedServer, openDatabase, openKey, openQueueParts, secretSources } from './open-parts.ts';

/** What the parts of a process share. */
export interface Shared {
  config: Config;
  store: Store;
  queue: DoorbellQueue;
  recorder: RunRecorder;
  log: Logger;
  /** Undefined on DATABASE_URL. */
  embedded: EmbeddedServer | undefined;
}

export async function openShared(config: Config, stack: AsyncDisposableStack, log: Logger): Promise<Shared> {
  const { store, url, embedded } = await openDatabase(config, stack, log);
  const queue = await openQueueParts(config, url, stack, log);
  return { config, store, queue, recorder: new RunRecorder(store), log, embedded };
}

/** Closed by the stack: running transfers finish, or are handed back when the grace period is over. */
export async function startWorkerPart(shared: Shared, stack: AsyncDisposableStack): Promise<void> {
  const { config, store, queue, recorder, log } = shared;
  const secrets = secretSources(store, await openKey(config));
  const worker = startWorker({
    ...config.worker,
    recorder,
    queue,
    log,
    openSession: createSessionOpener(secrets, config.allowedLegacyPolicies),
    probes: { store, examine: createEndpointExaminer(secrets, config.allowedLegacyPolicies) },
  });
  stack.defer(() => worker.close());
}

export function startSchedulerPart(shared: Shared, stack: AsyncDisposableStack): void {
  const { config, queue, recorder, log } = shared;
  const scheduler = startScheduler({ recorder, queue, log, sweepMs: config.scheduler.sweepMs });
  stack.defer(() => scheduler.close());
}

/** Listens when it returns; the stack closes the port after the requests under way. */
export async function startApiPart(shared: Shared, stack: AsyncDisposableStack): Promise<string> {
  const { config, store, queue, recorder, log } = shared;
  const health = new Health();
  health.add('database', async () => {
    await store.now();
    return undefined;
  });
  health.add('queue', () => queue.problem());
  const api = createApi({ config, store, queue, recorder, log, metrics: new Metrics(), health });
  stack.defer(() => api.close());
  try {
    await api.listen();
  } catch (error) {
    throw portProblem(error, config) ?? error;
  }
  return api.url;
}

const PORT_SENTENCES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there; choose another with --port or WAYBILL_PORT',
  EACCES: 'this user may not listen there; choose a port above 1023',
  EADDRNOTAVAIL: 'this machine has no such address; check WAYBILL_HOST',
};

function portProblem(error: unknown, { apiHost, apiPort }: Config): UsageError | undefined {
  const sentence = PORT_SENTENCES[(error as NodeJS.ErrnoException).code ?? ''];
  return sentence === undefined ? undefined : new UsageError(`port ${apiPort} of ${apiHost}: ${sentence}`);
}
