import type { Config } from '#config';
import { Egress, serviceOfUrl } from '#egress';
import { type DoorbellQueue, openQueue } from '#queue';
import {
  HomeInUse,
  migrate,
  openStore,
  readEmbeddedUrls,
  type Store,
  startEmbeddedPostgres,
  UnsafeRole,
} from '#store';
import type { Logger } from '#telemetry';
import { UsageError } from './failures.ts';

/** What every process needs, opened in order; disposing the stack closes it in the reverse order. */
export interface DatabaseParts {
  store: Store;
  /** The app role's connection, for the queue on Postgres. */
  url: string;
  /** Undefined on DATABASE_URL. */
  embedded: EmbeddedServer | undefined;
}

/** The database server that this process has started. */
export interface EmbeddedServer {
  pid: number;
  /** Resolves with the reason when it ends though nobody stopped it. */
  ended: Promise<string>;
}

/**
 * The database this installation works on: DATABASE_URL, or the embedded server of the home, started and migrated.
 * @throws UsageError when another process works on the home, or the database is not prepared.
 */
export async function openDatabase(
  config: Config,
  stack: AsyncDisposableStack,
  log: Logger,
): Promise<DatabaseParts> {
  if (config.databaseUrl !== undefined) {
    if (config.databaseOwnerUrl !== undefined) await migrate(config.databaseOwnerUrl);
    return {
      store: await openStoreIn(stack, config.databaseUrl),
      url: config.databaseUrl,
      embedded: undefined,
    };
  }
  const postgres = await startEmbeddedPostgres({
    home: config.home,
    log: (line) => log.debug({ part: 'postgres' }, line),
  });
  stack.defer(() => postgres.stop());
  await migrate(postgres.ownerUrl);
  const ended = new Promise<string>((resolve) => postgres.onExit(resolve));
  const store = await openStoreIn(stack, postgres.appUrl);
  return { store, url: postgres.appUrl, embedded: { pid: postgres.pid, ended } };
}

/** A database that another process has started and migrated, and looks after. */
export async function usePrepared(url: string, stack: AsyncDisposableStack): Promise<DatabaseParts> {
  return { store: await openStoreIn(stack, url), url, embedded: undefined };
}

/** As above, but shares the embedded server where another process has started it: for short commands. */
export async function useDatabase<T>(
  config: Config,
  log: Logger,
  act: (store: Store, url: string) => Promise<T>,
): Promise<T> {
  await using stack = new AsyncDisposableStack();
  const { store, url } = await openOrShare(config, stack, log);
  return await act(store, url);
}

async function openOrShare(
  config: Config,
  stack: AsyncDisposableStack,
  log: Logger,
): Promise<Pick<DatabaseParts, 'store' | 'url'>> {
  try {
    return await openDatabase(config, stack, log);
  } catch (error) {
    const running = error instanceof HomeInUse ? await readEmbeddedUrls(config.home) : undefined;
    if (!running) throw error;
    return { store: await openStoreIn(stack, running.appUrl), url: running.appUrl };
  }
}

async function openStoreIn(stack: AsyncDisposableStack, url: string): Promise<Store> {
  try {
    const store = await openStore({ url });
    stack.defer(() => store.close());
    return store;
  } catch (error) {
    if (error instanceof UnsafeRole) throw new UsageError(`DATABASE_URL: ${error.message}`);
    const sentence = REFUSALS[String((error as { code?: unknown }).code)];
    throw sentence === undefined ? error : new UsageError(`DATABASE_URL: ${sentence}`);
  }
}

/** By SQLSTATE. */
const REFUSALS: Readonly<Record<string, string>> = {
  '42P01': 'this database has no tables yet; run `waybill migrate` with DATABASE_OWNER_URL first',
  '42501': 'this role may not read the tables; give it the role waybill_app (libs/store/README.md)',
  '28P01': 'the database refuses this role or its password',
  '28000': 'the database refuses this role from here',
  '3D000': 'the server has no database of this name',
};

export async function openQueueParts(
  config: Config,
  databaseUrl: string,
  stack: AsyncDisposableStack,
  log: Logger,
): Promise<DoorbellQueue> {
  const queue = await openQueue(
    config.redisUrl === undefined
      ? { kind: 'postgres', connectionString: databaseUrl }
      : { kind: 'redis', url: config.redisUrl },
    (problem) => log.warn({ part: 'queue', kind: problem.kind }, problem.message),
  );
  stack.defer(() => queue.close());
  return queue;
}

/** The policy of the environment. What Waybill itself runs on is nobody's partner. */
export function openEgress(config: Config, databaseUrl: string): Egress {
  const { apiHost, apiPort, databaseOwnerUrl, redisUrl } = config;
  return new Egress({
    ...config.egress,
    ownServices: [
      serviceOfUrl('the database', databaseUrl, 5432),
      databaseOwnerUrl === undefined ? undefined : serviceOfUrl('the database', databaseOwnerUrl, 5432),
      redisUrl === undefined ? undefined : serviceOfUrl('the queue', redisUrl, 6379),
      { what: 'the api', host: apiHost, port: apiPort },
    ],
  });
}
