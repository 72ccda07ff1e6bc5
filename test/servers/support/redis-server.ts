import { getContainerRuntimeClient, Wait } from 'testcontainers';
import { imageOf } from './docker.ts';
import { listening, nextLoopbackAddress } from './loopback.ts';

export interface RedisServer {
  url: string;
  /** `redis-cli` with these arguments, inside of the container. */
  command(...args: string[]): Promise<string>;
  /** SIGKILL: nothing is flushed, nobody is told. */
  kill(): Promise<void>;
  /** With `empty`, what it had written is lost too. */
  startAgain(options?: { empty?: boolean }): Promise<void>;
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
  const docker = (await getContainerRuntimeClient()).container.getById(container.getId());
  const command = async (...args: string[]): Promise<string> =>
    (await container.exec(['redis-cli', '-h', address, '-p', String(port), ...args])).output;
  return {
    url: `redis://${address}:${port}`,
    command,
    kill: () => docker.kill({ signal: 'SIGKILL' }),
    async startAgain({ empty = false } = {}) {
      await docker.start();
      await listening(address, port);
      if (empty) await command('FLUSHALL');
    },
    async stop() {
      await container.stop({ timeout: 1_000 });
    },
  };
}
