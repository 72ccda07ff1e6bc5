import { randomBytes } from 'node:crypto';
import { boundTo, type SealedSecret } from '../src/sealing.ts';
import { bytes, encrypt, KEY_BYTES, newNonce, wrapWith } from '../src/symmetric-wrapping.ts';

export { VaultFake } from './vault-fake.ts';

/** A row as it was made before there were sealing keys. */
export function sealAsBefore(key: Buffer, name: string, version: number, value: string): SealedSecret {
  const dataKey = randomBytes(KEY_BYTES);
  const nonce = newNonce();
  return {
    name,
    version,
    keyId: null,
    sealedKey: wrapWith(key, boundTo(name, version, 'key'), dataKey),
    nonce: bytes(nonce),
    ciphertext: bytes(encrypt(dataKey, nonce, boundTo(name, version, 'value'), Buffer.from(value, 'utf8'))),
  };
}
