import { type KeyObject, randomBytes } from 'node:crypto';
import { openSealed, sealTo } from './hpke.ts';
import { SealBroken, type SealingKey, toPublicKey } from './sealing-keys.ts';
import { SecretValue } from './secret-value.ts';
import { bytes, decrypt, encrypt, KEY_BYTES, newNonce, unwrapWith } from './symmetric-wrapping.ts';

/** A secret as the database keeps it: its own data key, sealed to the installation's public key. */
export interface SealedSecret {
  name: string;
  version: number;
  /** Id of the sealing key; null: of before there was one, sealed by the key file itself. */
  keyId: string | null;
  /** The data key. */
  sealedKey: Uint8Array<ArrayBuffer>;
  nonce: Uint8Array<ArrayBuffer>;
  /** ciphertext | tag. */
  ciphertext: Uint8Array<ArrayBuffer>;
}

/** Needs no secret. Bound to name, version and key: a row copied over another one cannot be opened. */
export function sealSecret(key: SealingKey, name: string, version: number, value: string): SealedSecret {
  const dataKey = randomBytes(KEY_BYTES);
  const nonce = newNonce();
  const sealed = {
    name,
    version,
    nonce: bytes(nonce),
    ciphertext: bytes(encrypt(dataKey, nonce, boundTo(name, version, 'value'), Buffer.from(value, 'utf8'))),
  };
  return { ...sealed, ...sealDataKey(key, sealed, dataKey) };
}

/** What can open: the private half of the row's sealing key, or the keys of the key file for rows of before. */
export type Opener = KeyObject | { legacyKeys: readonly Buffer[] };

/** @throws SealBroken when the key is another one, or the row was changed, moved or cut. */
export function openSecret(opener: Opener, sealed: SealedSecret): SecretValue {
  return guarded(sealed, () => {
    const value = decrypt(
      openDataKey(opener, sealed),
      Buffer.from(sealed.nonce),
      boundTo(sealed.name, sealed.version, 'value'),
      Buffer.from(sealed.ciphertext),
    );
    return new SecretValue(value.toString('utf8'));
  });
}

/** The same secret under another sealing key; its value is not opened on the way. @throws SealBroken */
export function resealSecret(opener: Opener, key: SealingKey, sealed: SealedSecret): SealedSecret {
  return guarded(sealed, () => ({ ...sealed, ...sealDataKey(key, sealed, openDataKey(opener, sealed)) }));
}

function sealDataKey(
  key: SealingKey,
  { name, version }: { name: string; version: number },
  dataKey: Buffer,
): Pick<SealedSecret, 'keyId' | 'sealedKey'> {
  const sealedKey = sealTo(toPublicKey(key), purposeOf(key.id), boundTo(name, version, 'key'), dataKey);
  return { keyId: key.id, sealedKey: bytes(sealedKey) };
}

function openDataKey(opener: Opener, { name, version, keyId, sealedKey }: SealedSecret): Buffer {
  const bound = boundTo(name, version, 'key');
  if (!('legacyKeys' in opener))
    return openSealed(opener, purposeOf(keyId ?? ''), bound, Buffer.from(sealedKey));
  if (keyId !== null) throw new SealBroken('The row names a sealing key.');
  for (const key of opener.legacyKeys) {
    try {
      return unwrapWith(key, bound, sealedKey);
    } catch {
      // The row does not say by which of them it was sealed.
    }
  }
  throw new SealBroken('None of the keys opens it.');
}

function guarded<T>(sealed: SealedSecret, act: () => T): T {
  try {
    return act();
  } catch (cause) {
    throw new SealBroken(
      `The secret "${sealed.name}" (version ${sealed.version}) is not as it was stored, or was sealed by another key.`,
      { cause },
    );
  }
}

function purposeOf(keyId: string): Buffer {
  return Buffer.from(JSON.stringify(['waybill-secret', 2, keyId]));
}

/** What a secret's ciphertexts are bound to. */
export function boundTo(name: string, version: number, field: 'key' | 'value'): Buffer {
  return Buffer.from(JSON.stringify(['waybill-secret', name, version, field]));
}
