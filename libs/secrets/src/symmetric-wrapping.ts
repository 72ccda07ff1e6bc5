import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';

const ALGORITHM = 'aes-256-gcm';
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** ciphertext | tag */
export function encrypt(key: Buffer, nonce: Buffer, boundTo: Buffer, plain: Buffer): Buffer {
  const cipher = createCipheriv(ALGORITHM, key, nonce).setAAD(boundTo);
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws when the key is another one, or the ciphertext was changed, moved or cut. */
export function decrypt(key: Buffer, nonce: Buffer, boundTo: Buffer, sealed: Buffer): Buffer {
  const decipher = createDecipheriv(ALGORITHM, key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]);
}

/** nonce | ciphertext | tag */
export function wrapWith(key: Buffer, boundTo: Buffer, plain: Buffer): Uint8Array<ArrayBuffer> {
  const nonce = newNonce();
  return bytes(Buffer.concat([nonce, encrypt(key, nonce, boundTo, plain)]));
}

/** @throws like `decrypt` */
export function unwrapWith(key: Buffer, boundTo: Buffer, wrapped: Uint8Array): Buffer {
  const all = Buffer.from(wrapped);
  if (all.length < NONCE_BYTES + TAG_BYTES) throw new RangeError('The wrapped key is cut.');
  return decrypt(key, all.subarray(0, NONCE_BYTES), boundTo, all.subarray(NONCE_BYTES));
}

export function newNonce(): Buffer {
  return randomBytes(NONCE_BYTES);
}

export function bytes(buffer: Buffer): Uint8Array<ArrayBuffer> {
  return new Uint8Array(buffer);
}

/** Tells keys apart and says nothing about them: the key is 256 random bits. */
export function fingerprint(key: Buffer): string {
  return createHash('sha256').update('waybill key id').update(key).digest('hex').slice(0, 16);
}

/** undefined for what is no 256-bit key in base64. */
export function readKey(text: string): Buffer | undefined {
  const key = Buffer.from(text, 'base64');
  return key.length === KEY_BYTES && key.toString('base64') === text ? key : undefined;
}
