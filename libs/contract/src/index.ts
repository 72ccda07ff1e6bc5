export {
  type ConfigurationProblem,
  describeProblem,
} from './configuration/configuration-text.ts';
export {
  type ConfigurationChange,
  type ConfigurationNoun,
  diffConfiguration,
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
export { isTimeZone } from './configuration/values.ts';
export type { Incident, IncidentFilter } from './rest/incident-objects.ts';
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
  TriggerRun,
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
export type { ProbeObject, RequestProbe } from './rest/probe-objects.ts';
export {
  type FieldProblem,
  makeProblem,
  PROBLEMS,
  type Problem,
  type ProblemCode,
  problemSchema,
} from './rest/problems.ts';
export { ROLES, type Role } from './rest/roles.ts';
