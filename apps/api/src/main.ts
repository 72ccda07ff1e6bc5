import { RunRecorder } from '#audit';
import { ConfigProblem, nodeVersionProblem, readConfig } from '#config';
import { openQueue } from '#queue';
import { openStore } from '#store';
import { createLogger, Health, Metrics } from '#telemetry';
import { createApi } from './create-api.ts';

/** The api alone, on services of its own: DATABASE_URL, and REDIS_URL where the queue is on Redis. */
async function main(): Promise<void> {
  const unfit = nodeVersionProblem(process.versions.node);
  if (unfit) throw new ConfigProblem([unfit]);
  const config = readConfig();
  if (config.databaseUrl === undefined)
    throw new ConfigProblem(['DATABASE_URL: is not set; without a database of yours use `waybill start`']);
  const log = createLogger({ level: config.logLevel, format: 'json' });
  await using stack = new AsyncDisposableStack();
  const store = await openStore({ url: config.databaseUrl });
  stack.defer(() => store.close());
  const queue = await openQueue(
    config.redisUrl === undefined
      ? { kind: 'postgres', connectionString: config.databaseUrl }
      : { kind: 'redis', url: config.redisUrl },
    (problem) => log.warn({ part: 'queue', err: problem }, 'queue'),
  );
  stack.defer(() => queue.close());
  const health = new Health();
  health.add('database', async () => void (await store.now()));
  health.add('queue', () => queue.problem());
  const recorder = new RunRecorder(store);
  const api = createApi({ config, store, queue, recorder, log, metrics: new Metrics(), health });
  await api.listen();
  stack.defer(() => api.close());
  log.info({ url: api.url }, 'api is running');
  const { promise: stopped, resolve: stop } = Promise.withResolvers<string>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
  log.info({ signal: await stopped }, 'draining');
}

try {
  await main();
} catch (error) {
  if (!(error instanceof ConfigProblem)) throw error;
  for (const problem of error.problems) process.stderr.write(`waybill api: ${problem}\n`);
  process.exitCode = 2;
}
