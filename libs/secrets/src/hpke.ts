import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  decapsulate,
  encapsulate,
  type KeyObject,
} from 'node:crypto';

// RFC 9180, base mode, single shot: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, AES-256-GCM. The KEM is OpenSSL's (its X25519
// encapsulation is that of RFC 9180 section 4.1); the key schedule of section 5.1 stands here.

const KEM_X25519 = 0x0020;
const KDF_SHA256 = 0x0001;
const MODE_BASE = 0x00;
const ENCAPSULATED_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

interface Aead {
  id: number;
  name: 'aes-128-gcm' | 'aes-256-gcm';
  keyBytes: number;
}

const AES_256_GCM: Aead = { id: 0x0002, name: 'aes-256-gcm', keyBytes: 32 };
/** Only for the test vectors of RFC 9180 appendix A.1.1. */
export const AES_128_GCM: Aead = { id: 0x0001, name: 'aes-128-gcm', keyBytes: 16 };

/** Whoever has the public key can seal; encapsulated key | ciphertext | tag. */
export function sealTo(publicKey: KeyObject, info: Buffer, boundTo: Buffer, plain: Buffer): Buffer {
  const { sharedKey, ciphertext: encapsulated } = encapsulate(publicKey);
  const { key, nonce } = deriveKey(sharedKey, info, AES_256_GCM);
  const cipher = createCipheriv(AES_256_GCM.name, key, nonce).setAAD(boundTo);
  return Buffer.concat([encapsulated, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** @throws when it was sealed to another key, for another purpose, bound to something else, changed or cut. */
export function openSealed(
  privateKey: KeyObject,
  info: Buffer,
  boundTo: Buffer,
  sealed: Buffer,
  aead: Aead = AES_256_GCM,
): Buffer {
  if (sealed.length < ENCAPSULATED_BYTES + TAG_BYTES) throw new RangeError('The sealed key is cut.');
  const sharedKey = decapsulate(privateKey, sealed.subarray(0, ENCAPSULATED_BYTES));
  const { key, nonce } = deriveKey(sharedKey, info, aead);
  const decipher = createDecipheriv(aead.name, key, nonce, { authTagLength: TAG_BYTES }).setAAD(boundTo);
  decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
  return Buffer.concat([decipher.update(sealed.subarray(ENCAPSULATED_BYTES, -TAG_BYTES)), decipher.final()]);
}

/** Section 5.1: KeySchedule in base mode, where psk and psk_id are empty. Each sealing has an encapsulated key of its own, so the sequence number is always 0 and the nonce is base_nonce. */
function deriveKey(sharedKey: Buffer, info: Buffer, aead: Aead): { key: Buffer; nonce: Buffer } {
  const suite = Buffer.concat([Buffer.from('HPKE'), uint16(KEM_X25519), uint16(KDF_SHA256), uint16(aead.id)]);
  const context = Buffer.concat([
    Buffer.from([MODE_BASE]),
    labeledExtract(suite, EMPTY, 'psk_id_hash', EMPTY),
    labeledExtract(suite, EMPTY, 'info_hash', info),
  ]);
  const secret = labeledExtract(suite, sharedKey, 'secret', EMPTY);
  return {
    key: labeledExpand(suite, secret, 'key', context, aead.keyBytes),
    nonce: labeledExpand(suite, secret, 'base_nonce', context, NONCE_BYTES),
  };
}

const EMPTY = Buffer.alloc(0);

function labeledExtract(suite: Buffer, salt: Buffer, label: string, material: Buffer): Buffer {
  return hmac(salt, Buffer.concat([Buffer.from('HPKE-v1'), suite, Buffer.from(label), material]));
}

/** HKDF-Expand of at most one block (RFC 5869 section 2.3). */
function labeledExpand(suite: Buffer, secret: Buffer, label: string, info: Buffer, length: number): Buffer {
  const labeled = Buffer.concat([uint16(length), Buffer.from('HPKE-v1'), suite, Buffer.from(label), info]);
  return hmac(secret, Buffer.concat([labeled, Buffer.from([1])])).subarray(0, length);
}

function hmac(key: Buffer, data: Buffer): Buffer {
  return createHmac('sha256', key).update(data).digest();
}

function uint16(value: number): Buffer {
  return Buffer.from([value >> 8, value & 0xff]);
}
