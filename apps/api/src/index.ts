export type { ApiParts } from './api-parts.ts';
export { type Api, createApi } from './create-api.ts';
export { type DashboardFiles, readDashboard } from './dashboard/dashboard-files.ts';
