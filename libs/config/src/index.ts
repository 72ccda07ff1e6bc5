export { type ApiAddress, readApiAddress } from './api-address.ts';
export { type Config, ConfigProblem, type Environment, environmentSecret, readConfig } from './config.ts';
export type { HttpConfig, Rate } from './http-config.ts';
export type { KeyConfig, Pkcs11Config, VaultConfig } from './key-config.ts';
export type { LocalRootsConfig } from './local-roots-config.ts';
export { nodeVersionProblem } from './node-floor.ts';
export type { OidcConfig } from './oidc-config.ts';
export { packageRoot } from './package-root.ts';
