import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { readConfig } from '#config';
import { VaultFake } from '#secrets/testing';
import { listSealingKeys, openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { createLogger } from '#telemetry';
import { keepSealingKey, openKeyring } from './open-keys.ts';

let database: TestDatabase;
let store: Store;
let vault: VaultFake;
beforeEach(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  vault = await VaultFake.start();
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await store.close();
  await database.stop();
  await vault.down();
});

it('a worker starts while Vault is away, and makes the key pair when it is back', async () => {
  vi.stubEnv('WAYBILL_KEYS', 'vault');
  vi.stubEnv('VAULT_ADDR', vault.address);
  vi.stubEnv('WAYBILL_VAULT_KEY', 'waybill');
  vi.stubEnv('VAULT_TOKEN', vault.token);
  vault.mode = 'sealed';
  const lines: string[] = [];
  const log = createLogger({ level: 'warn', format: 'json', write: (line) => void lines.push(line) });
  await using stack = new AsyncDisposableStack();
  await keepSealingKey(store, await openKeyring(readConfig(), store), log, stack, 20);
  expect(lines.join('')).toMatch(/cannot be made now; it is tried again/);
  expect(lines.join('')).not.toContain(vault.token);
  expect(await listSealingKeys(store.db)).toEqual([]);
  vault.mode = 'up';
  await vi.waitUntil(async () => (await listSealingKeys(store.db)).length === 1, { timeout: 20_000 });
});
