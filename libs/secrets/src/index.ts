export { EnvironmentKeys } from './environment-keys.ts';
export {
  type KeyEncryptionKeys,
  KeysFixed,
  KeysUnavailable,
  type WrappedKey,
} from './key-encryption-keys.ts';
export {
  KeyFile,
  type KeyFileOptions,
  KeyFileProblem,
  type KeyFileReaders,
  loadOrCreateKey,
} from './key-file.ts';
export { type KeyPlaceKind, KeyPlaces } from './key-places.ts';
export { Keyring, type KeyringOptions } from './keyring.ts';
export { openPkcs11Token } from './open-pkcs11-token.ts';
export type { Pkcs11Options } from './pkcs11-token.ts';
export { isKeyOutage, resolveSecret, resolveSecretBytes, type SecretSources } from './resolve-secret.ts';
export { resealSecret, type SealedSecret, sealSecret } from './sealing.ts';
export {
  makeSealingKey,
  rewrapSealingKey,
  SealBroken,
  type SealingKey,
  type SealingKeyPair,
} from './sealing-keys.ts';
export { SecretValue } from './secret-value.ts';
export { unwrapWith, wrapWith } from './symmetric-wrapping.ts';
export { VaultTransit, type VaultTransitOptions } from './vault-transit.ts';
