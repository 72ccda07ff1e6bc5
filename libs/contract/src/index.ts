export { ROLES, type Role } from '#domain';
export {
  type ConfigurationProblem,
  describeProblem,
} from './configuration/configuration-text.ts';
export {
  type ConfigurationChange,
  type ConfigurationNoun,
  diffConfiguration,
  diffEntries,
  findUnnamed,
} from './configuration/diff-configuration.ts';
export { configurationFile, exportConfiguration } from './configuration/export-configuration.ts';
export { type EndpointObject, endpointEntry } from './configuration/fill-endpoint.ts';
export { nearestName } from './configuration/nearest-name.ts';
export {
  type Configuration,
  type ParsedConfiguration,
  type ParseOptions,
  parseConfiguration,
} from './configuration/parse-configuration.ts';
export {
  type ConfigurationObjects,
  type EntryOptions,
  entryOf,
  type Neighbours,
  type ParsedEntry,
  parseEntry,
} from './configuration/parse-entry.ts';
export { type ParsedPart, parseSchedule, parseSelection } from './configuration/parse-route-parts.ts';
export { isName } from './configuration/schema-parts.ts';
export { isTimeZone } from './configuration/values.ts';
export {
  type AnswerOf,
  type CallOf,
  CallRefused,
  type Client,
  collectPages,
  type ItemOf,
  type ListId,
  makeClient,
  NoAnswer,
  type SaidProblem,
} from './rest/client.ts';
export type { Approval, ConfigurationChangeObject } from './rest/configuration-objects.ts';
export { DASHBOARD_SECTIONS } from './rest/dashboard-sections.ts';
export {
  eventIdSchema,
  MOST_UNDER_WAY,
  type RunProgressObject,
  runProgressSchema,
  type StreamedEventObject,
  streamedEventSchema,
  type UnderWayObject,
} from './rest/event-objects.ts';
export { valueAt } from './rest/export-columns.ts';
export { EXPORT_TYPES, type ExportFormat } from './rest/export-operations.ts';
export type {
  KeyObject,
  KeyWithSecret,
  Me,
  SessionObject,
  UserObject,
  UserWithPassword,
} from './rest/identity-objects.ts';
export { type Incident, type IncidentFilter, incidentFilterSchema } from './rest/incident-objects.ts';
export type { InstallationObject, SignInWays } from './rest/installation-objects.ts';
export type { LookObject } from './rest/look-objects.ts';
export {
  MOST_TLS_BUCKETS,
  MOST_TLS_SERIES,
  type TlsBucket,
  type TlsSummary,
  tlsSummarySchema,
} from './rest/negotiation-operations.ts';
export type {
  Attempt,
  AuditEventObject,
  ErrorObject,
  Fire,
  Page,
  PartnerObject,
  PausableEndpoint,
  Pause,
  RouteObject,
  Run,
  TlsNegotiation,
  Transfer,
} from './rest/objects.ts';
export { makeOpenApi, type OpenApiDocument } from './rest/open-api.ts';
export type { Operation } from './rest/operation.ts';
export {
  API_PREFIX,
  fullPath,
  type InputOf,
  listOperations,
  OPERATIONS,
  type OperationId,
} from './rest/operations.ts';
export { MOST_ATTENTION, type OverviewObject, type UpcomingFiresObject } from './rest/overview-objects.ts';
export type { PostureObject } from './rest/posture-objects.ts';
export type { ProbeObject, RequestProbe } from './rest/probe-objects.ts';
export {
  type FieldProblem,
  makeProblem,
  PROBLEMS,
  type Problem,
  type ProblemCode,
  problemSchema,
} from './rest/problems.ts';
export type { SchedulePreviewObject } from './rest/schedule-objects.ts';
export type { SecretObject } from './rest/secret-objects.ts';
export { CSRF_HEADER, SESSION_COOKIE } from './rest/session-proof.ts';
export { LONGEST_WAIT_S } from './rest/triggering-objects.ts';
