export { resolveSecret, resolveSecretBytes, type SecretSources } from './resolve-secret.ts';
export {
  type InstallationKey,
  loadOrCreateKey,
  openSecret,
  type SealedSecret,
  sealSecret,
} from './sealing.ts';
export { SecretValue } from './secret-value.ts';
