export type { ApiParts } from './api-parts.ts';
export { type Api, createApi } from './create-api.ts';
export {
  type ApiKeyEntry,
  ApiKeyExists,
  type ApiKeyRequest,
  createApiKey,
  listApiKeys,
  revokeApiKey,
} from './identity/api-keys.ts';
