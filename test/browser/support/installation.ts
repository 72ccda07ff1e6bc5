import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inject } from 'vitest';
import { type Api, createApi, readDashboard } from '#apps/api';
import { prepareSealingKey } from '#apps/worker';
import { readConfig } from '#config';
import { type Actor, ROLES, type Role } from '#domain';
import { egressOfTests } from '#egress/testing';
import { createApiKey, type IdentityKeys, loadIdentityKeys } from '#identity';
import { KeyFile, Keyring } from '#secrets';
import { createLogger, Health, Metrics } from '#telemetry';
import { openConfiguration } from '../../../apps/cli/src/apply-configuration.ts';
import { type Product, startProduct } from '../../support/product.ts';

export const TESTER: Actor = { kind: 'user', name: 'test' };

/** Everything that `waybill start` starts, in this process: what a browser finds at `url` is the real thing. */
export interface Installation {
  /** Of the page, and of the api below it. */
  readonly url: string;
  product: Product;
  /** Of whole admins and others, for asking beside the browser. */
  keys: Record<Role, string>;
  identityKeys: IdentityKeys;
  /** Whatever is put here may stand nowhere, in no table and no log, when the installation closes. */
  secrets: Record<string, string>;
  /** The port is closed and every connection with it; the rest goes on. */
  stopApi(): Promise<void>;
  /** At the same address as before. `fourEyes`: changes of what and whom we trust wait for another admin from now on. */
  startApi(options?: { fourEyes?: boolean }): Promise<void>;
  /** @throws for any answer but a good one */
  ask<Answer = unknown>(method: string, path: string, body?: unknown, role?: Role): Promise<Answer>;
  close(): Promise<void>;
}

const BOUNDLESS = { perSecond: 1e9, burst: 1e9 };

export async function startInstallation(): Promise<Installation> {
  const home = await mkdtemp(join(tmpdir(), 'waybill-installation-'));
  const secrets: Record<string, string> = {};
  const egress = egressOfTests();
  const keyring = new Keyring({ keys: await KeyFile.open(join(home, 'secrets.key'), { mayCreate: true }) });
  const product = await startProduct({ keyring, egress, secrets, workers: 0 });
  product.addWorker({ name: 'worker-1' });
  const { store } = product;
  await prepareSealingKey(store, keyring, TESTER);
  const configOf = (port: number, fourEyes: boolean) => ({
    ...readConfig({
      WAYBILL_HOME: home,
      WAYBILL_PORT: String(port),
      WAYBILL_LOCAL_ROOTS: product.home,
      WAYBILL_EGRESS_ALLOW: 'public,private,loopback',
      ...(fourEyes && { WAYBILL_FOUR_EYES: 'on' }),
    }),
    http: {
      rates: { perIdentity: BOUNDLESS, perAddress: BOUNDLESS },
      trustedProxies: [],
      publicUrl: undefined,
    },
  });
  const shown = process.env['WAYBILL_TEST_LOG'] !== undefined;
  const log = createLogger({
    level: 'info',
    format: 'line',
    write: (line) => void (shown && process.stderr.write(line)),
  });
  const health = new Health();
  health.add('database', async () => void (await store.now()));
  health.add('queue', () => product.queue.problem());
  const dashboard = await readDashboard(inject('dashboard'));
  const start = async (port: number, fourEyes: boolean): Promise<Api> => {
    const config = configOf(port, fourEyes);
    const configuration = openConfiguration(store, config, egress);
    const { recorder, queue } = product;
    const metrics = new Metrics();
    const parts = { config, store, configuration, egress, recorder, queue, log, metrics, health, dashboard };
    const started = createApi(parts);
    await started.listen();
    return started;
  };
  const identityKeys = await loadIdentityKeys(home, store.db);
  const keys = {} as Record<Role, string>;
  for (const role of ROLES)
    keys[role] = (await createApiKey(store, identityKeys, { name: `${role}-key`, role, actor: TESTER })).key;
  let api = await start(0, false);
  const { url } = api;
  return {
    url,
    product,
    keys,
    identityKeys,
    secrets,
    stopApi: () => api.close(),
    async startApi({ fourEyes = false } = {}) {
      api = await start(Number(new URL(url).port), fourEyes);
    },
    async ask<Answer>(method: string, path: string, body?: unknown, role: Role = 'admin') {
      const response = await fetch(`${url}/api/v1${path}`, {
        method,
        headers: {
          authorization: `Bearer ${keys[role]}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
      });
      const text = await response.text();
      if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
      return (text === '' ? undefined : JSON.parse(text)) as Answer;
    },
    async close() {
      await api.close();
      await product.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}
