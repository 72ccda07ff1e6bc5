export type { ApiParts } from './api-parts.ts';
export { type Api, createApi } from './create-api.ts';
export { NoSealingKey, removeSecret, SecretInUse, storeSecret } from './secrets/store-secret.ts';
