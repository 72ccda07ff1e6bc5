import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Faults, type PartnerSim, type PartnerSimOptions, startPartnerSim } from '#apps/partner-sim';
import type { FtpsEndpoint, TlsPolicy } from '#domain';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../support/builders.ts';
import { plantFileSet, sha256Of } from '../support/file-set.ts';
import { type Product, startProduct } from '../support/product.ts';
import { watchDirectory } from '../support/watch-directory.ts';

let product: Product;
let sim: PartnerSim;

afterEach(async () => {
  await product?.close();
  await sim?.close();
});

async function start(
  mode: 'explicit' | 'implicit',
  options: Partial<PartnerSimOptions> & { faults?: Faults; endpointTls?: Partial<TlsPolicy> } = {},
): Promise<FtpsEndpoint> {
  const password = randomBytes(12).toString('base64url');
  product = await startProduct({ secrets: { PARTNER_PASSWORD: password } });
  const root = join(product.home, 'partner');
  for (const folder of ['partner/out', 'partner/in', 'local/inbox', 'local/outbox'])
    await mkdir(join(product.home, folder), { recursive: true });
  sim = await startPartnerSim({ root, username: 'waybill', password, ...options });
  const partner = anEndpointAt(sim, { mode, tls: options.endpointTls });
  await product.apply(
    [partner, aLocalEndpoint('local', join(product.home, 'local'))],
    [
      aRoute('pull', { endpoint: 'partner', path: '/out' }, { endpoint: 'local', path: '/inbox' }),
      aRoute('push', { endpoint: 'local', path: '/outbox' }, { endpoint: 'partner', path: '/in' }),
    ],
  );
  return partner;
}

describe.each(['explicit', 'implicit'] as const)('%s', (mode) => {
  it.each(['pull', 'push'] as const)(
    '%s: delivers every file once, and a second run suppresses them all',
    async (route) => {
      await start(mode);
      const from = join(product.home, route === 'pull' ? 'partner/out' : 'local/outbox');
      const to = join(product.home, route === 'pull' ? 'local/inbox' : 'partner/in');
      const planted = await plantFileSet(from, 40, 5_000_000);
      const watch = watchDirectory(to, planted);
      const run = await product.run(route);
      await watch.stop();
      expect(
        run.transfers
          .map((transfer) => [transfer.state, transfer.errorCode, transfer.errorDetail])
          .filter(([state]) => state !== 'delivered'),
      ).toEqual([]);
      expect(run.state).toBe('delivered');
      const found = new Map(
        await Promise.all(
          (await readdir(to)).map(async (name) => [name, await sha256Of(join(to, name))] as const),
        ),
      );
      expect(found).toEqual(new Map(planted.map((file) => [file.name, file.sha256])));
      expect(watch.partial).toEqual([]);
      const rows = await product.store.db.tlsNegotiation.findMany({ where: { runId: run.id } });
      const seen = (
        list: { channel: string; protocol: string | null; cipher: string | null; resumed: boolean }[],
      ) => list.map((row) => `${row.channel} ${row.protocol} ${row.cipher} ${row.resumed}`).sort();
      expect(seen(rows)).toEqual(seen(sim.handshakes));

      const again = await product.run(route);
      expect(again.state).toBe('delivered');
      expect(
        again.transfers.every(
          (transfer) => transfer.state === 'suppressed' && transfer.suppressedById !== null,
        ),
      ).toBe(true);
      expect(again.transfers.length).toBe(planted.length);
    },
  );
});

it('records what a person needs to know of an attempt', async () => {
  await start('explicit');
  await writeFile(join(product.home, 'local/outbox/a.csv'), 'hello');
  const run = await product.run('push');
  const transfer = await product.store.db.transfer.findFirstOrThrow({
    where: { runId: run.id },
    include: { attempts: true },
  });
  expect(transfer).toMatchObject({
    state: 'delivered',
    sizeBytes: 5n,
    assurance: 'size',
    destinationPath: '/in/a.csv',
  });
  expect(transfer.attempts).toHaveLength(1);
  expect(transfer.attempts[0]!.transcript).not.toBeNull();
  expect((await readFile(join(product.home, 'partner/in/a.csv'))).toString()).toBe('hello');
  const events = await product.store.db.auditEvent.findMany({
    where: { transferId: transfer.id },
    orderBy: { id: 'asc' },
  });
  expect(events.map((event) => event.action)).toEqual([
    'transfer.claimed',
    'transfer.streaming',
    'transfer.verifying',
    'transfer.publish_intended',
    'transfer.published',
    'transfer.delivered',
  ]);
});
