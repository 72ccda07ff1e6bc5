import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadOrCreateKey } from './key-file.ts';
import { resolveSecret, resolveSecretBytes } from './resolve-secret.ts';

import { SecretValue } from './secret-value.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-secrets-'));
});
afterAll(() => rm(folder, { recursive: true }));

const value = randomBytes(12).toString('base64');

describe('SecretValue', () => {
  it('prints as [secret] everywhere but in reveal', () => {
    const secret = new SecretValue(value);
    expect([String(secret), JSON.stringify({ secret }), inspect(secret), `${secret}`].join()).not.toContain(
      value,
    );
    expect(secret.reveal()).toBe(value);
  });
});

describe('a key of its own file', () => {
  it('makes one key file of mode 0600 even when many start at once', async () => {
    const path = join(folder, 'keys/secret.key');
    const keys = await Promise.all(
      Array.from({ length: 20 }, () => loadOrCreateKey(path, { mayCreate: true })),
    );
    expect(new Set(keys.map((each) => each.toString('hex'))).size).toBe(1);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await readdir(join(folder, 'keys'))).toEqual(['secret.key']);
  });

  it('reads a key that lies where nothing can be written', async () => {
    const path = join(folder, 'mounted.key');
    await writeFile(path, `${randomBytes(32).toString('base64')}\n`, { mode: 0o400 });
    // A folder like a mounted secret's: the file can be read, and nothing can be made beside it, not even by root.
    await using file = await open(path);
    await expect(loadOrCreateKey(`/dev/fd/${file.fd}`, { mayCreate: true })).resolves.toHaveLength(32);
  });

  it('does not replace a damaged key file', async () => {
    const path = join(folder, 'damaged.key');
    await writeFile(path, 'short', { mode: 0o600 });
    await expect(loadOrCreateKey(path, { mayCreate: true })).rejects.toThrow('does not hold a 256-bit key');
  });
});

describe('resolveSecret', () => {
  const sources = {
    environment: (name: string) => (name === 'PASSWORD' ? value : undefined),
    named: async (name: string) => {
      if (name === 'broken') throw new Error('bad decrypt');
      return name === 'acme' ? new SecretValue(value) : undefined;
    },
  };

  it('reads from environment, file and store', async () => {
    const file = join(folder, 'password');
    await writeFile(file, `${value}\n`);
    for (const ref of [{ env: 'PASSWORD' }, { file }, { secret: 'acme' }]) {
      expect((await resolveSecret(ref, sources)).reveal()).toBe(value);
    }
  });

  it.each([
    [{ env: 'NOPE' }, 'NOPE'],
    [{ file: '/nowhere' }, '/nowhere'],
    [{ secret: 'nope' }, 'nope'],
    [{ secret: 'broken' }, 'broken'],
  ])('names the reference %j that leads nowhere', async (ref, named) => {
    await expect(resolveSecret(ref, sources)).rejects.toMatchObject({
      code: 'secret_unavailable',
      detail: expect.stringContaining(named),
    });
  });
});

describe('resolveSecretBytes', () => {
  const raw = randomBytes(64);
  const encoded = raw.toString('base64');
  const broken = encoded.slice(1);
  const sources = {
    environment: (name: string) => ({ P12: encoded, EMPTY: '', BROKEN: broken })[name],
    named: async (name: string) =>
      name === 'p12' ? new SecretValue(`${encoded.slice(0, 40)}\n${encoded.slice(40)}\n`) : undefined,
  };

  it('takes a file as it is, and base64 from environment and store', async () => {
    const file = join(folder, 'client.p12');
    await writeFile(file, Buffer.concat([raw, Buffer.from('\n')]));
    const fromFile = await resolveSecretBytes({ file }, sources);
    expect(fromFile.reveal()).toEqual(Buffer.concat([raw, Buffer.from('\n')]));
    for (const ref of [{ env: 'P12' }, { secret: 'p12' }])
      expect((await resolveSecretBytes(ref, sources)).reveal()).toEqual(raw);
    expect(inspect(fromFile)).toBe('[secret]');
  });

  it.each([
    [{ env: 'EMPTY' }, 'environment variable EMPTY does not hold base64'],
    [{ env: 'BROKEN' }, 'environment variable BROKEN does not hold base64'],
    [{ env: 'NOPE' }, 'environment variable NOPE is not there'],
    [{ secret: 'nope' }, 'secret "nope" is not there'],
    [{ file: '/nowhere.p12' }, 'The file /nowhere.p12 cannot be read (ENOENT)'],
  ])('names the reference %j that gives no bytes, and nothing of it', async (ref, said) => {
    const refusal = resolveSecretBytes(ref, sources);
    await expect(refusal).rejects.toMatchObject({
      code: 'secret_unavailable',
      detail: expect.stringContaining(said),
    });
    await expect(refusal).rejects.not.toMatchObject({ message: expect.stringContaining(broken) });
  });
});
