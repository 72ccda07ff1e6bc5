import { constants, getPriority, setPriority } from 'node:os';
import { readConfig } from '#config';
import type { SecretSources } from '#secrets';
import { createLogger, type HealthReport } from '#telemetry';
import { type Asked, hearStart, type StartLine } from '../hear-start.ts';
import { openShared, type Shared } from '../shared-parts.ts';
import { listenForStop } from '../stop-request.ts';
import { openWorkerSecrets, startWorkerPart } from '../worker-part.ts';

/**
 * The lanes of `waybill start`, in a process of their own: a log-in at a partner or a poisonous file keeps no request
 * waiting, and the key that opens secrets is in no process that answers requests.
 */
export async function runLanes(): Promise<void> {
  const start = hearStart();
  stepBack();
  // Ctrl-C reaches every process of the terminal's group. Our start hears it too, and says when to drain.
  const deaf = listenForStop();
  try {
    await run(start);
  } finally {
    deaf.dispose();
    start.leave();
  }
}

async function run(start: StartLine): Promise<void> {
  const { home, port, demo, databaseUrl } = await start.order;
  const config = readConfig(undefined, { home, port, demo });
  const log = createLogger({ level: config.logLevel, format: 'json' });
  await using stack = new AsyncDisposableStack();
  const shared = await openShared(config, stack, log, { kind: 'worker', preparedUrl: databaseUrl });
  const secrets = await openWorkerSecrets(shared, stack);
  start.answer((question) => answer(shared, secrets, question));
  start.tell({ say: 'prepared' });
  if ((await Promise.race([start.drain, start.begin])) === 'begin') {
    startWorkerPart(shared, secrets, stack);
    start.tell({ say: 'running' });
    log.info({ part: 'lanes', pid: process.pid }, 'lanes are running');
    await start.drain;
  }
  shared.readiness.drain();
}

/** Whoever waits for an answer comes first; lanes have what is left of the processor. */
function stepBack(): void {
  try {
    setPriority(Math.max(getPriority(), constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    // A machine that does not allow it runs lanes as before.
  }
}

async function answer(
  { readiness, metrics }: Shared,
  secrets: SecretSources,
  question: Asked,
): Promise<unknown> {
  if (question.about === 'health') return problemOf(await readiness.health.report());
  if (question.about === 'metrics') return metrics.snapshot();
  // One that cannot be opened is another.
  const known = await secrets.named(question.name).catch(() => undefined);
  return known?.reveal() === question.value;
}

function problemOf({ checks }: HealthReport): string | undefined {
  const problems = Object.entries(checks).map(([name, { reason }]) => reason && `${name}: ${reason}`);
  return problems.filter(Boolean).join('; ') || undefined;
}
