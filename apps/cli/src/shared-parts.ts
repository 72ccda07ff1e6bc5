import { RunRecorder } from '#audit';
import type { Config } from '#config';
import type { Egress } from '#egress';
import type { DoorbellQueue } from '#queue';
import type { Store } from '#store';
import { type Logger, Metrics, openTracer, serveTelemetry, type Tracer } from '#telemetry';
import { addInstallationChecks } from './installation-checks.ts';
import { type EmbeddedServer, openDatabase, openEgress, openQueueParts, usePrepared } from './open-parts.ts';
import { portProblem } from './port-problem.ts';
import { Readiness } from './readiness.ts';

/** What the parts of a process share. */
export interface Shared {
  config: Config;
  store: Store;
  /** The app role's connection. */
  databaseUrl: string;
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

export interface Opening {
  /** How the process is called in traces. */
  kind: string;
  /** Of a database that another process has started and migrated, and looks after. */
  preparedUrl?: string;
}

export async function openShared(
  config: Config,
  stack: AsyncDisposableStack,
  log: Logger,
  { kind, preparedUrl }: Opening,
): Promise<Shared> {
  const tracer = await openTracer({
    url: config.tracesUrl,
    service: `waybill-${kind}`,
    instance: config.worker.name,
  });
  stack.defer(() => tracer.close());
  const database =
    preparedUrl === undefined
      ? await openDatabase(config, stack, log)
      : await usePrepared(preparedUrl, stack);
  const { store, url: databaseUrl, embedded } = database;
  const queue = await openQueueParts(config, databaseUrl, stack, log);
  const readiness = new Readiness();
  readiness.health.add('database', async () => {
    await store.now();
    return undefined;
  });
  readiness.health.add('queue', () => queue.problem());
  if (preparedUrl === undefined) addInstallationChecks(readiness.health, store);
  const egress = openEgress(config, databaseUrl);
  const [recorder, metrics] = [new RunRecorder(store), new Metrics()];
  return { config, store, databaseUrl, queue, recorder, log, metrics, tracer, readiness, egress, embedded };
}

/** For orchestrators: WAYBILL_READY_FILE. Called when every part has started. */
export function announceReadiness({ config, readiness, log }: Shared, stack: AsyncDisposableStack): void {
  if (config.readyFile === undefined) return;
  const file = readiness.keepFile(config.readyFile, log);
  stack.defer(() => file.close());
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
    throw portProblem(error, `WAYBILL_METRICS_PORT ${port} of ${host}`) ?? error;
  }
}
