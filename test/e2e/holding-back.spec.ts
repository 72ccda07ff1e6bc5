import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import type { TransferWindow } from '#domain';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../support/builders.ts';
import { type Product, type ProductOptions, startProduct } from '../support/product.ts';

/** What keeps a run from beginning, or stops it: pauses, windows, people. */
const OPERATOR = { kind: 'user', name: 'test' } as const;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;

let product: Product;
let sim: PartnerSim;

afterEach(async () => {
  await product.close();
  await sim.close();
});

async function start(options: ProductOptions = {}): Promise<void> {
  const password = randomBytes(12).toString('hex');
  product = await startProduct({ sweepMs: 200, ...options, secrets: { PARTNER_PASSWORD: password } });
  for (const folder of ['partner/out', 'partner/in', 'local/inbox', 'local/outbox'])
    await mkdir(join(product.home, folder), { recursive: true });
  sim = await startPartnerSim({ root: join(product.home, 'partner'), username: 'waybill', password });
  await configure({});
}

async function configure(changes: Parameters<typeof aRoute>[3]): Promise<void> {
  await product.apply(
    [
      anFtpsEndpoint({
        name: 'partner',
        host: 'localhost',
        port: sim.explicitPort,
        mode: 'explicit',
        username: 'waybill',
        tls: { ca: [sim.caPem] },
      }),
      aLocalEndpoint('local', join(product.home, 'local')),
    ],
    [
      aRoute('pull', { endpoint: 'partner', path: '/out' }, { endpoint: 'local', path: '/inbox' }, changes),
      aRoute('push', { endpoint: 'local', path: '/outbox' }, { endpoint: 'partner', path: '/in' }, changes),
    ],
  );
}

async function plant(folder: string, count: number): Promise<void> {
  for (let index = 0; index < count; index++)
    await writeFile(join(product.home, folder, `${index}.csv`), randomBytes(2_000));
}

async function trigger(routeName: string): Promise<string> {
  const { run } = await product.recorder.createRun({
    routeName,
    trigger: 'operator',
    requestedBy: OPERATOR,
  });
  await product.queue.ring({ runId: run.id, lane: 0 });
  return run.id;
}

const runOf = (id: string) => product.store.db.run.findUniqueOrThrow({ where: { id } });
const eventsOf = (runId: string, action: string) =>
  product.store.db.auditEvent.findMany({ where: { runId, action } });
const filesIn = (folder: string) => readdir(join(product.home, folder));

/** Resolves when the scheduler has swept and the queue is empty: whoever was rung has looked. */
async function nothingRings(): Promise<void> {
  const sweeps = vi.spyOn(product.recorder, 'findOverdueRuns');
  await vi.waitFor(() => expect(sweeps.mock.results.length).toBeGreaterThanOrEqual(2), { timeout: 10_000 });
  sweeps.mockRestore();
  await vi.waitFor(async () => expect(await product.queue.depth()).toEqual({ waiting: 0, active: 0 }), {
    timeout: 10_000,
  });
}

describe('a pause', () => {
  it.each([
    { object: 'route', name: 'pull' },
    { object: 'endpoint', name: 'partner' },
  ] as const)(
    'of the $object: runs are made and wait, nobody connects, and all goes on by itself when it ends',
    async (what) => {
      await start();
      await plant('partner/out', 3);
      await product.recorder.pause(what, OPERATOR, 'the partner is on holiday');
      const id = await trigger('pull');
      await nothingRings();
      expect(await runOf(id)).toMatchObject({ state: 'queued', planAttempts: 0 });
      expect(await product.recorder.findOverdueRuns(10)).toEqual([]);
      expect(sim.commands).toEqual([]);
      await product.recorder.resume(what, OPERATOR, 'they are back');
      expect((await product.finished(id)).state).toBe('delivered');
    },
  );

  it('lets the file under way end, and keeps the others', async () => {
    await start();
    await configure({ lanes: 1 });
    await plant('partner/out', 5);
    const paused = Promise.withResolvers<void>();
    // The first file waits on the wire until the pause is there.
    sim.faults.answer = (reply, { verb }) => {
      if (verb !== 'RETR') return undefined;
      sim.faults.answer = () => undefined;
      void product.recorder
        .pause({ object: 'route', name: 'pull' }, OPERATOR, 'stop')
        .then(() => paused.resolve());
      return [{ pauseMs: 1_000 }, `${reply}\r\n`];
    };
    const id = await trigger('pull');
    await paused.promise;
    await vi.waitFor(async () => expect(await filesIn('local/inbox')).toEqual(['0.csv']), {
      timeout: 10_000,
    });
    await nothingRings();
    expect(await filesIn('local/inbox')).toEqual(['0.csv']);
    await product.recorder.resume({ object: 'route', name: 'pull' }, OPERATOR, 'go');
    expect((await product.finished(id)).state).toBe('delivered');
  });
});

describe('a window', () => {
  const timeOf = (ms: number) => new Date(ms).toISOString().slice(11, 16);
  async function windowFrom(fromMs: number, toMs: number): Promise<TransferWindow> {
    const now = (await product.store.now()).getTime();
    return { from: timeOf(now + fromMs), to: timeOf(now + toMs), timezone: 'UTC' };
  }

  it('that is closed makes a run wait for its opening, said once; another window is looked at as soon as it is applied', async () => {
    await start();
    await plant('partner/out', 2);
    await configure({ window: await windowFrom(2 * HOUR_MS, 3 * HOUR_MS) });
    const id = await trigger('pull');
    await vi.waitFor(async () => expect(await eventsOf(id, 'run.waits_for_window')).toHaveLength(1), {
      timeout: 10_000,
    });
    const { notBefore, state } = await runOf(id);
    const now = await product.store.now();
    expect(state).toBe('queued');
    const opensAt = Math.floor((now.getTime() + 2 * HOUR_MS) / MINUTE_MS) * MINUTE_MS;
    expect(Math.abs(notBefore.getTime() - opensAt)).toBeLessThanOrEqual(MINUTE_MS);
    await nothingRings();
    expect(sim.commands).toEqual([]);
    expect(await eventsOf(id, 'run.waits_for_window')).toHaveLength(1);
    await configure({ window: await windowFrom(-HOUR_MS, HOUR_MS) });
    expect((await product.finished(id)).state).toBe('delivered');
  });

  it('that closes lets the file under way end, and puts the others off until it opens again', async () => {
    await start();
    await plant('partner/out', 200);
    // Slow enough that no machine is done before the window closes, and that a file is under way when it does.
    sim.faults.answer = (reply, { verb }) =>
      verb === 'RETR' ? [{ pauseMs: 2_000 }, `${reply}\r\n`] : undefined;
    // The next full minute that leaves time for some files.
    const now = (await product.store.now()).getTime();
    const closesAt = Math.ceil((now + 8_000) / MINUTE_MS) * MINUTE_MS;
    await configure({
      lanes: 2,
      window: { from: timeOf(closesAt - 10 * MINUTE_MS), to: timeOf(closesAt), timezone: 'UTC' },
    });
    const id = await trigger('pull');
    await vi.waitFor(async () => expect(await eventsOf(id, 'run.waits_for_window')).toHaveLength(1), {
      timeout: 90_000,
      interval: 250,
    });
    const run = await runOf(id);
    expect(run.state).toBe('running');
    expect(run.notBefore.getTime()).toBe(closesAt + 24 * HOUR_MS - 10 * MINUTE_MS);
    const attempts = await product.store.db.attempt.findMany({ where: { transfer: { runId: id } } });
    expect(attempts.length).toBeGreaterThan(0);
    expect(attempts.length).toBeLessThan(200);
    expect(attempts.filter((attempt) => attempt.startedAt.getTime() >= closesAt)).toEqual([]);
    await vi.waitFor(async () => expect(await filesIn('local/inbox')).toHaveLength(attempts.length), {
      timeout: 10_000,
    });
    expect(await product.store.db.transfer.count({ where: { runId: id, state: 'planned' } })).toBe(
      200 - attempts.length,
    );
  });
});

describe('a cancel', () => {
  it('stops a file under way before its publish intent: nothing of it is left anywhere', async () => {
    await start({ leaseMs: 1_500 });
    await plant('partner/out', 1);
    await writeFile(join(product.home, 'partner/out/large.bin'), randomBytes(4_000_000));
    await configure({ lanes: 1, source: { select: ['large.bin'] } });
    sim.faults.stallDownloadAfterBytes = 1_000_000;
    const id = await trigger('pull');
    await vi.waitFor(async () => expect(await filesIn('local/inbox')).toHaveLength(1), { timeout: 10_000 });
    expect(await product.recorder.cancelRun(id, OPERATOR, 'wrong file')).toBe('running');
    const run = await product.finished(id, 10_000);
    expect([run.state, run.transfers.map(({ state }) => state)]).toEqual(['cancelled', ['cancelled']]);
    expect(await filesIn('local/inbox')).toEqual([]);
    const [attempt] = await product.store.db.attempt.findMany({ where: { transfer: { runId: id } } });
    expect(attempt).toMatchObject({ outcome: 'cancelled', errorCode: 'cancelled' });
  });

  it('never stops one after it: what may be published goes on to its end', async () => {
    await start({ leaseMs: 1_500 });
    await plant('local/outbox', 4);
    await configure({ lanes: 1 });
    const cancelled = Promise.withResolvers<unknown>();
    let id = '';
    sim.faults.answer = (reply, { verb }) => {
      if (verb !== 'RNTO') return undefined;
      sim.faults.answer = () => undefined;
      cancelled.resolve(product.recorder.cancelRun(id, OPERATOR, 'too late for this one'));
      // Several renewals of the lease.
      return [{ pauseMs: 2_500 }, `${reply}\r\n`];
    };
    id = await trigger('push');
    expect(await cancelled.promise).toBe('running');
    const run = await product.finished(id, 20_000);
    expect(run.state).toBe('partly_delivered');
    expect(run.transfers.map(({ state }) => state).sort()).toEqual([
      'cancelled',
      'cancelled',
      'cancelled',
      'delivered',
    ]);
    expect(await filesIn('partner/in')).toHaveLength(1);
  });
});
