import { setTimeout as pause } from 'node:timers/promises';
import { readConfig } from '#config';
import { migrate } from '#store';
import { createLogger } from '#telemetry';
import { UsageError, WorkFailed } from '../failures.ts';
import { announceReadiness, openShared, type Shared, startTelemetryPart } from '../shared-parts.ts';
import { listenForStop } from '../stop-request.ts';
import type { Terminal } from '../terminal.ts';

const LAST_ANSWERS_MS = 1_000;

export type ProcessKind = 'api' | 'scheduler' | 'worker';

/** One kind of process, for compose and Kubernetes: it logs JSON, and ends on SIGTERM when its work is handed over. */
export async function runProcess(kind: ProcessKind): Promise<void> {
  const config = readConfig();
  if (config.databaseUrl === undefined) {
    throw new UsageError(
      `waybill ${kind} needs DATABASE_URL; without a database of yours use \`waybill start\``,
    );
  }
  const log = createLogger({ level: config.logLevel, format: 'json' });
  await using stack = new AsyncDisposableStack();
  const stop = listenForStop();
  stack.defer(() => stop.dispose());
  const shared = await openShared(config, stack, log, { kind });
  await PARTS[kind](shared, stack);
  announceReadiness(shared, stack);
  log.info({ kind }, `${kind} is running`);
  const signal = await stop.asked;
  stop.onImpatience(() => process.exit(130));
  shared.readiness.drain();
  log.info({ kind, signal }, 'draining');
  // A proxy that asks whether we are ready has to hear the "no" before the port is closed.
  if (kind === 'api') await pause(LAST_ANSWERS_MS);
  await stack.disposeAsync();
  log.info({ kind }, 'stopped');
}

/** Each loads what it is and no other: a worker needs no web server. */
const PARTS: Readonly<Record<ProcessKind, (shared: Shared, stack: AsyncDisposableStack) => Promise<void>>> = {
  async api(shared, stack) {
    const { startApiPart } = await import('../api-part.ts');
    await startApiPart(shared, stack);
  },
  async scheduler(shared, stack) {
    await startTelemetryPart(shared, stack);
    const { startSchedulerPart } = await import('../scheduler-part.ts');
    startSchedulerPart(shared, stack);
  },
  async worker(shared, stack) {
    await startTelemetryPart(shared, stack);
    const { openWorkerSecrets, startWorkerPart } = await import('../worker-part.ts');
    startWorkerPart(shared, await openWorkerSecrets(shared, stack), stack);
  },
};

export async function migrateDatabase(terminal: Terminal, options: { json?: boolean }): Promise<void> {
  const { databaseOwnerUrl } = readConfig();
  if (databaseOwnerUrl === undefined) {
    throw new UsageError('DATABASE_OWNER_URL is not set; it names the role that owns the tables');
  }
  const applied = await migrate(databaseOwnerUrl).catch((error: unknown) => {
    throw connectionProblem(error) ?? error;
  });
  if (options.json) terminal.json({ applied });
  else if (applied.length === 0) terminal.line('nothing to do: every migration is applied');
  else for (const name of applied) terminal.line(`applied ${name}`);
}

/** Errors of sockets and of the server carry a code; those of the migrations themselves speak for themselves. */
function connectionProblem(error: unknown): WorkFailed | undefined {
  const { code, message } = error as { code?: unknown; message?: string };
  return typeof code === 'string' ? new WorkFailed(`DATABASE_OWNER_URL: ${message || code}`) : undefined;
}
