import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { chmod, link, mkdir, open, readFile, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SecretValue } from './secret-value.ts';

const ALGORITHM = 'aes-256-gcm';
const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** A secret as the database keeps it: its own data key, sealed by the installation's key. */
export interface SealedSecret {
  name: string;
  version: number;
  /** nonce | ciphertext | tag of the data key. */
  sealedKey: Uint8Array<ArrayBuffer>;
  nonce: Uint8Array<ArrayBuffer>;
  /** ciphertext | tag. */
  ciphertext: Uint8Array<ArrayBuffer>;
}

/** The key that seals data keys; it never meets the database. */
export type InstallationKey = Buffer & { readonly __installationKey?: never };

/** Bound to name and version: a row copied over another one cannot be opened. */
export function sealSecret(key: InstallationKey, name: string, version: number, value: string): SealedSecret {
  const dataKey = randomBytes(KEY_BYTES);
  const keyNonce = randomBytes(NONCE_BYTES);
  const nonce = randomBytes(NONCE_BYTES);
  return {
    name,
    version,
    sealedKey: bytes(
      Buffer.concat([keyNonce, encrypt(key, keyNonce, boundTo(name, version, 'key'), dataKey)]),
    ),
    nonce: bytes(nonce),
    ciphertext: bytes(encrypt(dataKey, nonce, boundTo(name, version, 'value'), Buffer.from(value, 'utf8'))),
  };
}

/** @throws when the key is another one, or the row was changed, moved or cut. */
export function openSecret(key: InstallationKey, sealed: SealedSecret): SecretValue {
  const { name, version } = sealed;
  const wrapped = Buffer.from(sealed.sealedKey);
  const dataKey = decrypt(
    key,
    wrapped.subarray(0, NONCE_BYTES),
    boundTo(name, version, 'key'),
    wrapped.subarray(NONCE_BYTES),
  );
  const value = decrypt(
    dataKey,
    Buffer.from(sealed.nonce),
    boundTo(name, version, 'value'),
    Buffer.from(sealed.ciphertext),
  );
  return new SecretValue(value.toString('utf8'));
}

function boundTo(name: string, version: number, field: 'key' | 'value'): Buffer {
  return Buffer.from(JSON.stringify(['waybill-secret', name, version, field]));
}

function encrypt(key: Buffer, nonce: Buffer, boundData: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(boundData);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(key: Buffer, nonce: Buffer, boundData: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundData);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
}

function bytes(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer);
}

/** The key file of an embedded installation: made on first use, readable by its owner only. */
export async function loadOrCreateKey(path: string): Promise<InstallationKey> {
  const key = Buffer.from(await readOrCreate(path), 'base64');
  if (key.length !== KEY_BYTES)
    throw new Error(
      `${path} does not hold a 256-bit key in base64. Restore it from a backup: without it the stored secrets cannot be opened.`,
    );
  return key;
}

/** An existing key may lie in a folder where nothing can be written (a mounted secret). */
async function readOrCreate(path: string): Promise<string> {
  try {
    return (await readFile(path, 'utf8')).trim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  await mkdir(dirname(path), { recursive: true });
  await createKey(path);
  return (await readFile(path, 'utf8')).trim();
}

/** Written aside and linked: two processes starting together end up with one key, and never half of one. */
async function createKey(path: string): Promise<void> {
  const aside = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await using file = await open(aside, 'wx', 0o600);
  try {
    await file.writeFile(`${randomBytes(KEY_BYTES).toString('base64')}\n`);
    await file.sync();
    await link(aside, path);
    await chmod(path, 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    await rm(aside);
  }
}
