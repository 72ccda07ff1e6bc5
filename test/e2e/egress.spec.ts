import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../support/builders.ts';
import { type FinishedRun, type Product, startProduct } from '../support/product.ts';
import { makeReady, WaybillProcess } from '../support/waybill-process.ts';

/** A `waybill worker` as it is installed, and a partner on its own machine. */
let product: Product;
let sim: PartnerSim;
let worker: WaybillProcess;

beforeAll(() => makeReady());

beforeEach(async () => {
  product = await startProduct({ workers: 0, sweepMs: 300 });
  for (const folder of ['partner/out', 'local/inbox'])
    await mkdir(join(product.home, folder), { recursive: true });
  await writeFile(join(product.home, 'partner/out/a.csv'), 'a');
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
        { retry: { maxAttempts: 1, firstDelayMs: 100, factor: 1, maxDelayMs: 100, jitter: 0 } },
      ),
    ],
  );
});

afterEach(async () => {
  worker.kill();
  await product.close();
  await sim.close();
});

function runWith(environment: Record<string, string>): Promise<FinishedRun> {
  worker = new WaybillProcess(['worker'], {
    WAYBILL_HOME: join(product.home, 'waybill'),
    WAYBILL_KEY_FILE: join(product.home, 'installation.key'),
    DATABASE_URL: product.database.appUrl,
    PARTNER_PASSWORD: sim.password,
    ...environment,
  });
  return product.run('pull');
}

it('as it is installed, a worker does not connect to its own machine', async () => {
  expect(await runWith({})).toMatchObject({
    state: 'failed',
    errorCode: 'egress_refused',
    errorDetail: expect.stringMatching(/localhost.*`loopback`.*WAYBILL_EGRESS_ALLOW/),
  });
  expect(sim.handshakes).toEqual([]);
  expect(sim.clearBytes().length).toBe(0);
});

it('told that loopback is allowed, it delivers', async () => {
  expect(await runWith({ WAYBILL_EGRESS_ALLOW: 'loopback' })).toMatchObject({ state: 'delivered' });
});

it('its database stays out of reach, also where loopback is allowed', async () => {
  const { port } = new URL(product.database.appUrl);
  await product.apply([anEndpointAt(sim, { port: Number(port) })], []);
  expect(await runWith({ WAYBILL_EGRESS_ALLOW: 'loopback' })).toMatchObject({
    state: 'failed',
    errorCode: 'egress_refused',
    errorDetail: expect.stringContaining('the database of this installation'),
  });
});
