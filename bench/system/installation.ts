import { execFile } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { startPostgres, startRedis } from '../../test/servers/support/index.ts';
import { WaybillProcess } from '../../test/support/waybill-process.ts';

const START_DEADLINE_MS = 60_000;
const ROOT = join(import.meta.dirname, '../..');

/** Where it keeps its truth and its doorbells. */
export type Mode = 'embedded' | 'services';

/** The product as people start it: the built code, the flags of `npm start`. */
export interface Installation {
  mode: Mode;
  pid: number;
  /** Also the folder of the local endpoints. */
  home: string;
  apply(configuration: object): Promise<void>;
  get<T>(path: string): Promise<T>;
  post<T>(path: string, body: object): Promise<T>;
  stop(): Promise<void>;
}

export async function startInstallation(
  mode: Mode,
  environment: Record<string, string>,
): Promise<Installation> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-system-'));
  // As root the database runs as another user, who has to walk in.
  await chmod(home, 0o755);
  await using undo = new AsyncDisposableStack();
  undo.defer(() => rm(home, { recursive: true, force: true }));
  const services = mode === 'services' ? await startServices(undo) : {};
  // The partner of the bench is on this machine.
  const egress = { WAYBILL_EGRESS_ALLOW: 'public,private,loopback' };
  const everything = { ...environment, ...services, ...egress, WAYBILL_HOME: home };
  const waybill = new WaybillProcess(['start', '--home', home, '--port', '0'], everything);
  undo.defer(async () => {
    const code = await waybill.interrupt();
    if (code !== 0) throw new Error(`waybill ended with ${code}: ${waybill.complaints.join('\n')}`);
  });
  await waybill.line(/http:\/\//, START_DEADLINE_MS);
  const [url, key] = await Promise.all(
    ['api.url', 'cli.key'].map(async (name) => (await readFile(join(home, name), 'utf8')).trim()),
  );
  const ask = async <T>(method: string, path: string, body?: object): Promise<T> => {
    const response = await fetch(`${url}/api/v1${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  };
  const started = undo.move();
  return {
    mode,
    pid: waybill.pid,
    home,
    async apply(configuration) {
      const file = join(home, 'configuration.json');
      await writeFile(file, JSON.stringify(configuration));
      const main = join(ROOT, 'dist/apps/cli/src/main.js');
      await promisify(execFile)(process.execPath, [main, 'apply', '-f', file], {
        env: { PATH: process.env['PATH'], ...everything },
      });
    },
    get: (path) => ask('GET', path),
    post: (path, body) => ask('POST', path, body),
    stop: () => started.disposeAsync(),
  };
}

async function startServices(undo: AsyncDisposableStack): Promise<Record<string, string>> {
  const postgres = await startPostgres();
  undo.defer(() => postgres.stop());
  const redis = await startRedis();
  undo.defer(() => redis.stop());
  return { DATABASE_URL: postgres.appUrl, DATABASE_OWNER_URL: postgres.ownerUrl, REDIS_URL: redis.url };
}
