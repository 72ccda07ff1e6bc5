import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from 'node:crypto';
import type { KeyEncryptionKeys, WrappedKey } from './key-encryption-keys.ts';
import { bytes } from './symmetric-wrapping.ts';

/** What is needed to seal: it reveals nothing, and the api has it. */
export interface SealingKey {
  /** Made of the public key: another key under this id is noticed by whoever uses it. */
  id: string;
  /** X25519, 32 bytes. */
  publicKey: Uint8Array<ArrayBuffer>;
}

/** The whole key pair as the database keeps it. */
export type SealingKeyPair = SealingKey & WrappedKey;

/** What stands in the database is not what was stored there: changed, moved to another row, cut, or under an old key. */
export class SealBroken extends Error {
  override name = 'SealBroken';
}

/** @throws KeysUnavailable */
export async function makeSealingKey(keys: KeyEncryptionKeys): Promise<SealingKeyPair> {
  const { privateKey } = generateKeyPairSync('x25519');
  const publicKey = rawPublic(privateKey);
  const key = { id: idOf(publicKey), publicKey: bytes(publicKey) };
  return { ...key, ...(await keys.wrap(rawPrivate(privateKey), boundTo(key))) };
}

/** The same pair, wrapped by the key that is active now. @throws KeysUnavailable, SealBroken */
export async function rewrapSealingKey(
  keys: KeyEncryptionKeys,
  pair: SealingKeyPair,
): Promise<SealingKeyPair> {
  const { id, publicKey } = pair;
  const raw = rawPrivate(await openSealingKey(keys, pair));
  return { id, publicKey, ...(await keys.wrap(raw, boundTo(pair))) };
}

/** @throws KeysUnavailable, SealBroken */
export async function openSealingKey(keys: KeyEncryptionKeys, pair: SealingKeyPair): Promise<KeyObject> {
  assertGenuine(pair);
  // What wraps it is bound to the public half: a private key that unwraps belongs to it.
  return toPrivateKey(await keys.unwrap(pair, boundTo(pair)));
}

/** @throws SealBroken */
export function toPublicKey(key: SealingKey): KeyObject {
  assertGenuine(key);
  const x = Buffer.from(key.publicKey).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' });
}

function assertGenuine({ id, publicKey }: SealingKey): void {
  if (idOf(Buffer.from(publicKey)) !== id)
    throw new SealBroken(`The sealing key ${id} holds another public key than its own.`);
}

/** PKCS#8 of X25519 (RFC 8410) before the 32 bytes of the key itself. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b656e04220420', 'hex');

export function toPrivateKey(raw: Buffer): KeyObject {
  return createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, raw]), format: 'der', type: 'pkcs8' });
}

function rawPrivate(key: KeyObject): Buffer {
  return key.export({ format: 'der', type: 'pkcs8' }).subarray(PKCS8_PREFIX.length);
}

function rawPublic(key: KeyObject): Buffer {
  const { x } = createPublicKey(key).export({ format: 'jwk' });
  return Buffer.from(x!, 'base64url');
}

function idOf(publicKey: Buffer): string {
  return `sk-${createHash('sha256').update(publicKey).digest('hex').slice(0, 32)}`;
}

function boundTo({ id, publicKey }: SealingKey): Buffer {
  return Buffer.from(JSON.stringify(['waybill-sealing-key', id, Buffer.from(publicKey).toString('base64')]));
}
