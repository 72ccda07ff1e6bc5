export type { ApiParts } from './api-parts.ts';
export { type Api, createApi } from './create-api.ts';
