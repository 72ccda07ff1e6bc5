import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { secretSources } from '#apps/worker';
import { readConfig } from '#config';
import { VaultFake } from '#secrets/testing';
import { openStore, type Store } from '#store';
import { startTestDatabase, type TestDatabase } from '#store/testing';
import { sayToCommandLine } from '../../testing/say-to-command-line.ts';
import { openKeyring } from '../open-keys.ts';

let database: TestDatabase;
let store: Store;
let folder: string;
let vault: VaultFake;
beforeAll(async () => {
  database = await startTestDatabase();
  store = await openStore({ url: database.appUrl });
  folder = await mkdtemp(join(tmpdir(), 'waybill-secret-commands-'));
  vault = await VaultFake.start();
});
afterAll(async () => {
  await store.close();
  await database.stop();
  await vault.down();
  await rm(folder, { recursive: true });
});
beforeEach(() => {
  vi.stubEnv('DATABASE_URL', database.appUrl);
});
afterEach(() => {
  vi.unstubAllEnvs();
});

const ENVIRONMENT_KEY = randomBytes(32).toString('base64');
const value = `s3cr€t ${randomBytes(9).toString('hex')}`;
/** Where the key lies, and another machine. */
const worker = () => vi.stubEnv('WAYBILL_HOME', join(folder, 'worker'));
const elsewhere = () => vi.stubEnv('WAYBILL_HOME', join(folder, 'elsewhere'));
const inVault = () => {
  vi.stubEnv('WAYBILL_KEYS', 'vault');
  vi.stubEnv('VAULT_ADDR', vault.address);
  vi.stubEnv('WAYBILL_VAULT_KEY', 'waybill');
  vi.stubEnv('VAULT_TOKEN', vault.token);
};

async function waybill(...args: string[]) {
  return sayToCommandLine(['secret', ...args]);
}

async function set(name: string, text: string, ...options: string[]) {
  const stdin = Object.getOwnPropertyDescriptor(process, 'stdin')!;
  Object.defineProperty(process, 'stdin', { configurable: true, value: Readable.from([`${text}\n`]) });
  try {
    return await waybill('set', name, ...options);
  } finally {
    Object.defineProperty(process, 'stdin', stdin);
  }
}

/** As a worker with the present environment would. */
async function opened(name: string): Promise<string | undefined> {
  const keyring = await openKeyring(readConfig(), store);
  return (await secretSources(store, keyring, () => undefined).named(name))?.reveal();
}

const states = async () =>
  (
    (await waybill('keys', '--json')).json as { state: string; wrappedBy: string | null; secrets: number }[]
  ).map(({ state, wrappedBy, secrets }) => `${state} ${wrappedBy?.split(':')[0] ?? '-'} ${secrets}`);

describe('waybill secret', () => {
  it('set makes the key of a new installation, and later needs none: another machine seals without it', async () => {
    worker();
    expect(await set('acme', value)).toMatchObject({ code: 0, said: 'secret acme stored (version 1)' });
    expect((await stat(join(folder, 'worker/secrets.key'))).mode & 0o777).toBe(0o600);
    elsewhere();
    expect(await set('globex', value)).toMatchObject({ code: 0 });
    await expect(readdir(join(folder, 'elsewhere'))).rejects.toThrow('ENOENT');
    worker();
    expect([await opened('acme'), await opened('globex')]).toEqual([value, value]);
  });

  it('does nothing with keys on a machine that has none, and makes none there', async () => {
    elsewhere();
    for (const command of ['rotate', 'rewrap'])
      expect(await waybill(command)).toMatchObject({
        code: 2,
        said: expect.stringMatching(
          /secrets\.key is not there, and the database holds what its key has sealed/,
        ),
      });
    await expect(readdir(join(folder, 'elsewhere'))).rejects.toThrow('ENOENT');
  });

  it('list, rotate, rewrap and keys tell how far it is, and never a value', async () => {
    worker();
    expect((await waybill('list')).said).toMatch(/^acme +version 1 +set \S+Z\nglobex +version 1 /);
    expect((await waybill('rotate')).said).toContain('secrets under older keys: 2; they stay readable');
    expect(await states()).toEqual(['current file 0', 'old file 2']);
    expect(await opened('acme')).toBe(value);
    const { said, code } = await waybill('rewrap');
    expect(code).toBe(0);
    expect(said).toMatch(
      /sealed anew to sk-\w+: 2\nsecrets under older keys: 0\nretired sk-\w+\nretired file:\w+$/,
    );
    expect(await states()).toEqual(['current file 2', 'retired - 0']);
    expect(await opened('acme')).toBe(value);
  });

  it('rotate and rewrap end with 1 while somebody else is at the keys, and say so', async () => {
    worker();
    const before = await states();
    await store.workAlone('key_rotation', async () => {
      for (const command of ['rotate', 'rewrap'])
        expect(await waybill(command)).toEqual({
          code: 1,
          said: expect.stringMatching(/^waybill: Another `waybill secret rotate` or `rewrap` is under way;/),
          json: undefined,
        });
      return {};
    });
    expect(await states()).toEqual(before);
  });

  it('moves to keys in the environment, and from there to Vault', async () => {
    worker();
    vi.stubEnv('WAYBILL_KEY', ENVIRONMENT_KEY);
    vi.stubEnv('WAYBILL_KEYS', 'environment');
    expect(await waybill('rotate')).toMatchObject({ code: 0 });
    // The old place still opens what it has wrapped.
    expect(await opened('acme')).toBe(value);
    expect(await waybill('rewrap')).toMatchObject({ code: 0 });
    await rm(join(folder, 'worker/secrets.key'));
    expect(await opened('acme')).toBe(value);
    // The same key is no new one.
    expect(await waybill('rotate')).toMatchObject({
      code: 2,
      said: expect.stringContaining('WAYBILL_KEY: add a key'),
    });
    inVault();
    expect(await waybill('rotate')).toMatchObject({
      code: 0,
      said: expect.stringContaining('vault:transit/waybill:v1'),
    });
    expect(await waybill('rewrap')).toMatchObject({ code: 0 });
    vi.stubEnv('WAYBILL_KEY', undefined);
    expect(await opened('acme')).toBe(value);
    expect((await waybill('rotate')).said).toContain('vault:transit/waybill:v2');
    expect((await waybill('rewrap')).said).toContain('secrets under older keys: 0');
    expect((await states())[0]).toBe('current vault 2');
  });

  it('says why when Vault is away, and changes nothing', async () => {
    worker();
    inVault();
    const before = await states();
    vault.mode = 'sealed';
    for (const command of ['rotate', 'rewrap'])
      expect(await waybill(command)).toMatchObject({
        code: 1,
        said: expect.stringMatching(/Vault is sealed/),
      });
    // The public key is enough to seal.
    expect(await set('globex', 'other')).toMatchObject({ code: 0 });
    vault.mode = 'up';
    expect(await states()).toEqual(before);
    expect(await opened('globex')).toBe('other');
  });

  it.each<[Record<string, string>, RegExp]>([
    [
      { WAYBILL_KEYS: 'vault' },
      /^waybill: VAULT_ADDR: needed for keys in Vault\nwaybill: WAYBILL_VAULT_KEY: /,
    ],
    [
      { WAYBILL_KEYS: 'vault', VAULT_ADDR: 'http://vault.example:8200', WAYBILL_VAULT_KEY: 'k' },
      /VAULT_ADDR: must be/,
    ],
    [{ WAYBILL_KEYS: 'environment' }, /WAYBILL_KEY: needed with WAYBILL_KEYS=environment/],
    [{ WAYBILL_KEYS: 'environment', WAYBILL_KEY: 'c2hvcnQ=' }, /WAYBILL_KEY: key 1 is not a 256-bit key/],
    [{ WAYBILL_KEYS: 'drawer' }, /WAYBILL_KEYS/],
  ])('refuses %o', async (environment, said) => {
    worker();
    for (const [name, text] of Object.entries(environment)) vi.stubEnv(name, text);
    expect(await waybill('rotate')).toMatchObject({ code: 2, said: expect.stringMatching(said) });
  });

  it("set makes it a partner's, or everybody's again", async () => {
    worker();
    inVault();
    await store.db.partner.create({ data: { name: 'globex' } });
    expect(await set('globex', 'g', '--partner', 'globex')).toMatchObject({ code: 0 });
    expect((await waybill('list')).said).toMatch(/^globex .* of globex$/m);
    expect(await set('globex', 'h')).toMatchObject({ code: 0 });
    expect((await waybill('list')).said).toMatch(/^globex .* of globex$/m);
    expect(await set('globex', 'x', '--partner', 'nobody')).toMatchObject({
      code: 2,
      said: 'waybill: partner: there is no such partner',
    });
    expect(await set('globex', 'x', '--partner', 'globex', '--any-partner')).toMatchObject({ code: 2 });
    expect(await set('globex', 'i', '--any-partner')).toMatchObject({ code: 0 });
    expect((await waybill('list')).said).not.toContain('of globex');
    expect(await waybill('assign', 'globex', '--partner', 'globex')).toMatchObject({
      code: 0,
      said: 'secret globex serves endpoints of globex',
    });
    expect(await waybill('assign', 'globex')).toMatchObject({ code: 2 });
    expect(await waybill('assign', 'no-such', '--any-partner')).toMatchObject({
      code: 2,
      said: 'waybill: There is no secret "no-such".',
    });
    expect(await waybill('assign', 'globex', '--any-partner')).toMatchObject({ code: 0 });
    expect(await opened('globex')).toBe('i');
  });

  it('set and delete wait where four eyes are the policy, and no script takes it for done', async () => {
    worker();
    inVault();
    vi.stubEnv('WAYBILL_FOUR_EYES', 'on');
    expect(await set('globex', 'late')).toMatchObject({
      code: 1,
      said: expect.stringMatching(
        /nothing was changed; another admin has to approve \S+ first \(change the secret "globex"\)/,
      ),
    });
    expect(await waybill('delete', 'globex', '--json')).toMatchObject({
      code: 1,
      json: { approval: { state: 'pending', summary: 'delete the secret "globex"' } },
    });
    expect(await opened('globex')).toBe('i');
  });

  it('delete ends one that nothing refers to', async () => {
    worker();
    expect(await waybill('delete', 'globex')).toMatchObject({ code: 0, said: 'secret globex deleted' });
    expect(await waybill('delete', 'globex')).toMatchObject({ code: 2 });
  });
});
