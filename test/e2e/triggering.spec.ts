import { randomBytes } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import { doorbellOf, type RunRequest } from '#audit';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../support/builders.ts';
import { type FinishedRun, type Product, startProduct } from '../support/product.ts';

/** What a program may say of a run when it asks for it, as far as the partner's server. */

let product: Product;
let sim: PartnerSim;

const daily = aRoute(
  'daily',
  { endpoint: 'partner', path: '/out/{param.day}' },
  { endpoint: 'local', path: '/inbox/{param.day}' },
  {
    parameters: { day: { pattern: String.raw`\d{8}|[*]`, default: '20261120' }, kind: { pattern: '.*' } },
    source: { select: ['{param.kind}-*.csv'] },
    destination: { name: '{param.kind}-of-{param.day}-{stem}{extension}' },
  },
);
const plain = aRoute('plain', { endpoint: 'partner', path: '/out' }, { endpoint: 'local', path: '/plain' });

beforeAll(async () => {
  const password = randomBytes(12).toString('base64url');
  product = await startProduct({ secrets: { PARTNER_PASSWORD: password } });
  const root = join(product.home, 'partner');
  for (const folder of ['partner/out/20261120', 'partner/out/20261121', 'local'])
    await mkdir(join(product.home, folder), { recursive: true });
  sim = await startPartnerSim({ root, username: 'waybill', password });
  await product.apply(
    [anEndpointAt(sim), aLocalEndpoint('local', join(product.home, 'local'))],
    [daily, plain],
  );
});
afterAll(async () => {
  await product?.close();
  await sim?.close();
});

const plant = (path: string) => writeFile(join(product.home, 'partner/out', path), path);
const local = (folder: string) => readdir(join(product.home, 'local', folder)).then((names) => names.sort());

async function run(request: Pick<RunRequest, 'routeName' | 'parameters' | 'files'>): Promise<FinishedRun> {
  const requestedBy = { kind: 'user', name: 'test' } as const;
  const made = await product.recorder.createRun({ ...request, trigger: 'api', requestedBy });
  await product.queue.ring(doorbellOf(made.run));
  return product.finished(made.run.id);
}

describe('a run with parameters', () => {
  it('moves what they name, to where they name', async () => {
    for (const file of ['20261120/orders-1.csv', '20261121/orders-2.csv', '20261121/prices-3.csv'])
      await plant(file);
    const done = await run({ routeName: 'daily', parameters: { day: '20261121', kind: 'orders' } });
    expect(done).toMatchObject({ state: 'delivered', transfers: [{ state: 'delivered' }] });
    expect(await local('inbox/20261121')).toEqual(['orders-of-20261121-orders-2.csv']);
    const usual = await run({ routeName: 'daily', parameters: { kind: 'orders' } });
    expect(usual.transfers.map(({ sourcePath }) => sourcePath)).toEqual(['/out/20261120/orders-1.csv']);
  });

  it('selects nothing more by a value that looks like a pattern', async () => {
    const done = await run({ routeName: 'daily', parameters: { day: '20261121', kind: '*' } });
    expect(done).toMatchObject({ state: 'delivered', transfers: [] });
    const folder = await run({ routeName: 'daily', parameters: { day: '*', kind: 'orders' } });
    expect(folder).toMatchObject({ state: 'failed', errorCode: 'path_not_found', transfers: [] });
  });

  it('moves nothing when its route has been changed so that it no longer takes them', async () => {
    const requestedBy = { kind: 'user', name: 'test' } as const;
    const parameters = { day: '20261121', kind: 'prices' };
    const request = { routeName: 'daily', trigger: 'api', requestedBy, parameters } as const;
    await product.recorder.pause({ object: 'route', name: 'daily' }, requestedBy, 'test');
    const { run: made } = await product.recorder.createRun(request);
    await product.apply([], [{ ...daily, parameters: { ...daily.parameters, kind: { pattern: 'orders' } } }]);
    for (const waiting of (await product.recorder.resume(
      { object: 'route', name: 'daily' },
      requestedBy,
      'test',
    )) ?? [])
      await product.queue.ring(doorbellOf(waiting));
    const done = await product.finished(made.id);
    await product.apply([], [daily]);
    expect(done).toMatchObject({ state: 'failed', errorCode: 'invalid_configuration', transfers: [] });
    expect(done.errorDetail).toContain('kind does not match orders');
  });
});

describe('a run of named files', () => {
  it('moves these and no others, and says of each that is not there', async () => {
    for (const file of ['a.csv', 'b.csv', 'c.csv']) await plant(file);
    const done = await run({ routeName: 'plain', files: ['b.csv', 'gone.csv'] });
    expect(done.state).toBe('partly_delivered');
    expect(
      done.transfers.map(({ sourcePath, state, errorCode }) => [sourcePath, state, errorCode]).sort(),
    ).toEqual([
      ['/out/b.csv', 'delivered', null],
      ['/out/gone.csv', 'failed', 'source_gone'],
    ]);
    expect(await local('plain')).toEqual(['b.csv']);
  });

  it('is taken up by a rerun with the names that were not delivered', async () => {
    const first = await run({ routeName: 'plain', files: ['a.csv', 'late.csv'] });
    expect(first.state).toBe('partly_delivered');
    await plant('late.csv');
    const again = await product.recorder.rerunRun({
      runId: first.id,
      requestedBy: { kind: 'user', name: 'test' },
    });
    await product.queue.ring(doorbellOf(again!.run));
    const done = await product.finished(again!.run.id);
    expect(done).toMatchObject({ state: 'delivered', transfers: [{ sourcePath: '/out/late.csv' }] });
    expect(await local('plain')).toEqual(['a.csv', 'b.csv', 'late.csv']);
  });

  it('has failed when none of them is there', async () => {
    const done = await run({ routeName: 'plain', files: ['nothing.csv'] });
    expect(done).toMatchObject({ state: 'failed', transfers: [{ errorCode: 'source_gone' }] });
  });
});
