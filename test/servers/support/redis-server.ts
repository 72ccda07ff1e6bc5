import { Wait } from 'testcontainers';
import { imageOf } from './docker.ts';
import { listening, nextLoopbackAddress } from './loopback.ts';

export interface RedisServer {
  url: string;
  stop(): Promise<void>;
}

/** A real Redis, on a loopback address of its own: append-only file, no eviction. `settings` are added to its command line. */
export async function startRedis(settings: readonly string[] = []): Promise<RedisServer> {
  const address = nextLoopbackAddress();
  const port = 6390;
  const image = await imageOf('redis');
  const container = await image
    .withNetworkMode('host')
    .withCommand(['--bind', address, '--port', String(port), ...settings])
    .withWaitStrategy(Wait.forSuccessfulCommand('true'))
    .start();
  await listening(address, port);
  return {
    url: `redis://${address}:${port}`,
    async stop() {
      await container.stop({ timeout: 1_000 });
    },
  };
}
