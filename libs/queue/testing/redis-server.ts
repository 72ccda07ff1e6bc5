import { Redis } from 'ioredis';
import type { QueueServer } from './queue-conformance.ts';

/** A running Redis that belongs to the test: it is flushed. */
export function redisServer(url: string): QueueServer {
  return {
    backend: { kind: 'redis', url },
    wipe: () => withClient(url, (client) => client.flushall()),
    loseWaiting: (queueName) =>
      withClient(url, (client) =>
        client.del(...['wait', 'prioritized', 'marker'].map((key) => `waybill:${queueName}:${key}`)),
      ),
    cutConnections: () =>
      withClient(url, (client) => client.call('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes')),
  };
}

async function withClient(url: string, act: (client: Redis) => Promise<unknown>): Promise<void> {
  const client = new Redis(url);
  client.on('error', () => undefined);
  try {
    await act(client);
  } finally {
    client.disconnect();
  }
}
