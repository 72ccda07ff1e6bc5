import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { KeysFixed, KeysUnavailable } from './key-encryption-keys.ts';
import { Keyring } from './keyring.ts';
import { type Pkcs11Options, Pkcs11Token } from './pkcs11-token.ts';
import { sealSecret } from './sealing.ts';
import { makeSealingKey, SealBroken } from './sealing-keys.ts';

/** Debian's package softhsm2: a real module, whose token is a folder. */
const SOFTHSM = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'].find(
  (path) => existsSync(path),
);
const PIN = '123456';
const BOUND = Buffer.from('bound');
const value = randomBytes(16).toString('hex');

it('a module that is none is said to be none', () => {
  const options = { module: '/etc/hostname', token: 'waybill', key: 'k', pin: async () => PIN };
  expect(() => new Pkcs11Token(options)).toThrow(KeysUnavailable);
});

describe.runIf(SOFTHSM !== undefined)('keys on a PKCS#11 token (SoftHSM)', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'waybill-softhsm-'));
    await mkdir(join(folder, 'tokens'));
    await writeFile(join(folder, 'softhsm2.conf'), `directories.tokendir = ${join(folder, 'tokens')}\n`);
    vi.stubEnv('SOFTHSM2_CONF', join(folder, 'softhsm2.conf'));
    softhsm('--init-token', '--free', '--label', 'waybill', '--so-pin', '12345678');
    for (const [index, label] of ['first', 'second'].entries()) {
      // softhsm2-util 2.6 reads a key as it would a line: it ends at a NUL or a line feed.
      const key = randomBytes(32).map((byte) => (byte === 0x00 || byte === 0x0a ? 0xff : byte));
      await writeFile(join(folder, label), key);
      softhsm(
        '--import',
        join(folder, label),
        '--aes',
        '--token',
        'waybill',
        '--label',
        label,
        '--id',
        `0${index}`,
      );
    }
  });
  afterAll(async () => {
    vi.unstubAllEnvs();
    await rm(folder, { recursive: true });
  });

  function softhsm(...args: string[]): void {
    execFileSync('softhsm2-util', [...args, '--pin', PIN], { stdio: 'pipe' });
  }

  function token(changes: Partial<Pkcs11Options> = {}): Pkcs11Token {
    return new Pkcs11Token({
      module: SOFTHSM!,
      token: 'waybill',
      key: 'first',
      pin: async () => PIN,
      ...changes,
    });
  }

  // The first of all: a module that is initialized once stays so.
  it('are there again when the module was not ready at first, without a new start', async () => {
    const right = process.env['SOFTHSM2_CONF'];
    vi.stubEnv('SOFTHSM2_CONF', join(folder, 'not-there.conf'));
    const keys = token();
    const refused = keys.wrap(Buffer.from(value), BOUND);
    await expect(refused).rejects.toThrow(KeysUnavailable);
    await expect(refused).rejects.toThrow(/C_Initialize/);
    vi.stubEnv('SOFTHSM2_CONF', right);
    const wrapped = await keys.wrap(Buffer.from(value), BOUND);
    expect(String(await keys.unwrap(wrapped, BOUND))).toBe(value);
  });

  it('wrap and unwrap, many at a time, bound to what they are for', async () => {
    const keys = token();
    const wrapped = await Promise.all(
      Array.from({ length: 20 }, (_, index) => keys.wrap(Buffer.from(`${value}-${index}`), BOUND)),
    );
    expect(wrapped[0]!.wrappedBy).toBe('pkcs11:waybill/first');
    const opened = await Promise.all(wrapped.map((each) => keys.unwrap(each, BOUND)));
    expect(opened.map(String)).toEqual(wrapped.map((_, index) => `${value}-${index}`));
    const refusal = await keys.unwrap(wrapped[0]!, Buffer.from('other')).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(Error);
    expect(refusal).not.toBeInstanceOf(KeysUnavailable);
    for (const length of [0, 5, 20, 30]) {
      const cut = { ...wrapped[0]!, wrapped: wrapped[0]!.wrapped.slice(0, length) };
      const refused = await keys.unwrap(cut, BOUND).catch((error: unknown) => error);
      expect(refused).toBeInstanceOf(Error);
      expect(refused).not.toBeInstanceOf(KeysUnavailable);
    }
  });

  it('seal and open a secret, the next key of the token beside the one before; what was changed is refused', async () => {
    const before = await makeSealingKey(token());
    const row = sealSecret(before, 'acme', 1, value);
    const keys = token({ key: 'second' });
    expect((await new Keyring({ keys }).open(row, before)).reveal()).toBe(value);
    expect((await makeSealingKey(keys)).wrappedBy).toBe('pkcs11:waybill/second');
    const wrapped = Uint8Array.from(before.wrapped, (byte, index) => (index === 15 ? byte ^ 1 : byte));
    await expect(new Keyring({ keys }).open(row, { ...before, wrapped })).rejects.toThrow(SealBroken);
    await expect(keys.rotate()).rejects.toThrow(KeysFixed);
  });

  it.each<[string, Partial<Pkcs11Options>, RegExp]>([
    ['no such token', { token: 'other' }, /no token "other"/],
    ['no such key', { key: 'third' }, /no secret key "third"/],
    ['a wrong PIN', { pin: async () => '000000' }, /C_Login answered 0xa0/],
    ['no answer in time', { timeoutMs: 0 }, /does not answer in time/],
  ])('are unavailable with %s', async (_, changes, said) => {
    const error: unknown = await token(changes)
      .wrap(Buffer.from(value), BOUND)
      .catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(KeysUnavailable);
    expect((error as Error).message).toMatch(said);
  });
});
