import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { TransferRoute } from '#domain';
import { type FtpServer, startFtpServer } from '../../servers/support/index.ts';
import type { Arming } from '../../support/armed-failpoint.ts';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../../support/builders.ts';
import { type PlantedFile, sha256Of } from '../../support/file-set.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { startWorkerProcess, type WorkerProcess } from '../../support/start-worker-process.ts';
import type { CrashCase, Mode } from './plan-case.ts';

/** Short, so that nobody waits long for a dead worker; renewed every third of it. */
export const LEASE_MS = 2_000;
const SWEEP_MS = 200;
const REACH_MS = 60_000;

/** A place of a case: the endpoint's root on this machine's disk, the path below it, and both together. */
export interface Place {
  root: string;
  path: string;
  directory: string;
}

/** A real server, a database, a scheduler; workers are processes that come and go. */
export class CrashStage {
  readonly server: FtpServer;
  readonly product: Product;
  readonly #workers = new Set<WorkerProcess>();

  private constructor(server: FtpServer, product: Product) {
    this.server = server;
    this.product = product;
  }

  static async open(
    mode: Mode,
    cases: readonly CrashCase[],
    changes: (each: CrashCase) => Partial<TransferRoute> = () => ({}),
  ): Promise<CrashStage> {
    const server = await startFtpServer({ kind: 'vsftpd', mode, tls: '1.3' });
    const product = await startProduct({ workers: 0, schedulers: 1, sweepMs: SWEEP_MS });
    const stage = new CrashStage(server, product);
    for (const folder of ['inbox', 'outbox']) await mkdir(join(stage.localRoot, folder), { recursive: true });
    const partner = anFtpsEndpoint({
      name: 'partner',
      host: server.host,
      port: server.port,
      mode,
      username: server.username,
      tls: { ca: [server.caPem] },
    });
    await product.apply(
      [partner, aLocalEndpoint('local', stage.localRoot)],
      cases.map((each) =>
        aRoute(
          each.name,
          { endpoint: each.direction === 'pull' ? 'partner' : 'local', path: stage.source(each).path },
          { endpoint: each.direction === 'pull' ? 'local' : 'partner', path: stage.target(each).path },
          { lanes: each.lanes, afterDelivery: { source: 'delete' }, ...changes(each) },
        ),
      ),
    );
    return stage;
  }

  get localRoot(): string {
    return join(this.product.home, 'local');
  }

  source({ direction, name }: CrashCase): Place {
    return this.#place(direction === 'pull', direction === 'pull' ? '/out' : '/outbox', name);
  }

  target({ direction, name }: CrashCase): Place {
    return this.#place(direction === 'push', direction === 'push' ? '/in' : '/inbox', name);
  }

  /** Files of the sizes that the seed says, with bytes that are new each time. */
  async plant(each: CrashCase): Promise<PlantedFile[]> {
    if (each.direction === 'pull')
      return this.server.plant(this.source(each).path, (directory) => fill(directory, each.files));
    const { directory } = this.source(each);
    await mkdir(directory, { recursive: true });
    return fill(directory, each.files);
  }

  async startWorker(arming?: Arming): Promise<WorkerProcess> {
    const worker = await startWorkerProcess(
      {
        name: `${arming ? 'doomed' : 'successor'}-${randomBytes(4).toString('hex')}`,
        databaseUrl: this.product.database.appUrl,
        queueBackend: { kind: 'postgres', connectionString: this.product.database.appUrl },
        leaseMs: LEASE_MS,
        gracePeriodMs: 10_000,
        queueLockMs: LEASE_MS,
        secrets: { PARTNER_PASSWORD: this.server.password },
      },
      arming,
    );
    this.#workers.add(worker);
    return worker;
  }

  async end(worker: WorkerProcess): Promise<void> {
    await worker.kill();
    this.#workers.delete(worker);
  }

  /** After each case, however it went: a worker left over would take the next one's work. */
  async endWorkers(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => this.end(worker)));
  }

  /** A point that is never reached is a case that proves nothing. */
  async reaches(worker: WorkerProcess): Promise<void> {
    const patience = AbortSignal.timeout(REACH_MS);
    await Promise.race([
      worker.reached,
      once(patience, 'abort').then(() => {
        throw new Error(`the worker did not come to its failpoint within ${REACH_MS} ms`);
      }),
    ]);
  }

  async trigger(routeName: string): Promise<string> {
    const { run } = await this.product.recorder.createRun({
      routeName,
      trigger: 'operator',
      requestedBy: { kind: 'user', name: 'test' },
    });
    await this.product.queue.ring({ runId: run.id, lane: 0, priority: run.priority });
    return run.id;
  }

  async close(): Promise<void> {
    await this.endWorkers();
    await this.product.close();
    await this.server.stop();
  }

  #place(atPartner: boolean, folder: string, name: string): Place {
    const root = atPartner ? this.server.root : this.localRoot;
    return { root, path: `${folder}/${name}`, directory: join(root, folder, name) };
  }
}

async function fill(directory: string, files: CrashCase['files']): Promise<PlantedFile[]> {
  const planted: PlantedFile[] = [];
  for (const file of files) {
    const path = join(directory, file.name);
    await writeFile(path, randomBytes(file.sizeBytes));
    planted.push({ ...file, sha256: await sha256Of(path) });
  }
  return planted;
}
