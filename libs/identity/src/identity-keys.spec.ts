import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { KeyFileProblem } from '#secrets';
import { ADMIN, type IdentityBench, openIdentityBench } from '../testing/index.ts';
import { createApiKey, loadIdentityKeys, revokeApiKey } from './index.ts';

let bench: IdentityBench;
let home: string;
beforeAll(async () => {
  bench = await openIdentityBench();
  home = await mkdtemp(join(bench.home, 'another-'));
});
afterAll(() => bench.close());

describe('api.key', () => {
  it('is made where nobody is known yet', async () => {
    const path = join(home, 'api.key');
    await loadIdentityKeys(home, bench.store.db);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await rm(path);
  });

  it('is not made anew where keys or people are: none of them could be let in by it', async () => {
    await createApiKey(bench.store, bench.keys, { name: 'ops', role: 'viewer', actor: ADMIN });
    // Also revoked: whoever restores a database shall hear what is missing.
    await revokeApiKey(bench.store, 'ops', ADMIN);
    const refusal = await loadIdentityKeys(home, bench.store.db).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(KeyFileProblem);
    expect(String(refusal)).toMatch(/api\.key is not there.*Restore it from a backup.*waybill user reset/s);
    expect(await readdir(home)).toEqual([]);
    await expect(loadIdentityKeys(bench.home, bench.store.db)).resolves.toBeDefined();
  });

  it('is refused when others may read it, unless the installation says who they are', async () => {
    const path = join(bench.home, 'api.key');
    await chmod(path, 0o640);
    await expect(loadIdentityKeys(bench.home, bench.store.db)).rejects.toThrow(KeyFileProblem);
    await expect(loadIdentityKeys(bench.home, bench.store.db, { readers: 'group' })).resolves.toBeDefined();
    await chmod(path, 0o600);
  });
});

describe('what is sealed', () => {
  const plain = randomBytes(20);

  it('opens for its owner alone, whole and unchanged', () => {
    const { seal, open } = bench.keys;
    const sealed = seal('emil', plain);
    expect(open('emil', sealed).equals(plain)).toBe(true);
    expect(Buffer.from(seal('emil', plain)).equals(sealed)).toBe(false);
    expect(() => open('dora', sealed)).toThrow();
    const changed = Uint8Array.from(sealed, (byte, index) => (index === 20 ? byte ^ 1 : byte));
    expect(() => open('emil', changed)).toThrow();
    for (const cut of [0, 12, 27, sealed.length - 1])
      expect(() => open('emil', sealed.subarray(0, cut))).toThrow();
  });

  it('by earlier releases opens too: nonce, ciphertext, tag under a key derived from api.key', async () => {
    const secret = Buffer.from(await readFile(join(bench.home, 'api.key'), 'utf8'), 'base64');
    const key = Buffer.from(hkdfSync('sha256', secret, '', 'waybill identity seal', 32));
    const nonce = randomBytes(12);
    const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from('emil'));
    const sealed = Buffer.concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    expect(bench.keys.open('emil', sealed).equals(plain)).toBe(true);
  });
});
