import { createHash, randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Endpoint, FtpsEndpoint, TransferRoute } from '#domain';
import type { QueueBackend } from '#queue';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import {
  type CheckedRoute,
  checkDeliveries,
  describeFindings,
  type PlantedSource,
} from '../../checker/index.ts';
import { type FtpServer, type FtpServerOptions, startFtpServer } from '../../servers/support/index.ts';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../../support/builders.ts';
import { type Product, startProduct } from '../../support/product.ts';
import type { WorkerProcessOrder } from '../../support/worker-process.ts';
import { LedgerView } from './ledger-view.ts';
import { type TargetWatch, watchTargets } from './watch-targets.ts';
import { WorkerCrew } from './worker-crew.ts';

export interface SiteOptions {
  database?: TestDatabase;
  /** Default: on the same database. */
  queueBackend?: QueueBackend;
  workers: number;
  leaseMs?: number;
  sweepMs?: number;
  server?: Partial<FtpServerOptions>;
  order?: Partial<WorkerProcessOrder>;
}

export interface RouteWish {
  name: string;
  direction: 'pull' | 'push';
  files: number;
  sizeBytes: (index: number) => number;
  disposition?: CheckedRoute['disposition'];
  changes?: Parameters<typeof aRoute>[3];
  expect?: PlantedSource['expect'];
  /** Name of the partner's endpoint; default: the one without anything in between. */
  partner?: string;
}

/** A partner's real server, the product on a real database and queue, its workers as processes, and an outside view. */
export class Site {
  readonly product: Product;
  readonly partner: FtpServer;
  crew: WorkerCrew;
  readonly view: LedgerView;
  readonly routes: CheckedRoute[] = [];
  readonly runIds: string[] = [];
  readonly #endpoints: Endpoint[] = [];
  readonly #definitions: TransferRoute[] = [];
  readonly #order: Omit<WorkerProcessOrder, 'name'>;
  #watch: TargetWatch | undefined;

  private constructor(
    parts: Pick<Site, 'product' | 'partner' | 'crew' | 'view'>,
    order: Omit<WorkerProcessOrder, 'name'>,
  ) {
    this.#order = order;
    this.product = parts.product;
    this.partner = parts.partner;
    this.crew = parts.crew;
    this.view = parts.view;
    this.#endpoints.push(this.partnerEndpoint(), aLocalEndpoint('local', join(this.product.home, 'local')));
  }

  static async open(options: SiteOptions): Promise<Site> {
    const database = options.database ?? (await startTestDatabase({ durable: true }));
    const queueBackend = options.queueBackend ?? { kind: 'postgres', connectionString: database.appUrl };
    const partner = await startFtpServer({ kind: 'vsftpd', mode: 'explicit', tls: '1.3', ...options.server });
    const product = await startProduct({
      database,
      queueBackend,
      workers: 0,
      sweepMs: options.sweepMs ?? 15_000,
    });
    const order = {
      databaseUrl: database.appUrl,
      queueBackend,
      leaseMs: options.leaseMs ?? 5_000,
      gracePeriodMs: 10_000,
      secrets: { PARTNER_PASSWORD: partner.password },
      ...options.order,
    };
    const crew = await WorkerCrew.start(options.workers, order);
    return new Site({ product, partner, crew, view: new LedgerView(database.auditorUrl) }, order);
  }

  /** For those who want to have work waiting before there is a worker. */
  async addWorkers(count: number): Promise<void> {
    await this.crew.stop();
    this.crew = await WorkerCrew.start(count, this.#order);
  }

  partnerEndpoint(changes: Partial<FtpsEndpoint> = {}): FtpsEndpoint {
    return anFtpsEndpoint({
      name: 'partner',
      host: this.partner.host,
      port: this.partner.port,
      mode: 'explicit',
      username: this.partner.username,
      maxSessions: 24,
      ...changes,
      tls: { ca: [this.partner.caPem] },
    });
  }

  /** A route with folders of its own and files in its source. */
  async addRoute(wish: RouteWish): Promise<CheckedRoute> {
    const local = join(this.product.home, 'local');
    const there = { root: this.partner.root, path: `/${wish.name}` };
    const here = { root: local, path: `/${wish.name}` };
    const fill = (directory: string) => plantFiles(directory, wish);
    await mkdir(join(local, here.path), { recursive: true });
    const files =
      wish.direction === 'pull'
        ? await this.partner.plant(there.path, fill)
        : await fill(join(local, here.path));
    if (wish.direction === 'push') await this.partner.plant(there.path, async () => undefined);
    const [source, destination] = wish.direction === 'pull' ? [there, here] : [here, there];
    const { disposition = 'keep', partner = 'partner' } = wish;
    const names = wish.direction === 'pull' ? [partner, 'local'] : ['local', partner];
    this.#definitions.push(
      aRoute(
        wish.name,
        { endpoint: names[0]!, path: source.path },
        { endpoint: names[1]!, path: destination.path },
        {
          retry: { maxAttempts: 30, firstDelayMs: 200, factor: 2, maxDelayMs: 2_000, jitter: 0.2 },
          afterDelivery:
            typeof disposition === 'object'
              ? { source: 'archive', to: disposition.archive }
              : { source: disposition },
          ...wish.changes,
        },
      ),
    );
    const checked = { name: wish.name, source, destination, files, disposition };
    this.routes.push(checked);
    return checked;
  }

  /** The configuration of all routes so far; from now on their targets are watched. */
  async apply(more: readonly Endpoint[] = []): Promise<void> {
    await this.product.apply([...this.#endpoints, ...more], this.#definitions);
    this.#watch ??= watchTargets(
      this.routes.map(({ destination, files }) => ({
        directory: join(destination.root, destination.path),
        files: files.map(({ name, target, sizeBytes }) => ({ name: target ?? name, sizeBytes })),
      })),
    );
  }

  /** A run is promised as soon as it is committed; that the queue does not hear of it is no failure. */
  async trigger(routeName: string): Promise<string> {
    const { run } = await this.product.recorder.createRun({
      routeName,
      trigger: 'api',
      requestedBy: { kind: 'api_key', name: 'chaos' },
    });
    this.runIds.push(run.id);
    await this.product.queue.ring({ runId: run.id, lane: 0, priority: run.priority }).catch(() => undefined);
    return run.id;
  }

  get total(): number {
    return this.routes.reduce((sum, { files }) => sum + files.length, 0);
  }

  /** Everything has come to rest: what the outsiders saw. */
  async expectGoodEnd(): Promise<void> {
    await this.#watch?.stop();
    expect(this.#watch?.sightings).toEqual([]);
    // Twenty on a machine that is not fully at work.
    expect(this.#watch?.looksPerSecond()).toBeGreaterThan(2);
    expect(describeFindings(await this.findings())).toEqual([]);
  }

  findings() {
    return checkDeliveries({
      databaseUrl: this.product.database.auditorUrl,
      routes: this.routes,
      runIds: this.runIds,
    });
  }

  async close(): Promise<void> {
    await this.#watch?.stop().catch(() => undefined);
    await this.crew.stop();
    await this.view.close();
    await this.product.close();
    await this.partner.stop();
  }
}

async function plantFiles(
  directory: string,
  { files, sizeBytes, expect }: RouteWish,
): Promise<PlantedSource[]> {
  await mkdir(directory, { recursive: true });
  const planted: PlantedSource[] = [];
  for (let index = 0; index < files; index++) {
    const bytes = randomBytes(sizeBytes(index));
    const name = `file-${String(index).padStart(5, '0')}.csv`;
    await writeFile(join(directory, name), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    planted.push({ name, sizeBytes: bytes.length, sha256, ...(expect && { expect }) });
  }
  return planted;
}
