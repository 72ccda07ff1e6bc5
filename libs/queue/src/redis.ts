import { Queue, Worker } from 'bullmq';
import { Redis, type RedisOptions } from 'ioredis';
import { TransferError } from '#domain';
import type { OpenBackend, RedisQueueBackend, ReportProblem } from './backend.ts';
import { QueueProblem } from './problem.ts';

const CONNECT_TIMEOUT_MS = 5_000;
const COMMAND_TIMEOUT_MS = 5_000;
const KEY_PREFIX = 'waybill';

/** How long commands wait for a Redis that is away. */
type Patience = Pick<RedisOptions, 'enableOfflineQueue' | 'maxRetriesPerRequest' | 'commandTimeout'>;

/** @throws TransferError `invalid_configuration` when this Redis would lose doorbells. */
export async function openRedis(backend: RedisQueueBackend, report: ReportProblem): Promise<OpenBackend> {
  await checkRedis(backend, report);
  const clients: Redis[] = [];
  const connect = (options: Patience): Redis => {
    const client = new Redis(backend.url, { connectTimeout: CONNECT_TIMEOUT_MS, ...options });
    client.on('error', (error: Error) => report(new QueueProblem('connection', error.message, error)));
    clients.push(client);
    return client;
  };
  return {
    makeQueue(name) {
      // Ringing must fail at once when Redis is away: the scheduler's tick waits for it.
      const connection = connect({
        enableOfflineQueue: false,
        maxRetriesPerRequest: 1,
        commandTimeout: COMMAND_TIMEOUT_MS,
      });
      return new Queue(name, { connection, prefix: KEY_PREFIX });
    },
    makeWorker(name, process, options) {
      // A worker waits for Redis to come back, however long that takes.
      const connection = connect({ maxRetriesPerRequest: null });
      return new Worker(name, process, { ...options, connection, prefix: KEY_PREFIX });
    },
    async close() {
      for (const client of clients) client.disconnect();
    },
  };
}

async function checkRedis(backend: RedisQueueBackend, report: ReportProblem): Promise<void> {
  const faults = redisFaults(await readInfo(backend.url));
  if (faults.length === 0) return;
  const detail = `The Redis of REDIS_URL would lose doorbells: ${faults.join('; ')}.`;
  if (!backend.allowVolatile) throw new TransferError('invalid_configuration', { phase: 'connect', detail });
  report(new QueueProblem('volatile_redis', detail));
}

/** What has to be changed in a Redis that answers so. INFO and not CONFIG: managed services forbid the latter. */
export function redisFaults(info: string): string[] {
  const facts = new Map(
    info
      .split('\r\n')
      .filter((line) => line.includes(':'))
      .map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]),
  );
  const policy = facts.get('maxmemory_policy');
  return [
    ...(policy === 'noeviction' ? [] : [`maxmemory-policy is ${policy}; set it to noeviction`]),
    ...(facts.get('aof_enabled') === '1' ? [] : ['appendonly is off; switch it on']),
  ];
}

async function readInfo(url: string): Promise<string> {
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
    return await client.info();
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
