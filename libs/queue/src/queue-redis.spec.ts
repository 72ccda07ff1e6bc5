import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { describeQueueConformance, redisServer } from '#queue/testing';
import { openQueue } from './open-queue.ts';
import { redisFaults } from './redis.ts';

describe('a Redis that cannot be used', () => {
  it('is named by its place, never with its password', async () => {
    const port = await closedPort();
    await expect(
      openQueue({ kind: 'redis', url: `redis://user:hunter2@127.0.0.1:${port}` }),
    ).rejects.toMatchObject({
      code: 'connect_refused',
      detail: `REDIS_URL: no Redis answers at 127.0.0.1:${port} (ECONNREFUSED).`,
    });
  });

  it.each([
    ['maxmemory_policy:noeviction\r\naof_enabled:1\r\n', []],
    [
      'maxmemory_policy:allkeys-lru\r\naof_enabled:1\r\n',
      ['maxmemory-policy is allkeys-lru; set it to noeviction'],
    ],
    ['maxmemory_policy:noeviction\r\naof_enabled:0\r\n', ['appendonly is off; switch it on']],
    ['# Server\r\n', [expect.stringContaining('maxmemory-policy'), expect.stringContaining('appendonly')]],
  ])('has to be changed when it says %j', (info, faults) => {
    expect(redisFaults(info)).toEqual(faults);
  });
});

// The suite in test/servers runs the same on a Redis of its own, where Docker is.
const url = process.env['WAYBILL_TEST_REDIS_URL'];
if (url !== undefined) {
  describeQueueConformance('Redis', () => redisServer(url));
}

async function closedPort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
