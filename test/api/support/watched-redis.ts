import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RedisMonitor, watchRedis } from '#queue/testing';
import { dockerAvailable, listening, startRedis } from '../../servers/support/index.ts';

/** A Redis of its own that keeps a record of everything it is told. */
export interface WatchedRedis {
  url: string;
  /** Undefined where none of its own was made: Redis in a container has none. */
  password: string | undefined;
  monitor: RedisMonitor;
  stop(): Promise<void>;
}

/** This machine's redis-server, or one in a container; undefined where neither can be had. */
export async function startWatchedRedis(): Promise<WatchedRedis | undefined> {
  const server = hasRedisServer() ? await startOwn() : await startContained();
  if (!server) return undefined;
  const monitor = await watchRedis(server.url);
  return {
    ...server,
    monitor,
    async stop() {
      monitor.stop();
      await server.stop();
    },
  };
}

type Server = Omit<WatchedRedis, 'monitor'>;

function hasRedisServer(): boolean {
  try {
    execFileSync('redis-server', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function startOwn(): Promise<Server> {
  const folder = await mkdtemp(join(tmpdir(), 'waybill-redis-'));
  const port = await freePort();
  const password = randomBytes(16).toString('hex');
  const settings = { bind: '127.0.0.1', port, dir: folder, appendonly: 'yes', requirepass: password };
  const child = spawn(
    'redis-server',
    Object.entries({ ...settings, 'maxmemory-policy': 'noeviction' }).flatMap(([name, value]) => [
      `--${name}`,
      String(value),
    ]),
    { stdio: 'ignore' },
  );
  await listening('127.0.0.1', port);
  return {
    url: `redis://:${password}@127.0.0.1:${port}`,
    password,
    async stop() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function startContained(): Promise<Server | undefined> {
  process.env['TESTCONTAINERS_RYUK_DISABLED'] = 'true';
  if (!(await dockerAvailable())) return undefined;
  const { url, stop } = await startRedis(['--appendonly', 'yes', '--maxmemory-policy', 'noeviction']);
  return { url, password: undefined, stop };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}
