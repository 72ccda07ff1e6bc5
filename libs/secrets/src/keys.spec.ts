import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sealAsBefore } from '../testing/index.ts';
import { EnvironmentKeys } from './environment-keys.ts';
import { AES_128_GCM, openSealed, sealTo } from './hpke.ts';
import { KeysFixed, KeysUnavailable } from './key-encryption-keys.ts';
import { KeyFile, KeyFileProblem } from './key-file.ts';
import { KeyPlaces } from './key-places.ts';
import { Keyring } from './keyring.ts';
import { resealSecret, type SealedSecret, sealSecret } from './sealing.ts';
import {
  makeSealingKey,
  rewrapSealingKey,
  SealBroken,
  type SealingKeyPair,
  toPrivateKey,
  toPublicKey,
} from './sealing-keys.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'waybill-keys-'));
});
afterAll(() => rm(folder, { recursive: true }));

let files = 0;
const newPath = () => join(folder, `${++files}.key`);
const newFile = () => KeyFile.open(newPath(), { mayCreate: true });
const newKey = () => randomBytes(32).toString('base64');
const hex = (text: string) => Buffer.from(text, 'hex');
const BOUND = Buffer.from('bound');
const value = `s3cr€t-${randomBytes(12).toString('base64')}`;

function changed(bytes: Uint8Array<ArrayBuffer>, index: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(bytes, (byte, place) => (place === index ? byte ^ 1 : byte));
}

describe('hpke', () => {
  it('opens what RFC 9180, appendix A.1.1, has sealed', () => {
    const privateKey = toPrivateKey(hex('4612c550263fc8ad58375df3f557aac531d26850903e55a9f23f21d8534e8ac8'));
    const encapsulated = hex('37fda3567bdbd628e88668c3c8d7e97d1d1253b6d4ea6d44c150f741f1bf4431');
    const ciphertext = hex(
      'f938558b5d72f1a23810b4be2ab4f84331acc02fc97babc53a52ae8218a355a96d8770ac83d07bea87e13c512a',
    );
    const opened = openSealed(
      privateKey,
      Buffer.from('Ode on a Grecian Urn'),
      Buffer.from('Count-0'),
      Buffer.concat([encapsulated, ciphertext]),
      AES_128_GCM,
    );
    expect(opened.toString()).toBe('Beauty is truth, truth beauty');
  });

  it('never seals the same twice, and opens for one key, purpose and binding only', async () => {
    const keys = await newFile();
    const [pair, other] = [await makeSealingKey(keys), await makeSealingKey(keys)];
    const info = Buffer.from('info');
    const sealed = sealTo(toPublicKey(pair), info, BOUND, Buffer.from(value));
    expect(sealTo(toPublicKey(pair), info, BOUND, Buffer.from(value)).equals(sealed)).toBe(false);
    const raw = async (from: SealingKeyPair) => toPrivateKey(await unwrapRaw(keys, from));
    expect(openSealed(await raw(pair), info, BOUND, sealed).toString()).toBe(value);
    const mine = await raw(pair);
    const theirs = await raw(other);
    expect(() => openSealed(theirs, info, BOUND, sealed)).toThrow();
    expect(() => openSealed(mine, Buffer.from('other'), BOUND, sealed)).toThrow();
    expect(() => openSealed(mine, info, Buffer.from('other'), sealed)).toThrow();
    for (const cut of [0, 31, 32, 47, sealed.length - 1])
      expect(() => openSealed(mine, info, BOUND, sealed.subarray(0, cut))).toThrow();
  });
});

function unwrapRaw(keys: KeyFile, pair: SealingKeyPair): Promise<Buffer> {
  const publicKey = Buffer.from(pair.publicKey).toString('base64');
  return keys.unwrap(pair, Buffer.from(JSON.stringify(['waybill-sealing-key', pair.id, publicKey])));
}

describe('a secret', () => {
  it('is sealed by whoever has the public key, and opened by the keyring alone', async () => {
    const keys = await newFile();
    const pair = await makeSealingKey(keys);
    const { id, publicKey } = pair;
    const sealed = sealSecret({ id, publicKey }, 'acme', 1, value);
    expect(Buffer.concat([sealed.ciphertext, sealed.sealedKey]).includes(value)).toBe(false);
    expect((await new Keyring({ keys }).open(sealed, pair)).reveal()).toBe(value);
    await expect(new Keyring({ keys: await newFile() }).open(sealed, pair)).rejects.toThrow(KeysUnavailable);
  });

  describe('is refused (row 82)', () => {
    const cases: [string, (row: SealedSecret, other: SealedSecret) => Partial<SealedSecret>][] = [
      ['under another name', () => ({ name: 'other' })],
      ['as another version', () => ({ version: 2 })],
      ["with another row's ciphertext", (_, { ciphertext, nonce }) => ({ ciphertext, nonce })],
      ["with another row's key", (_, { sealedKey }) => ({ sealedKey })],
      [
        'with everything of another row',
        (_, { ciphertext, nonce, sealedKey }) => ({ ciphertext, nonce, sealedKey }),
      ],
      ['with a truncated ciphertext', ({ ciphertext }) => ({ ciphertext: ciphertext.slice(0, -1) })],
      ['with an empty ciphertext', () => ({ ciphertext: new Uint8Array() })],
      ['with a truncated key', ({ sealedKey }) => ({ sealedKey: sealedKey.slice(0, -1) })],
      ['with an empty key', () => ({ sealedKey: new Uint8Array() })],
      ['with a changed encapsulated key', ({ sealedKey }) => ({ sealedKey: changed(sealedKey, 0) })],
      ['with a changed ciphertext', ({ ciphertext }) => ({ ciphertext: changed(ciphertext, 0) })],
      ['with a changed nonce', ({ nonce }) => ({ nonce: changed(nonce, 0) })],
      ['as one of before there were key ids', () => ({ keyId: null })],
      ['under an unknown key id', () => ({ keyId: 'sk-00000000000000000000000000000000' })],
    ];

    it.each(cases)('%s', async (_, change) => {
      const keys = await newFile();
      const pair = await makeSealingKey(keys);
      const row = sealSecret(pair, 'acme', 1, value);
      const tampered = { ...row, ...change(row, sealSecret(pair, 'other', 1, 'x'.repeat(value.length))) };
      const keyring = new Keyring({ keys, legacyKeys: () => keys.allKeys() });
      await expect(keyring.open(tampered, pair)).rejects.toThrow(SealBroken);
      expect((await keyring.open(row, pair)).reveal()).toBe(value);
    });

    it('under an old key whose private half is gone', async () => {
      const keys = await newFile();
      const row = sealSecret(await makeSealingKey(keys), 'acme', 1, value);
      await expect(new Keyring({ keys }).open(row, null)).rejects.toThrow(/retired/);
    });

    it('under the id of another key of this installation', async () => {
      const keys = await newFile();
      const [old, current] = [await makeSealingKey(keys), await makeSealingKey(keys)];
      const row = { ...sealSecret(old, 'acme', 1, value), keyId: current.id };
      await expect(new Keyring({ keys }).open(row, current)).rejects.toThrow(SealBroken);
    });
  });

  it('moves to another key without being opened, and is as bound as before', async () => {
    const keys = await newFile();
    const [old, current] = [await makeSealingKey(keys), await makeSealingKey(keys)];
    const keyring = new Keyring({ keys });
    const row = sealSecret(old, 'acme', 3, value);
    const moved = resealSecret(await keyring.openerOf(row, old), current, row);
    expect(moved).toMatchObject({ keyId: current.id, ciphertext: row.ciphertext, nonce: row.nonce });
    expect((await keyring.open(moved, current)).reveal()).toBe(value);
    await expect(keyring.open({ ...moved, version: 4 }, current)).rejects.toThrow(SealBroken);
  });

  it('of before there were sealing keys is readable, by each key of the file, and moves on', async () => {
    const keys = await newFile();
    const row = sealAsBefore(keys.allKeys()[0]!, 'acme', 1, value);
    await keys.rotate();
    const keyring = new Keyring({ keys, legacyKeys: () => keys.allKeys() });
    expect((await keyring.open(row, null)).reveal()).toBe(value);
    const current = await makeSealingKey(keys);
    const moved = resealSecret(await keyring.openerOf(row, null), current, row);
    expect((await keyring.open(moved, current)).reveal()).toBe(value);
    await expect(keyring.open({ ...row, name: 'other' }, null)).rejects.toThrow(SealBroken);
  });
});

describe('a sealing key', () => {
  it('whose public half was exchanged is used neither for sealing nor for opening', async () => {
    const keys = await newFile();
    const [pair, strangers] = [await makeSealingKey(keys), await makeSealingKey(await newFile())];
    const exchanged = { ...pair, publicKey: strangers.publicKey };
    expect(() => sealSecret(exchanged, 'acme', 1, value)).toThrow(SealBroken);
    await expect(new Keyring({ keys }).openerOf(sealSecret(pair, 'a', 1, value), exchanged)).rejects.toThrow(
      SealBroken,
    );
    // With an id made to fit, what wraps the private half tells.
    const id = `sk-${createHash('sha256').update(strangers.publicKey).digest('hex').slice(0, 32)}`;
    const fitting = { ...exchanged, id };
    const row = sealSecret(fitting, 'acme', 1, value);
    await expect(new Keyring({ keys }).open(row, fitting)).rejects.toThrow(SealBroken);
  });

  it('is asked for once for many secrets at a time, and again when its minute is over', async () => {
    const file = await newFile();
    const pair = await makeSealingKey(file);
    let asked = 0;
    let now = 0;
    const keys = new Proxy(file, {
      get(target, name) {
        if (name === 'unwrap') asked++;
        const member = Reflect.get(target, name) as unknown;
        return typeof member === 'function' ? member.bind(target) : member;
      },
    });
    const keyring = new Keyring({ keys, now: () => now });
    const rows = ['a', 'b', 'c'].map((name) => sealSecret(pair, name, 1, value));
    await Promise.all(rows.map((row) => keyring.open(row, pair)));
    now = 59_999;
    await keyring.open(rows[0]!, pair);
    expect(asked).toBe(1);
    now = 60_001;
    await keyring.open(rows[0]!, pair);
    expect(asked).toBe(2);
  });

  it('moves to the key-encryption key that is active now', async () => {
    const keys = await newFile();
    const pair = await makeSealingKey(keys);
    await keys.rotate();
    const moved = await rewrapSealingKey(keys, pair);
    expect(moved).toMatchObject({ id: pair.id, wrappedBy: await keys.activeId() });
    expect(await keys.retire(new Set([moved.wrappedBy]))).toEqual([pair.wrappedBy]);
    const row = sealSecret(pair, 'acme', 1, value);
    expect((await new Keyring({ keys }).open(row, moved)).reveal()).toBe(value);
    await expect(new Keyring({ keys }).open(row, pair)).rejects.toThrow(KeysUnavailable);
  });
});

describe('the key file', () => {
  it('takes a second key for the active one, and other processes find it when they need it', async () => {
    const path = newPath();
    const here = await KeyFile.open(path, { mayCreate: true });
    const there = await KeyFile.open(path, { mayCreate: false });
    const before = await here.wrap(Buffer.from(value), BOUND);
    await here.rotate();
    const after = await here.wrap(Buffer.from(value), BOUND);
    expect(after.wrappedBy).not.toBe(before.wrappedBy);
    for (const wrapped of [before, after])
      expect((await there.unwrap(wrapped, BOUND)).toString()).toBe(value);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await readFile(path, 'utf8')).trim().split('\n')).toHaveLength(2);
  });

  it('that is lost is not made anew where something is sealed', async () => {
    const path = newPath();
    await expect(KeyFile.open(path, { mayCreate: false })).rejects.toThrow(/Restore it from a backup/);
    await expect(stat(path)).rejects.toThrow();
  });

  it('is refused when a line of it is no key, and nothing of it is repeated', async () => {
    const path = newPath();
    const half = newKey().slice(0, 20);
    await writeFile(path, `${newKey()}\n${half}\n`, { mode: 0o600 });
    const refusal = await KeyFile.open(path, { mayCreate: false }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(KeyFileProblem);
    expect(String(refusal)).not.toContain(half);
  });
});

describe('keys in the environment', () => {
  it('are several, of which the last one wraps', async () => {
    const [first, second] = [newKey(), newKey()];
    const before = new EnvironmentKeys('WAYBILL_KEY', first);
    const both = new EnvironmentKeys('WAYBILL_KEY', `${first}, ${second}`);
    const wrapped = await before.wrap(Buffer.from(value), BOUND);
    expect((await both.unwrap(wrapped, BOUND)).toString()).toBe(value);
    expect((await both.wrap(Buffer.from(value), BOUND)).wrappedBy).not.toBe(wrapped.wrappedBy);
    await expect(new EnvironmentKeys('WAYBILL_KEY', second).unwrap(wrapped, BOUND)).rejects.toThrow(
      KeysUnavailable,
    );
    await expect(both.unwrap(wrapped, Buffer.from('other'))).rejects.toThrow();
  });

  it('are made by a person', async () => {
    await expect(new EnvironmentKeys('WAYBILL_KEY', newKey()).rotate()).rejects.toThrow(KeysFixed);
  });

  it('that are none are refused by their place', () => {
    for (const text of [undefined, '', 'short', `${newKey()},short`, newKey().replace('=', '')])
      expect(() => new EnvironmentKeys('WAYBILL_KEY', text)).toThrow(/^WAYBILL_KEY: key \d is not/);
  });
});

it('a place opens what it has wrapped while another one wraps', async () => {
  const file = await newFile();
  const environment = new EnvironmentKeys('WAYBILL_KEY', newKey());
  const before = await file.wrap(Buffer.from(value), BOUND);
  const moving = new KeyPlaces('environment', { file, environment });
  expect((await moving.unwrap(before, BOUND)).toString()).toBe(value);
  const after = await moving.wrap(Buffer.from(value), BOUND);
  expect(after.wrappedBy).toMatch(/^environment:/);
  await expect(new KeyPlaces('file', { file }).unwrap(after, BOUND)).rejects.toThrow(KeysUnavailable);
  await expect(moving.unwrap({ ...after, wrappedBy: 'toString:1' }, BOUND)).rejects.toThrow(KeysUnavailable);
});
