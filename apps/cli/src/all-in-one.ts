import { createApi } from '#apps/api';
import { startScheduler } from '#apps/scheduler';
import { createEndpointExaminer, createSessionOpener, secretSources, startWorker } from '#apps/worker';
import { RunRecorder } from '#audit';
import { type Config, environmentSecret } from '#config';
import type { Egress } from '#egress';
import type { DoorbellQueue } from '#queue';
import type { Store } from '#store';
import { type Logger, Metrics, openTracer, serveTelemetry, type Tracer } from '#telemetry';
import { openConfiguration } from './apply-configuration.ts';
import { UsageError } from './failures.ts';
import { addInstallationChecks } from './installation-checks.ts';
import { oidcSettings } from './oidc-settings.ts';
import { keepSealingKey, openKeyring } from './open-keys.ts';
import { type EmbeddedServer, openDatabase, openEgress, openQueueParts } from './open-parts.ts';
import { Readiness } from './readiness.ts';

/** What the parts of a process share. */
export interface Shared {
  config: Config;
  store: Store;
  queue: DoorbellQueue;
  recorder: RunRecorder;
  log: Logger;
  /** What every part of this process counts into. */
  metrics: Metrics;
  tracer: Tracer;
  readiness: Readiness;
  /** Where connections to partners and webhooks may go. */
  egress: Egress;
  /** Undefined on DATABASE_URL. */
  embedded: EmbeddedServer | undefined;
}

/** @param kind how the process is called in traces */
export async function openShared(
  config: Config,
  stack: AsyncDisposableStack,
  log: Logger,
  kind = 'all-in-one',
): Promise<Shared> {
  const tracer = await openTracer({
    url: config.tracesUrl,
    service: `waybill-${kind}`,
    instance: config.worker.name,
  });
  stack.defer(() => tracer.close());
  const { store, url, embedded } = await openDatabase(config, stack, log);
  const queue = await openQueueParts(config, url, stack, log);
  const readiness = new Readiness();
  readiness.health.add('database', async () => {
    await store.now();
    return undefined;
  });
  readiness.health.add('queue', () => queue.problem());
  addInstallationChecks(readiness.health, store);
  const egress = openEgress(config, url);
  const [recorder, metrics] = [new RunRecorder(store), new Metrics()];
  return { config, store, queue, recorder, log, metrics, tracer, readiness, egress, embedded };
}

/** For orchestrators: WAYBILL_READY_FILE. Called when every part has started. */
export function announceReadiness({ config, readiness, log }: Shared, stack: AsyncDisposableStack): void {
  if (config.readyFile === undefined) return;
  const file = readiness.keepFile(config.readyFile, log);
  stack.defer(() => file.close());
}

/**
 * Claims nothing from the first word of a drain on. Closed by the stack: running transfers finish, or are handed back when
 * the grace period is over.
 */
export async function startWorkerPart(shared: Shared, stack: AsyncDisposableStack): Promise<void> {
  const { config, store, queue, recorder, log, metrics, tracer, egress } = shared;
  const keyring = await openKeyring(config, store);
  await keepSealingKey(store, keyring, log, stack);
  const secrets = secretSources(store, keyring, environmentSecret);
  const worker = startWorker({
    ...config.worker,
    recorder,
    queue,
    log,
    metrics,
    tracer,
    secrets,
    openSession: createSessionOpener(secrets, config.allowedLegacyPolicies, egress),
    probes: { store, examine: createEndpointExaminer(secrets, config.allowedLegacyPolicies, egress) },
    callbacks: { store, secrets, egress },
  });
  shared.readiness.onDrain(() => worker.drain());
  stack.defer(() => worker.close());
}

/** For processes that listen to nobody else: WAYBILL_METRICS_PORT. */
export async function startTelemetryPart(shared: Shared, stack: AsyncDisposableStack): Promise<void> {
  const { config, metrics, readiness, log } = shared;
  if (!config.telemetry) return;
  const { host, port } = config.telemetry;
  try {
    const server = await serveTelemetry({ host, port, metrics, health: readiness.health });
    stack.defer(() => server.close());
    log.info({ url: server.url }, 'metrics and health are served');
  } catch (error) {
    const sentence = PORT_SENTENCES[(error as NodeJS.ErrnoException).code ?? ''];
    throw sentence === undefined
      ? error
      : new UsageError(`WAYBILL_METRICS_PORT ${port} of ${host}: ${sentence}`);
  }
}

/** A scheduler that has not ticked for so long stands still. */
const SILENT_SCHEDULER_MS = 30_000;

export function startSchedulerPart(shared: Shared, stack: AsyncDisposableStack): void {
  const { config, queue, recorder, readiness, log, metrics } = shared;
  const { sweepMs } = config.scheduler;
  const scheduler = startScheduler({ recorder, queue, log, metrics, sweepMs });
  const startedAtMs = Date.now();
  readiness.health.add('scheduler', async () => {
    const silentMs = Date.now() - (scheduler.lastTickAt()?.getTime() ?? startedAtMs);
    return silentMs > SILENT_SCHEDULER_MS ? `no tick for ${Math.round(silentMs / 1_000)} s` : undefined;
  });
  stack.defer(() => scheduler.close());
}

/** Listens when it returns; the stack closes the port after the requests under way. */
export async function startApiPart(shared: Shared, stack: AsyncDisposableStack): Promise<string> {
  const { config, store, queue, recorder, log, metrics, tracer } = shared;
  const { health } = shared.readiness;
  const configuration = openConfiguration(store, config, shared.egress);
  const oidc = oidcSettings(config);
  const api = createApi({
    config,
    store,
    configuration,
    egress: shared.egress,
    queue,
    recorder,
    log,
    metrics,
    tracer,
    health,
    oidc,
  });
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
