import { rmSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import type { TransferDecision } from '#domain';
import { aLocalEndpoint, anFtpsEndpoint, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';

/** The partner confirms the rename, and the file is nowhere to be seen; a person decides, the product finishes it. */

const ADA = { kind: 'user', name: 'Ada' } as const;
const PASSWORD = 'correct horse';

let product: Product;
let sim: PartnerSim;

beforeEach(async () => {
  product = await startProduct({ secrets: { PARTNER_PASSWORD: PASSWORD } });
  for (const folder of ['partner/in', 'local/outbox'])
    await mkdir(join(product.home, folder), { recursive: true });
  await writeFile(join(product.home, 'local/outbox/a.csv'), 'content');
  sim = await startPartnerSim({
    root: join(product.home, 'partner'),
    username: 'waybill',
    password: PASSWORD,
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
        'push',
        { endpoint: 'local', path: '/outbox' },
        { endpoint: 'partner', path: '/in' },
        { afterDelivery: { source: 'archive', to: '/sent' } },
      ),
    ],
  );
});

afterEach(async () => {
  await product.close();
  await sim.close();
});

const filesAt = async (folder: string) => (await readdir(join(product.home, folder))).toSorted();

async function heldInDoubt() {
  sim.faults.answer = (_, { verb }) => {
    if (verb === 'RNTO') rmSync(join(sim.root, 'in/a.csv'));
    return undefined;
  };
  const run = await product.run('push');
  delete sim.faults.answer;
  expect(run).toMatchObject({ state: 'held', transfers: [{ errorCode: 'delivery_in_doubt' }] });
  expect(await product.store.db.incident.findMany()).toMatchObject([
    { kind: 'transfer_in_doubt', state: 'open', transferId: run.transfers[0]!.id },
  ]);
  expect(await filesAt('local/outbox')).toEqual(['a.csv']);
  return { runId: run.id, transferId: run.transfers[0]!.id };
}

async function decide(transferId: string, decision: TransferDecision) {
  const resolved = await product.recorder.resolveTransfer(transferId, ADA, { decision, reason: 'looked' });
  if (resolved?.ring) await product.queue.ring({ runId: resolved.ring.id, lane: 0 });
}

test('decided `resend`: it goes again, is delivered once, and only then leaves the source', async () => {
  const { runId, transferId } = await heldInDoubt();
  await decide(transferId, 'resend');
  expect(await product.finished(runId)).toMatchObject({
    state: 'delivered',
    transfers: [{ id: transferId, state: 'delivered', attemptCount: 2 }],
  });
  expect(await filesAt('partner/in')).toEqual(['a.csv']);
  expect(await readFile(join(product.home, 'partner/in/a.csv'), 'utf8')).toBe('content');
  expect(await filesAt('local/outbox')).toEqual([]);
  expect(await filesAt('local/sent')).toEqual(['a.csv']);
  expect(await product.store.db.incident.findMany()).toMatchObject([
    { state: 'resolved', resolvedBy: 'Ada', resolution: 'resend: looked' },
  ]);
});

test('decided `delivered`: no byte goes again, the source is archived', async () => {
  const { runId, transferId } = await heldInDoubt();
  await decide(transferId, 'delivered');
  expect((await product.finished(runId)).state).toBe('delivered');
  expect(await filesAt('local/sent')).toEqual(['a.csv']);
  const uploads = await product.store.db.tlsNegotiation.count({ where: { command: 'STOR' } });
  expect(uploads).toBe(1);
});

test('decided `give_up`: the source stays, and the next run that lists it delivers it', async () => {
  const { runId, transferId } = await heldInDoubt();
  await decide(transferId, 'give_up');
  expect((await product.finished(runId)).state).toBe('failed');
  expect(await filesAt('local/outbox')).toEqual(['a.csv']);
  expect((await product.run('push')).state).toBe('delivered');
  expect(await filesAt('partner/in')).toContain('a.csv');
});

test('while it is held, no other run of the route touches the file', async () => {
  const { transferId } = await heldInDoubt();
  expect(await product.run('push')).toMatchObject({
    state: 'delivered',
    transfers: [{ state: 'suppressed', suppressedById: transferId }],
  });
  expect(await filesAt('local/outbox')).toEqual(['a.csv']);
});
