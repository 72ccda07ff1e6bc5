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

/** One command, as its administrator. */
export async function tellRedis(url: string, command: string, ...args: string[]): Promise<void> {
  await withClient(url, (client) => client.call(command, ...args));
}

/** Everything that a Redis is told, as it sees it itself, the arguments of scripts included. */
export interface RedisMonitor {
  heard: string[];
  stop(): void;
}

export async function watchRedis(url: string): Promise<RedisMonitor> {
  // Nothing else may be under way: what the monitor hears in one breath with its own OK would be taken for a reply.
  const client = new Redis(url, { enableReadyCheck: false });
  client.on('error', () => undefined);
  await client.ping();
  const monitor = await client.monitor();
  const heard: string[] = [];
  monitor.on('monitor', (_time: string, args: string[]) => heard.push(args.join(' ')));
  return {
    heard,
    stop() {
      monitor.disconnect();
      client.disconnect();
    },
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
