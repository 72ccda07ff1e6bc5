import { mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { aLocalEndpoint, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
afterEach(() => product.close());

it('a file that is given up leaves no temporary file, of its earlier attempts neither', async () => {
  product = await startProduct({ workers: 0, schedulers: 0 });
  for (const folder of ['out', 'in']) await mkdir(join(product.home, folder));
  await product.apply(
    [aLocalEndpoint('here', product.home)],
    [aRoute('move', { endpoint: 'here', path: '/out' }, { endpoint: 'here', path: '/in' })],
  );
  await writeFile(join(product.home, 'out/a.csv'), 'bytes');
  const { run } = await product.recorder.createRun({
    routeName: 'move',
    trigger: 'operator',
    requestedBy: { kind: 'user', name: 'test' },
  });
  const planning = await product.recorder.claimPlanning(run.id, 'doomed', 30_000);
  const { mtimeNs } = await stat(join(product.home, 'out/a.csv'), { bigint: true });
  const version = { path: '/out/a.csv', sizeBytes: 5n, modified: String(mtimeNs) };
  await product.recorder.recordPlan(planning!, [{ version, destinationPath: '/in/a.csv' }], []);
  // A worker that died in the middle of it.
  const doomed = await product.recorder.claimTransfer(run.id, 'doomed', 30_000);
  const temporaryPath = `/in/.waybill-${doomed!.claim.transferId}-1.part`;
  await product.recorder.recordFact(doomed!.claim, {
    kind: 'streaming',
    temporaryPath,
    destinationPath: '/in/a.csv',
    resumedAtBytes: 0n,
  });
  await writeFile(join(product.home, temporaryPath), 'by');
  await product.store.db.transfer.updateMany({ data: { leaseUntil: new Date(0) } });
  // Refused for good before it writes anything itself.
  await writeFile(join(product.home, 'in/a.csv'), 'of somebody else');
  product.addWorker();
  await product.queue.ring({ runId: run.id, lane: 0 });
  expect(await product.finished(run.id)).toMatchObject({ state: 'failed' });
  await expect.poll(() => readdir(join(product.home, 'in'))).toEqual(['a.csv']);
});
