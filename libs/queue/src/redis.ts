import { Queue, Worker } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { TransferError } from '#domain';
import type { OpenBackend, RedisQueueBackend, ReportProblem } from './backend.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 5_000;
const KEY_PREFIX = 'waybill';

/** @throws TransferError `invalid_configuration` when this Redis would lose doorbells. */
export async function openRedis(
  backend: RedisQueueBackend,
  queueName: string,
  report: ReportProblem,
): Promise<OpenBackend> {
  await checkRedis(backend, report);
  const clients: Redis[] = [];
  const connect = (options: RedisOptions): Redis => {
    const client = new Redis(backend.url, { connectTimeout: CONNECT_TIMEOUT_MS, ...options });
    client.on('error', (cause: Error) => report({ kind: 'connection', detail: cause.message, cause }));
    clients.push(client);
    return client;
  };
  return {
    makeQueue() {
      // Ringing must fail at once when Redis is away: the scheduler's tick waits for it.
      const connection = connect({
        enableOfflineQueue: false,
        maxRetriesPerRequest: 1,
        commandTimeout: COMMAND_TIMEOUT_MS,
      });
      return new Queue(queueName, { connection, prefix: KEY_PREFIX });
    },
    makeWorker(process, options) {
      // A worker waits for Redis to come back, however long that takes.
      const connection = connect({ maxRetriesPerRequest: null });
      return new Worker(queueName, process, { ...options, connection, prefix: KEY_PREFIX });
    },
    async close() {
      for (const client of clients) client.disconnect();
    },
  };
}

/** INFO instead of CONFIG: managed Redis services forbid the latter. */
async function checkRedis(backend: RedisQueueBackend, report: ReportProblem): Promise<void> {
  const facts = await readInfo(backend.url);
  const faults = [
    ...(facts['maxmemory_policy'] === 'noeviction'
      ? []
      : [`maxmemory-policy is ${facts['maxmemory_policy']}; set it to noeviction`]),
    ...(facts['aof_enabled'] === '1' ? [] : ['appendonly is off; switch it on']),
  ];
  if (faults.length === 0) return;
  const detail = `The Redis of REDIS_URL would lose doorbells: ${faults.join('; ')}.`;
  if (!backend.allowVolatile) throw new TransferError('invalid_configuration', { phase: 'connect', detail });
  report({ kind: 'volatile_redis', detail });
}

async function readInfo(url: string): Promise<Record<string, string>> {
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let lastError: Error | undefined;
  client.on('error', (error: Error) => {
    lastError = error;
  });
  try {
    await client.connect();
    const text = await client.info();
    return Object.fromEntries(
      text
        .split('\r\n')
        .filter((line) => line.includes(':'))
        .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
    );
  } catch (thrown) {
    const cause = lastError ?? thrown;
    throw new TransferError('connect_refused', {
      phase: 'connect',
      detail: `REDIS_URL: no Redis answers at ${placeOf(url)} (${(cause as NodeJS.ErrnoException).code ?? (cause as Error).message}).`,
      cause,
    });
  } finally {
    client.disconnect();
  }
}

/** Host and port only: the URL may hold a password. */
function placeOf(url: string): string {
  return URL.canParse(url) ? new URL(url).host : 'the given URL';
}
