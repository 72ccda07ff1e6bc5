import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import type { TransferRoute } from '#domain';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../support/builders.ts';
import { plantFileSet, sha256Of } from '../support/file-set.ts';
import { type Product, type ProductOptions, startProduct } from '../support/product.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/start-worker-process.ts';

let product: Product;
let sim: PartnerSim;
/** The most control connections that the partner ever had at once. */
let mostSessions: number;
const processes: WorkerProcess[] = [];

afterEach(async () => {
  await Promise.all(processes.splice(0).map((worker) => worker.kill()));
  await product.close();
  await sim.close();
});

async function start(maxSessions: number, routes: TransferRoute[], options: ProductOptions): Promise<void> {
  const password = randomBytes(12).toString('hex');
  product = await startProduct({ ...options, secrets: { PARTNER_PASSWORD: password } });
  for (const folder of ['partner/out', 'partner/in', 'local/inbox', 'local/outbox'])
    await mkdir(join(product.home, folder), { recursive: true });
  sim = await startPartnerSim({ root: join(product.home, 'partner'), username: 'waybill', password });
  mostSessions = 0;
  // Looked at whenever the partner says something, its greetings included.
  sim.faults.answer = () => {
    mostSessions = Math.max(mostSessions, sim.sessions());
    return undefined;
  };
  await product.apply(
    [
      anFtpsEndpoint({
        name: 'partner',
        host: 'localhost',
        port: sim.explicitPort,
        mode: 'explicit',
        username: 'waybill',
        maxSessions,
        tls: { ca: [sim.caPem] },
      }),
      aLocalEndpoint('local', join(product.home, 'local')),
    ],
    routes,
  );
}

const pull = (changes: Parameters<typeof aRoute>[3] = {}) =>
  aRoute(
    'pull',
    { endpoint: 'partner', path: '/out' },
    { endpoint: 'local', path: '/inbox' },
    { lanes: 8, ...changes },
  );
const push = () =>
  aRoute('push', { endpoint: 'local', path: '/outbox' }, { endpoint: 'partner', path: '/in' }, { lanes: 8 });

it('two workers with eight lanes for two routes never have more than two sessions, and every file arrives', async () => {
  await start(2, [pull(), push()], { workers: 2, workerLanes: 8, sweepMs: 500 });
  const pulled = await plantFileSet(join(product.home, 'partner/out'), 60, 400_000);
  const pushed = await plantFileSet(join(product.home, 'local/outbox'), 60, 400_000);
  const runs = await Promise.all([product.run('pull'), product.run('push')]);
  expect(runs.map((run) => run.state)).toEqual(['delivered', 'delivered']);
  expect(mostSessions).toBe(2);
  for (const [folder, planted] of [
    ['local/inbox', pulled],
    ['partner/in', pushed],
  ] as const) {
    const found = await Promise.all(
      (await readdir(join(product.home, folder))).map(
        async (name) => [name, await sha256Of(join(product.home, folder, name))] as const,
      ),
    );
    expect(new Map(found)).toEqual(new Map(planted.map((file) => [file.name, file.sha256])));
  }
  expect(await product.store.db.sessionSlot.count()).toBe(0);
});

it('many small runs through one session are all delivered, the next one begins when a session is given back', async () => {
  const routes = Array.from({ length: 12 }, (_, index) => ({
    ...pull({ source: { select: [`${index}.csv`] } }),
    name: `pull-${index}`,
  }));
  // Without the hand-over each of them would wait for the sweep, which does not come in this test.
  await start(1, routes, { workers: 2, sweepMs: 600_000 });
  for (const index of routes.keys()) await writeFile(join(product.home, `partner/out/${index}.csv`), 'bytes');
  const runs = await Promise.all(routes.map((route) => product.run(route.name, 30_000)));
  expect(runs.map((run) => run.state)).toEqual(routes.map(() => 'delivered'));
  expect(mostSessions).toBe(1);
});

it('the sessions of a killed worker are used again when their leases run out', async () => {
  await start(
    2,
    [pull({ retry: { maxAttempts: 9, firstDelayMs: 100, factor: 1, maxDelayMs: 100, jitter: 0 } })],
    {
      workers: 0,
      sweepMs: 300,
    },
  );
  await plantFileSet(join(product.home, 'partner/out'), 12, 20_000_000);
  const startWorker = async () => {
    const worker = await startWorkerProcess({
      name: `worker-${randomBytes(4).toString('hex')}`,
      databaseUrl: product.database.appUrl,
      queueBackend: { kind: 'postgres', connectionString: product.database.appUrl },
      leaseMs: 2_000,
      gracePeriodMs: 10_000,
      secrets: { PARTNER_PASSWORD: sim.password },
    });
    processes.push(worker);
    return worker;
  };
  const doomed = await startWorker();
  const stalling = Promise.withResolvers<void>();
  sim.faults.stallDownloadAfterBytes = 1_000_000;
  const { answer } = sim.faults;
  sim.faults.answer = (reply, command) => {
    if (sim.sessions() === 2 && command.verb === 'RETR') stalling.resolve();
    return answer!(reply, command);
  };
  const running = product.run('pull');
  await stalling.promise;
  expect(await product.store.db.sessionSlot.count()).toBe(2);
  await doomed.kill();
  delete sim.faults.stallDownloadAfterBytes;
  await startWorker();
  expect((await running).state).toBe('delivered');
  expect(mostSessions).toBe(2);
});

it('a route from a partner to itself that has one session there fails with the reason', async () => {
  const loop = aRoute('loop', { endpoint: 'partner', path: '/out' }, { endpoint: 'partner', path: '/in' });
  await start(1, [loop], {});
  await writeFile(join(product.home, 'partner/out/a.csv'), 'bytes');
  expect(await product.run('loop')).toMatchObject({ state: 'failed', errorCode: 'invalid_configuration' });
  expect(mostSessions).toBe(0);
});
