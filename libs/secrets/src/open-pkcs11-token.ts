import type { KeyEncryptionKeys } from './key-encryption-keys.ts';
import type { Pkcs11Options } from './pkcs11-token.ts';

/** Native code is loaded by those who have a token, and by nobody else. @throws KeysUnavailable */
export async function openPkcs11Token(options: Pkcs11Options): Promise<KeyEncryptionKeys> {
  const { Pkcs11Token } = await import('./pkcs11-token.ts');
  return new Pkcs11Token(options);
}
