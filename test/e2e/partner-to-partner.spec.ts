import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type PartnerSim, type PartnerSimOptions, startPartnerSim } from '#apps/partner-sim';
import type { FtpsEndpoint } from '#domain';
import { anFtpsEndpoint, aRoute } from '../support/builders.ts';
import { plantFileSet, sha256Of } from '../support/file-set.ts';
import { type Product, type ProductOptions, startProduct } from '../support/product.ts';
import { startWorkerProcess, type WorkerProcess } from '../support/start-worker-process.ts';
import { watchDirectory } from '../support/watch-directory.ts';

const MIB = 1024 * 1024;
const LARGE_BYTES = 300 * MIB;
type RouteChanges = NonNullable<Parameters<typeof aRoute>[3]>;

let product: Product;
const sims: PartnerSim[] = [];
const workers: WorkerProcess[] = [];
afterEach(async () => {
  await Promise.all(workers.splice(0).map((worker) => worker.kill()));
  await product.close();
  await Promise.all(sims.splice(0).map((sim) => sim.close()));
});

interface Partner {
  sim: PartnerSim;
  endpoint: FtpsEndpoint;
  folder(name: 'out' | 'in'): string;
}

async function startPartner(
  name: string,
  mode: 'explicit' | 'implicit',
  options: Partial<PartnerSimOptions> = {},
): Promise<Partner> {
  const root = join(product.home, name);
  for (const folder of ['out', 'in']) await mkdir(join(root, folder), { recursive: true });
  const password = SECRETS[secretOf(name)]!;
  const sim = await startPartnerSim({ root, username: name, password, ...options });
  sims.push(sim);
  const endpoint = anFtpsEndpoint({
    name,
    partner: name,
    host: 'localhost',
    port: mode === 'explicit' ? sim.explicitPort : sim.implicitPort,
    mode,
    username: name,
    password: { env: secretOf(name) },
    tls: { ca: [sim.caPem] },
  });
  return { sim, endpoint, folder: (folder) => join(root, folder) };
}

const secretOf = (name: string) => `${name.toUpperCase()}_PASSWORD`;
const SECRETS = Object.fromEntries(
  ['acme', 'globex'].map((name) => [secretOf(name), randomBytes(12).toString('hex')]),
);

/** acme speaks explicit FTPS and TLS 1.2 at most; globex implicit FTPS and TLS 1.3. */
async function startTwoPartners(changes: RouteChanges = {}, options: ProductOptions = {}) {
  product = await startProduct({ secrets: SECRETS, sweepMs: 200, ...options });
  const acme = await startPartner('acme', 'explicit', { tls: { maxVersion: 'TLSv1.2' } });
  const globex = await startPartner('globex', 'implicit', { tls: { minVersion: 'TLSv1.3' } });
  await product.apply(
    [acme.endpoint, globex.endpoint],
    [aRoute('across', { endpoint: 'acme', path: '/out' }, { endpoint: 'globex', path: '/in' }, changes)],
  );
  return { acme, globex };
}

const seen = (
  rows: { channel: string; protocol: string | null; cipher: string | null; resumed: boolean }[],
) => rows.map((row) => `${row.channel} ${row.protocol} ${row.cipher} ${row.resumed}`).sort();

describe('from one partner to another', () => {
  it('every file arrives once, and every negotiation of both servers is on record under its own endpoint', async () => {
    const { acme, globex } = await startTwoPartners();
    const planted = await plantFileSet(acme.folder('out'), 30, 3_000_000);
    const watch = watchDirectory(globex.folder('in'), planted);
    const run = await product.run('across');
    await watch.stop();
    expect(run.transfers.filter((transfer) => transfer.state !== 'delivered')).toEqual([]);
    expect(watch.partial).toEqual([]);
    for (const file of planted)
      expect(await sha256Of(join(globex.folder('in'), file.name))).toBe(file.sha256);
    expect(await readdir(globex.folder('in'))).toHaveLength(planted.length);
    for (const { sim, endpoint } of [acme, globex]) {
      const rows = await product.store.db.tlsNegotiation.findMany({
        where: { runId: run.id, endpoint: endpoint.name },
      });
      expect(seen(rows)).toEqual(seen(sim.handshakes));
      expect(new Set(rows.map((row) => [row.mode, row.protocol].join(' ')))).toEqual(
        new Set([endpoint.name === 'acme' ? 'explicit TLSv1.2' : 'implicit TLSv1.3']),
      );
    }
    const attempts = await product.store.db.attempt.findMany({ where: { transfer: { runId: run.id } } });
    for (const attempt of attempts) {
      expect(attempt.sourceSessionId).not.toBeNull();
      expect(attempt.destinationSessionId).not.toBeNull();
      expect(attempt.destinationSessionId).not.toBe(attempt.sourceSessionId);
    }
    const again = await product.run('across');
    expect(again.transfers.map((transfer) => transfer.state)).toEqual(planted.map(() => 'suppressed'));
  });

  it('300 MiB pass through a worker that holds little of them and writes none of them to its disk', async () => {
    const { acme, globex } = await startTwoPartners(
      { source: { select: ['*.bin'] }, verify: { minimum: 'size' } },
      { workers: 0, schedulers: 1 },
    );
    const worker = await startWorkerProcess({
      name: 'measured',
      databaseUrl: product.database.appUrl,
      queueBackend: { kind: 'postgres', connectionString: product.database.appUrl },
      leaseMs: 10_000,
      gracePeriodMs: 5_000,
      secrets: SECRETS,
    });
    workers.push(worker);
    // Buffers and compiled code are there after a first file, whatever follows.
    await writeFile(join(acme.folder('out'), 'small.bin'), randomBytes(64 * MIB));
    expect(await product.run('across', 120_000)).toMatchObject({ state: 'delivered', errorDetail: null });
    const planted = await plantFileSet(join(product.home, 'planted'), 0, LARGE_BYTES);
    const large = planted.find((file) => file.name === 'large.bin')!;
    await rename(join(product.home, 'planted/large.bin'), join(acme.folder('out'), 'large.bin'));
    const before = await readUse(worker.pid);
    const open = watchOpenFiles(worker.pid);
    const run = await product.run('across', 120_000);
    const staged = await open.stop();
    const after = await readUse(worker.pid);
    expect(run.transfers.find(({ state }) => state === 'delivered')?.sha256).toBe(large.sha256);
    expect(await sha256Of(join(globex.folder('in'), 'large.bin'))).toBe(large.sha256);
    expect(after.peakBytes - before.peakBytes).toBeLessThan(64 * MIB);
    expect(after.diskBytes - before.diskBytes).toBeLessThan(4 * MIB);
    expect(open.looks).toBeGreaterThan(5);
    expect(staged).toEqual([]);
  });

  it.each(['source', 'destination'] as const)(
    'a %s that breaks off in the middle is tried again, and nothing of the first try stays',
    async (side) => {
      const { acme, globex } = await startTwoPartners({
        retry: { maxAttempts: 10, firstDelayMs: 500, factor: 1, maxDelayMs: 500, jitter: 0 },
      });
      await writeFile(join(acme.folder('out'), 'a.bin'), randomBytes(2_000_000));
      if (side === 'source') acme.sim.faults = { resetDownloadAfterBytes: 700_000 };
      else globex.sim.faults = { diskFullAfterBytes: 700_000 };
      const { run } = await product.recorder.createRun({
        routeName: 'across',
        trigger: 'operator',
        requestedBy: { kind: 'user', name: 'test' },
      });
      await product.queue.ring({ runId: run.id, lane: 0, priority: 5 });
      product.addScheduler();
      const attempts = () =>
        product.store.db.attempt.findMany({
          where: { transfer: { runId: run.id } },
          orderBy: { number: 'asc' },
        });
      await expect.poll(async () => (await attempts())[0]?.outcome, { timeout: 20_000 }).toBe('failed');
      acme.sim.faults = {};
      globex.sim.faults = {};
      const finished = await product.finished(run.id);
      expect(finished.state).toBe('delivered');
      const tries = await attempts();
      expect(tries.length).toBeGreaterThan(1);
      expect(side === 'source' ? ['transfer_interrupted', 'connection_lost'] : ['disk_full']).toContain(
        tries[0]!.errorCode,
      );
      expect(await readdir(globex.folder('in'))).toEqual(['a.bin']);
      const [sent, arrived] = await Promise.all([
        readFile(join(acme.folder('out'), 'a.bin')),
        readFile(join(globex.folder('in'), 'a.bin')),
      ]);
      expect(arrived.equals(sent)).toBe(true);
    },
  );

  it('the source is archived on its own server after the other has it', async () => {
    const { acme, globex } = await startTwoPartners({ afterDelivery: { source: 'archive', to: '/done' } });
    await writeFile(join(acme.folder('out'), 'a.csv'), 'hello');
    expect((await product.run('across')).state).toBe('delivered');
    expect(await readdir(acme.folder('out'))).toEqual([]);
    expect(await readdir(join(product.home, 'acme/done'))).toEqual(['a.csv']);
    expect((await readFile(join(globex.folder('in'), 'a.csv'))).toString()).toBe('hello');
  });
});

describe('from a partner to the same partner', () => {
  it.each(['explicit', 'implicit'] as const)(
    '%s: one endpoint is both sides, over two sessions of each lane, within its limit',
    async (mode) => {
      product = await startProduct({ secrets: SECRETS, sweepMs: 200 });
      const acme = await startPartner('acme', mode);
      await product.apply(
        [acme.endpoint],
        [aRoute('around', { endpoint: 'acme', path: '/out' }, { endpoint: 'acme', path: '/in' })],
      );
      const planted = await plantFileSet(acme.folder('out'), 12, 1_000_000);
      let most = 0;
      const look = setInterval(() => {
        most = Math.max(most, acme.sim.sessions());
      }, 5);
      const run = await product.run('around');
      clearInterval(look);
      expect(run.transfers.filter((transfer) => transfer.state !== 'delivered')).toEqual([]);
      for (const file of planted)
        expect(await sha256Of(join(acme.folder('in'), file.name))).toBe(file.sha256);
      expect((await readdir(acme.folder('out'))).length).toBe(planted.length);
      expect(most).toBeGreaterThan(1);
      expect(most).toBeLessThanOrEqual(acme.endpoint.maxSessions);
      const rows = await product.store.db.tlsNegotiation.findMany({ where: { runId: run.id } });
      expect(seen(rows)).toEqual(seen(acme.sim.handshakes));
    },
  );
});

/** Peak resident memory, and what the process had the kernel write to storage; sockets do not count there. */
async function readUse(pid: number): Promise<{ peakBytes: number; diskBytes: number }> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  const io = await readFile(`/proc/${pid}/io`, 'utf8');
  return {
    peakBytes: Number(/VmHWM:\s+(\d+) kB/.exec(status)![1]) * 1024,
    diskBytes: Number(/^write_bytes: (\d+)/m.exec(io)![1]),
  };
}

/** Looks 20 times a second which regular files a process holds open for writing; pipes and sockets are none. */
function watchOpenFiles(pid: number) {
  const found = new Set<string>();
  const watch = { looks: 0, stop };
  let ended = false;
  const looking = (async () => {
    while (!ended) {
      watch.looks += 1;
      for (const fd of await readdir(`/proc/${pid}/fd`)) {
        const place = await readlink(`/proc/${pid}/fd/${fd}`).catch(() => '');
        if (!place.startsWith('/') || place.startsWith('/dev/')) continue;
        const info = await readFile(`/proc/${pid}/fdinfo/${fd}`, 'utf8').catch(() => '');
        const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? '0', 8);
        if ((flags & 3) !== 0) found.add(place);
      }
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  })();
  async function stop(): Promise<string[]> {
    ended = true;
    await looking;
    return [...found];
  }
  return watch;
}
