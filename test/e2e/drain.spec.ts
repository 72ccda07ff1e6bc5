import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { access, mkdir, readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';
import { isAlive, makeReady, WaybillProcess } from '../support/waybill-process.ts';

/** `waybill` processes as compose starts them, ended by SIGTERM. */
let product: Product;
let sim: PartnerSim;
const processes: WaybillProcess[] = [];

beforeAll(() => makeReady());

afterEach(async () => {
  for (const one of processes.splice(0)) one.kill();
  await product.close();
  await sim.close();
});

const FILES = 12;
const LANES = 2;

async function start(): Promise<void> {
  product = await startProduct({ workers: 0, sweepMs: 300 });
  for (const folder of ['partner/out', 'local/inbox'])
    await mkdir(join(product.home, folder), { recursive: true });
  for (let index = 0; index < FILES; index++)
    await writeFile(join(product.home, `partner/out/${index}.csv`), randomBytes(2_000_000));
  sim = await startPartnerSim({
    root: join(product.home, 'partner'),
    username: 'waybill',
    password: randomBytes(12).toString('hex'),
  });
  const partner = anFtpsEndpoint({
    name: 'partner',
    host: 'localhost',
    port: sim.explicitPort,
    mode: 'explicit',
    username: 'waybill',
    tls: { ca: [sim.caPem] },
  });
  await product.apply(
    [partner, aLocalEndpoint('local', join(product.home, 'local'))],
    [
      aRoute(
        'pull',
        { endpoint: 'partner', path: '/out' },
        { endpoint: 'local', path: '/inbox' },
        { lanes: LANES },
      ),
    ],
  );
}

const readyFile = () => join(product.home, 'ready');
const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );

async function startProcess(kind: 'worker' | 'scheduler' | 'api', more: Record<string, string> = {}) {
  const one = new WaybillProcess([kind], {
    WAYBILL_HOME: join(product.home, 'waybill'),
    WAYBILL_KEY_FILE: join(product.home, 'installation.key'),
    DATABASE_URL: product.database.appUrl,
    WAYBILL_READY_FILE: readyFile(),
    PARTNER_PASSWORD: sim.password,
    // The partner is on this machine.
    WAYBILL_EGRESS_ALLOW: 'public,private,loopback',
    ...more,
  });
  processes.push(one);
  await vi.waitFor(async () => expect(await exists(readyFile())).toBe(true), { timeout: 20_000 });
  return one;
}

async function trigger(): Promise<string> {
  const { run } = await product.recorder.createRun({
    routeName: 'pull',
    trigger: 'operator',
    requestedBy: { kind: 'user', name: 'test' },
  });
  await product.queue.ring({ runId: run.id, lane: 0 });
  return run.id;
}

const attemptsOf = (runId: string) =>
  product.store.db.attempt.findMany({ where: { transfer: { runId } }, orderBy: { startedAt: 'asc' } });

it('a worker is not ready any more first, then claims nothing, and ends when its files have', async () => {
  await start();
  const worker = await startProcess('worker');
  const held = Promise.withResolvers<void>();
  let downloads = 0;
  sim.faults.answer = (reply, { verb }) => {
    if (verb !== 'RETR' || !reply.startsWith('150')) return undefined;
    if (++downloads === LANES) held.resolve();
    return [{ pauseMs: 3_000 }, `${reply}\r\n`];
  };
  const runId = await trigger();
  await held.promise;
  process.kill(worker.pid, 'SIGTERM');
  const askedAt = await product.store.now();
  await vi.waitFor(async () => expect(await exists(readyFile())).toBe(false), {
    timeout: 1_000,
    interval: 10,
  });
  // Its files are still under way.
  expect(isAlive(worker.pid)).toBe(true);
  expect(await readdir(join(product.home, 'local/inbox'))).not.toContain('0.csv');
  expect(await worker.exit()).toBe(0);
  const attempts = await attemptsOf(runId);
  expect(attempts.map(({ outcome }) => outcome)).toEqual(Array.from({ length: LANES }, () => 'delivered'));
  expect(attempts.filter(({ startedAt }) => startedAt.getTime() > askedAt.getTime() + 1_000)).toEqual([]);
  expect(await product.store.db.sessionSlot.count()).toBe(0);
  sim.faults.answer = () => undefined;
  await startProcess('worker');
  const run = await product.finished(runId);
  expect(run.state).toBe('delivered');
  expect(run.transfers.map(({ attemptCount }) => attemptCount)).toEqual(
    Array.from({ length: FILES }, () => 1),
  );
});

it('what outlasts the grace period is handed back, and costs no try', async () => {
  await start();
  const worker = await startProcess('worker', { WAYBILL_GRACE_PERIOD_MS: '1000' });
  sim.faults.stallDownloadAfterBytes = 1_000_000;
  const runId = await trigger();
  await vi.waitFor(async () => expect(await readdir(join(product.home, 'local/inbox'))).toHaveLength(LANES), {
    timeout: 20_000,
  });
  const askedAtMs = performance.now();
  process.kill(worker.pid, 'SIGTERM');
  expect(await worker.exit()).toBe(0);
  expect(performance.now() - askedAtMs).toBeLessThan(8_000);
  expect((await attemptsOf(runId)).map(({ outcome, errorCode }) => [outcome, errorCode])).toEqual(
    Array.from({ length: LANES }, () => ['cancelled', 'shutting_down']),
  );
  expect(await product.store.db.sessionSlot.count()).toBe(0);
  delete sim.faults.stallDownloadAfterBytes;
  await startProcess('worker');
  expect((await product.finished(runId)).state).toBe('delivered');
});

it('a scheduler says that it is ready, and says so no more when it ends', async () => {
  await start();
  const scheduler = await startProcess('scheduler');
  process.kill(scheduler.pid, 'SIGTERM');
  expect(await scheduler.exit()).toBe(0);
  expect(await exists(readyFile())).toBe(false);
});

it('an api answers for a moment that it is not ready, before it closes its port', async () => {
  await start();
  const port = await freePort();
  const api = await startProcess('api', { WAYBILL_PORT: String(port) });
  const ask = () => fetch(`http://127.0.0.1:${port}/api/v1/health/ready`);
  expect((await ask()).status).toBe(200);
  process.kill(api.pid, 'SIGTERM');
  await vi.waitFor(async () => expect((await ask()).status).toBe(503), { timeout: 900, interval: 20 });
  expect(await (await ask()).json()).toMatchObject({
    status: 'not_ready',
    checks: { process: { ok: false, reason: 'it is draining' }, database: { ok: true } },
  });
  expect(await api.exit()).toBe(0);
  await expect(ask()).rejects.toThrow();
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
