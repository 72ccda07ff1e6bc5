import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';

import { type PartnerSim, startPartnerSim } from '#apps/partner-sim';
import { prepareSealingKey } from '#apps/worker';
import { doorbellOf } from '#audit';
import { storeSecret } from '#configuration';
import { Keyring, VaultTransit } from '#secrets';
import { VaultFake } from '#secrets/testing';
import { aLocalEndpoint, anEndpointAt, aRoute } from '../support/builders.ts';
import { type Product, startProduct } from '../support/product.ts';
import { makeReady, WaybillProcess } from '../support/waybill-process.ts';

/** What `waybill worker` and `waybill scheduler` show of themselves, asked as a monitoring system asks. */
const ADMIN = { kind: 'user', name: 'admin' } as const;

let product: Product;
let sim: PartnerSim;
let vault: VaultFake;
const processes: WaybillProcess[] = [];

beforeAll(() => makeReady());

beforeEach(async () => {
  const password = randomBytes(12).toString('hex');
  vault = await VaultFake.start();
  product = await startProduct({ workers: 0, schedulers: 0 });
  const keys = new VaultTransit({
    address: vault.address,
    mount: 'transit',
    key: 'waybill',
    token: async () => vault.token,
    timeoutMs: 1_000,
  });
  await prepareSealingKey(product.store, new Keyring({ keys }), ADMIN);
  await storeSecret(product.store, ADMIN, 'acme-password', password);
  for (const folder of ['partner/out', 'local/inbox'])
    await mkdir(join(product.home, folder), { recursive: true });
  for (const name of ['a.csv', 'b.csv'])
    await writeFile(join(product.home, 'partner/out', name), 'x'.repeat(1_000));
  sim = await startPartnerSim({ root: join(product.home, 'partner'), username: 'waybill', password });
  await product.apply(
    [
      anEndpointAt(sim, { password: { secret: 'acme-password' } }),
      aLocalEndpoint('local', join(product.home, 'local')),
    ],
    [aRoute('pull', { endpoint: 'partner', path: '/out' }, { endpoint: 'local', path: '/inbox' })],
  );
});

afterEach(async () => {
  for (const one of processes.splice(0)) one.kill();
  await product.close();
  await sim.close();
  await vault.down();
});

/** Its address, once it serves. */
async function startProcess(kind: 'worker' | 'scheduler') {
  const one = new WaybillProcess([kind], {
    WAYBILL_HOME: join(product.home, 'waybill'),
    DATABASE_URL: product.database.appUrl,
    WAYBILL_METRICS_PORT: '0',
    WAYBILL_SWEEP_MS: '500',
    WAYBILL_EGRESS_ALLOW: 'public,private,loopback',
    ...(kind === 'worker' && {
      WAYBILL_KEYS: 'vault',
      VAULT_ADDR: vault.address,
      VAULT_TOKEN: vault.token,
      WAYBILL_VAULT_KEY: 'waybill',
      WAYBILL_VAULT_TIMEOUT_MS: '1000',
    }),
  });
  processes.push(one);
  let url = '';
  await vi.waitFor(
    () => {
      const line = one.complaints.find((text) => text.includes('metrics and health are served'));
      expect(line, one.complaints.join('\n')).toBeDefined();
      url = (JSON.parse(line!) as { url: string }).url;
    },
    { timeout: 20_000, interval: 50 },
  );
  return { one, url };
}

const metricsOf = async (url: string) => (await fetch(`${url}/metrics`)).text();
async function healthOf(url: string) {
  const response = await fetch(`${url}/health/ready`);
  const body = (await response.json()) as {
    status: string;
    checks: Record<string, { ok: boolean; reason?: string }>;
  };
  return { code: response.status, ...body };
}
const holds = (check: () => Promise<void>) => vi.waitFor(check, { timeout: 30_000, interval: 100 });

it('a worker without the keys says so, opens an incident and takes nothing amiss; with them it counts what it moves', async () => {
  await vault.down();
  const { one, url } = await startProcess('worker');
  await holds(async () => expect(await metricsOf(url)).toContain('waybill_keys_away 1'));
  const degraded = await healthOf(url);
  expect(degraded).toMatchObject({
    code: 200,
    status: 'degraded',
    checks: { database: { ok: true }, queue: { ok: true } },
  });
  expect(degraded.checks['keys']).toMatchObject({
    ok: false,
    reason: expect.stringMatching(/^The keys are in Vault at /),
  });
  const incidents = () => product.store.db.incident.findMany();
  // It counts before it writes.
  await holds(async () =>
    expect(await incidents()).toMatchObject([
      { kind: 'keys_unavailable', state: 'open', summary: expect.stringContaining('cannot be reached') },
    ]),
  );
  const { run } = await product.recorder.createRun({
    routeName: 'pull',
    trigger: 'operator',
    requestedBy: ADMIN,
  });
  await product.queue.ring(doorbellOf(run));
  await holds(async () =>
    expect(await product.store.db.run.findUnique({ where: { id: run.id } })).toMatchObject({
      state: 'queued',
      errorCode: 'secret_unavailable',
    }),
  );
  await vault.up();
  await holds(async () => expect(await metricsOf(url)).toContain('waybill_keys_away 0'));
  expect((await healthOf(url)).checks['keys']).toEqual({ ok: true });
  // As if nobody had missed them for a minute.
  const [incident] = await incidents();
  const lastSeenAt = new Date(incident!.lastSeenAt.getTime() - 60_000);
  await product.store.db.incident.update({ where: { id: incident!.id }, data: { lastSeenAt } });
  await product.store.db.run.update({ where: { id: run.id }, data: { notBefore: new Date(0) } });
  await product.queue.ring(doorbellOf(run));
  expect((await product.finished(run.id)).state).toBe('delivered');
  const text = await metricsOf(url);
  expect(text).toContain('waybill_attempts_total{outcome="delivered"} 2');
  expect(text).toContain('waybill_moved_bytes_total 2000');
  expect(text).toMatch(/waybill_tls_handshakes_total\{channel="data",.*verdict="accepted"/);
  for (const phase of ['list', 'stream', 'publish'])
    expect(text, phase).toMatch(new RegExp(`waybill_phase_seconds_count\\{phase="${phase}"\\} [12]\\n`));
  // What others know, it does not say: no series is there twice.
  expect(text).not.toContain('waybill_runs_total');
  const health = await healthOf(url);
  expect(health, JSON.stringify(health)).toMatchObject({ code: 200, status: 'ready' });
  await holds(async () =>
    expect(await incidents()).toMatchObject([
      { id: incident!.id, state: 'resolved', resolution: 'Secrets can be opened again.' },
    ]),
  );
  process.kill(one.pid, 'SIGTERM');
  expect(await one.exit()).toBe(0);
  await expect(fetch(`${url}/health/live`)).rejects.toThrow();
});

it('a scheduler counts its ticks, its doorbells and what it throws away, and says what stands still', async () => {
  const { db } = product.store;
  await db.probe.create({
    data: {
      endpoint: 'gone',
      requestedBy: 'x',
      state: 'done',
      finishedAt: new Date(Date.now() - 91 * 86_400_000),
    },
  });
  const { run } = await product.recorder.createRun({
    routeName: 'pull',
    trigger: 'operator',
    requestedBy: ADMIN,
  });
  const longAgo = new Date(Date.now() - 600_000);
  await db.run.update({ where: { id: run.id }, data: { createdAt: longAgo, notBefore: longAgo } });
  const { one, url } = await startProcess('scheduler');
  await holds(async () => {
    const text = await metricsOf(url);
    expect(text).toMatch(/waybill_ticks_total [1-9]/);
    expect(text).toMatch(/waybill_doorbells_total\{outcome="rung"\} [1-9]/);
    expect(text).toContain('waybill_thrown_away_total{what="probe"} 1');
  });
  expect(await db.probe.count()).toBe(0);
  const health = await healthOf(url);
  expect(health).toMatchObject({ code: 200, status: 'degraded', checks: { scheduler: { ok: true } } });
  expect(health.checks['runs']!.reason).toMatch(/^the oldest run waits for 60\d s; is a worker running/);
  expect(health.checks['keys']).toEqual({ ok: true });
  expect(await (await fetch(`${url}/health/live`)).json()).toEqual({ status: 'live' });
  for (const path of ['/', '/metrics?x=1', '/api/v1/runs'])
    expect((await fetch(`${url}${path}`)).status).toBe(404);
  process.kill(one.pid, 'SIGTERM');
  expect(await one.exit()).toBe(0);
});
