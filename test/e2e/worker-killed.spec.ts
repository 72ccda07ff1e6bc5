import { randomBytes } from 'node:crypto';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../support/builders.ts';
import { plantFileSet, sha256Of } from '../support/file-set.ts';
import { type Product, startProduct } from '../support/product.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/start-worker-process.ts';
import { watchDirectory } from '../support/watch-directory.ts';

const MIB = 1024 * 1024;
const LARGE_BYTES = 300 * MIB;

let product: Product;
let sim: PartnerSim;
const workers: WorkerProcess[] = [];

afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
  await product.close();
  await sim.close();
});

async function startWorker(): Promise<WorkerProcess> {
  const worker = await startWorkerProcess({
    name: `worker-${randomBytes(4).toString('hex')}`,
    databaseUrl: product.database.appUrl,
    queueBackend: { kind: 'postgres', connectionString: product.database.appUrl },
    leaseMs: 2_000,
    gracePeriodMs: 10_000,
    secrets: { PARTNER_PASSWORD: sim.password },
  });
  workers.push(worker);
  return worker;
}

/** Resolves when a temporary file of ours has grown past `bytes`. */
async function halfWritten(directory: string, bytes: number): Promise<void> {
  for (;;) {
    for (const name of await readdir(directory)) {
      if (!name.startsWith('.waybill-')) continue;
      const now = await stat(join(directory, name)).catch(() => undefined);
      if (now && now.size > bytes) return;
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** What is on its way to the database when the worker dies stays untold; a handshake is there within moments. */
async function everyHandshakeRecorded(runId: string): Promise<void> {
  while ((await product.store.db.tlsNegotiation.count({ where: { runId } })) < sim.handshakes.length)
    await new Promise((resolve) => setImmediate(resolve));
}

it.each(['pull', 'push'] as const)(
  '%s: a worker killed in the middle of 300 MiB loses nothing, sends nothing twice, and both attempts are in the audit',
  async (route) => {
    product = await startProduct({ workers: 0, schedulers: 1, sweepMs: 300 });
    for (const folder of ['partner/in', 'local/inbox'])
      await mkdir(join(product.home, folder), { recursive: true });
    sim = await startPartnerSim({
      root: join(product.home, 'partner'),
      username: 'waybill',
      password: randomBytes(12).toString('hex'),
    });
    await product.apply(
      [anEndpointAt(sim), aLocalEndpoint('local', join(product.home, 'local'))],
      [
        aRoute(
          'pull',
          { endpoint: 'partner', path: '/out' },
          { endpoint: 'local', path: '/inbox' },
          { source: { select: ['large.bin'] } },
        ),
        aRoute(
          'push',
          { endpoint: 'local', path: '/outbox' },
          { endpoint: 'partner', path: '/in' },
          { source: { select: ['large.bin'] } },
        ),
      ],
    );
    const planted = await plantFileSet(
      join(product.home, route === 'pull' ? 'partner/out' : 'local/outbox'),
      0,
      LARGE_BYTES,
    );
    const large = planted.find((file) => file.name === 'large.bin')!;
    const target = join(product.home, route === 'pull' ? 'local/inbox' : 'partner/in');

    const doomed = await startWorker();
    const watch = watchDirectory(target, [large]);
    const { run } = await product.recorder.createRun({
      routeName: route,
      trigger: 'operator',
      requestedBy: { kind: 'user', name: 'test' },
    });
    await product.queue.ring({ runId: run.id, lane: 0, priority: 5 });
    await halfWritten(target, 50 * MIB);
    await everyHandshakeRecorded(run.id);
    await doomed.kill();
    expect(await readdir(target)).not.toContain('large.bin');

    await startWorker();
    const finished = await product.finished(run.id, 60_000);
    await watch.stop();
    expect(finished.state).toBe('delivered');
    expect(await readdir(target)).toEqual(['large.bin']);
    expect(await sha256Of(join(target, 'large.bin'))).toBe(large.sha256);
    expect(watch.partial).toEqual([]);

    const attempts = await product.store.db.attempt.findMany({
      where: { transferId: finished.transfers[0]!.id },
      orderBy: { number: 'asc' },
    });
    expect(attempts.map((attempt) => [attempt.outcome, attempt.errorCode])).toEqual([
      ['abandoned', 'worker_lost'],
      ['delivered', null],
    ]);
    expect(attempts[0]!.worker).not.toBe(attempts[1]!.worker);
    const actions = (
      await product.store.db.auditEvent.findMany({ where: { runId: run.id }, orderBy: { id: 'asc' } })
    ).map((event) => event.action);
    expect(
      actions.filter((action) =>
        ['transfer.claimed', 'attempt.abandoned', 'transfer.published', 'transfer.delivered'].includes(
          action,
        ),
      ),
    ).toEqual([
      'transfer.claimed',
      'attempt.abandoned',
      'transfer.claimed',
      'transfer.published',
      'transfer.delivered',
    ]);
    const negotiations = await product.store.db.tlsNegotiation.findMany({ where: { runId: run.id } });
    expect(negotiations.length).toBe(sim.handshakes.length);
  },
);
