import { z } from 'zod';
import { AUDIT_EXPORT } from './audit-operations.ts';
import { CONFIGURATION } from './configuration-operations.ts';
import { EVENT_STREAMS } from './event-operations.ts';
import { EXPORTS } from './export-operations.ts';
import { IDENTITIES } from './identity-operations.ts';
import { INSTALLATION } from './installation-operations.ts';
import { INTERVENTIONS } from './intervention-operations.ts';
import { fireFilters, negotiationFilters, runFilters, transferFilters } from './list-filters.ts';
import { LOOKS } from './look-operations.ts';
import { LOOKUPS } from './lookup-operations.ts';
import { NEGOTIATIONS } from './negotiation-operations.ts';
import {
  attemptSchema,
  auditEventSchema,
  endpointSchema,
  fireSchema,
  idSchema,
  livenessSchema,
  pageOf,
  partnerObjectSchema,
  readinessSchema,
  routeSchema,
  runSchema,
  tlsNegotiationSchema,
  transferSchema,
} from './objects.ts';
import { OIDC } from './oidc-operations.ts';
import {
  AUDIT,
  byId,
  byName,
  INVESTIGATE,
  idempotent,
  OPERATE,
  type Operation,
  onlyPaging,
  paging,
  READ,
} from './operation.ts';
import { OVERVIEW } from './overview-operations.ts';
import { POSTURE } from './posture-operations.ts';
import { probeSchema, requestProbeSchema } from './probe-objects.ts';
import { SCHEDULES } from './schedule-operations.ts';
import { SECRETS } from './secret-operations.ts';
import { triggerRunSchema, waitSchema } from './triggering-objects.ts';

export const API_PREFIX = '/api/v1';

export const OPERATIONS = {
  triggerRun: {
    method: 'POST',
    path: '/routes/{name}/runs',
    summary: 'Triggers a run; the same Idempotency-Key gives the same run, and the same answer',
    access: OPERATE,
    params: byName,
    headers: idempotent,
    body: triggerRunSchema,
    success: { status: 202, description: 'The run, queued', schema: runSchema },
    problems: ['not_found', 'route_disabled', 'idempotency_key_reused'],
  },
  listRuns: {
    method: 'GET',
    path: '/runs',
    summary: 'Runs, newest first',
    access: READ,
    query: z.strictObject({ ...paging, ...runFilters }),
    success: { status: 200, description: 'A page of runs', schema: pageOf(runSchema) },
    problems: ['invalid_cursor'],
  },
  getRun: {
    method: 'GET',
    path: '/runs/{id}',
    summary: 'One run; with `wait` when it has ended, or after that time as it is then',
    access: READ,
    params: byId,
    query: z.strictObject({ wait: waitSchema.optional() }),
    success: { status: 200, description: 'The run', schema: runSchema },
    problems: ['not_found'],
  },
  listTransfers: {
    method: 'GET',
    path: '/transfers',
    summary: 'Transfers, newest first',
    access: READ,
    query: z.strictObject({ ...paging, ...transferFilters }),
    success: { status: 200, description: 'A page of transfers', schema: pageOf(transferSchema) },
    problems: ['invalid_cursor'],
  },
  getTransfer: {
    method: 'GET',
    path: '/transfers/{id}',
    summary: 'One transfer',
    access: READ,
    params: byId,
    success: { status: 200, description: 'The transfer', schema: transferSchema },
    problems: ['not_found'],
  },
  listAttempts: {
    method: 'GET',
    path: '/transfers/{id}/attempts',
    summary: 'All attempts of a transfer, first to last, each with its TLS negotiations',
    access: READ,
    params: byId,
    success: { status: 200, description: 'All of them on one page', schema: pageOf(attemptSchema) },
    problems: ['not_found'],
  },
  getTranscript: {
    method: 'GET',
    path: '/attempts/{id}/transcript',
    summary: 'The session dialogue of an attempt, secrets masked',
    access: INVESTIGATE,
    params: byId,
    success: { status: 200, description: 'Lines of text', contentType: 'text/plain' },
    problems: ['not_found'],
  },
  listTlsNegotiations: {
    method: 'GET',
    path: '/tls-negotiations',
    summary: 'TLS handshakes on control and data connections, newest first',
    access: READ,
    query: z.strictObject({ ...paging, ...negotiationFilters }),
    success: { status: 200, description: 'A page of handshakes', schema: pageOf(tlsNegotiationSchema) },
    problems: ['invalid_cursor'],
  },
  listRoutes: {
    method: 'GET',
    path: '/routes',
    summary: 'Routes by name',
    access: READ,
    query: onlyPaging,
    success: { status: 200, description: 'A page of routes', schema: pageOf(routeSchema) },
    problems: ['invalid_cursor'],
  },
  listEndpoints: {
    method: 'GET',
    path: '/endpoints',
    summary: 'Endpoints by name; of secrets only the reference',
    access: READ,
    query: onlyPaging,
    success: { status: 200, description: 'A page of endpoints', schema: pageOf(endpointSchema) },
    problems: ['invalid_cursor'],
  },
  probeEndpoint: {
    method: 'POST',
    path: '/endpoints/{name}/probe',
    summary: 'Has a worker examine the endpoint; one at a time, and not more often than every 10 s',
    access: OPERATE,
    params: byName,
    body: requestProbeSchema,
    success: { status: 202, description: 'The examination, queued', schema: probeSchema },
    problems: ['not_found', 'probe_under_way', 'too_many_requests'],
  },
  getLastProbe: {
    method: 'GET',
    path: '/endpoints/{name}/probe',
    summary: 'The last examination of the endpoint, over or not',
    access: READ,
    params: byName,
    success: { status: 200, description: 'The examination', schema: probeSchema },
    problems: ['not_found'],
  },
  getProbe: {
    method: 'GET',
    path: '/probes/{id}',
    summary: 'One examination with what it has found so far',
    access: READ,
    params: byId,
    success: { status: 200, description: 'The examination', schema: probeSchema },
    problems: ['not_found'],
  },
  listPartners: {
    method: 'GET',
    path: '/partners',
    summary: 'Partners by name',
    access: READ,
    query: onlyPaging,
    success: { status: 200, description: 'A page of partners', schema: pageOf(partnerObjectSchema) },
    problems: ['invalid_cursor'],
  },
  listFires: {
    method: 'GET',
    path: '/fires',
    summary: 'Due moments of schedules and what became of them, latest first',
    access: READ,
    query: z.strictObject({ ...paging, ...fireFilters }),
    success: { status: 200, description: 'A page of fires', schema: pageOf(fireSchema) },
    problems: ['invalid_cursor'],
  },
  listAuditEvents: {
    method: 'GET',
    path: '/audit/events',
    summary: 'Who did what, on which object, when; latest first',
    access: AUDIT,
    query: z.strictObject({
      ...paging,
      runId: idSchema.optional(),
      transferId: idSchema.optional(),
      object: auditEventSchema.shape.object.optional(),
      objectId: z.string().min(1).max(200).optional(),
    }),
    success: { status: 200, description: 'A page of events', schema: pageOf(auditEventSchema) },
    problems: ['invalid_cursor'],
  },
  healthLive: {
    method: 'GET',
    path: '/health/live',
    summary: 'The process answers',
    access: 'public',
    success: { status: 200, description: 'It does', schema: livenessSchema },
  },
  healthReady: {
    method: 'GET',
    path: '/health/ready',
    summary: 'Whether it should get work now; reasons only for the machine itself and for identities',
    access: 'public',
    success: { status: 200, description: 'It should', schema: readinessSchema },
    problems: ['unavailable'],
  },
  metrics: {
    method: 'GET',
    path: '/metrics',
    summary:
      'Prometheus text; from another machine with an identity that is not limited to partners or routes',
    access: 'local',
    success: { status: 200, description: 'Prometheus exposition', contentType: 'text/plain' },
    problems: ['forbidden'],
  },
  openApi: {
    method: 'GET',
    path: '/openapi.json',
    summary: 'This document',
    access: READ,
    success: { status: 200, description: 'OpenAPI 3.1', contentType: 'application/json' },
  },
  docs: {
    method: 'GET',
    path: '/api/docs',
    outsidePrefix: true,
    summary: 'This document for reading',
    access: READ,
    success: { status: 200, description: 'A page', contentType: 'text/html' },
  },
  ...CONFIGURATION,
  ...LOOKUPS,
  ...LOOKS,
  ...INTERVENTIONS,
  ...IDENTITIES,
  ...OIDC,
  ...EVENT_STREAMS,
  ...SCHEDULES,
  ...POSTURE,
  ...OVERVIEW,
  ...NEGOTIATIONS,
  ...INSTALLATION,
  ...AUDIT_EXPORT,
  ...EXPORTS,
  ...SECRETS,
} as const satisfies Record<string, Operation>;

export type OperationId = keyof typeof OPERATIONS;
type Table = typeof OPERATIONS;

type Parsed<Id extends OperationId, Part extends string> = Table[Id] extends {
  [Key in Part]: infer Schema extends z.ZodType;
}
  ? z.output<Schema>
  : undefined;

/** What a handler gets: checked, defaults filled. */
export interface InputOf<Id extends OperationId> {
  params: Parsed<Id, 'params'>;
  query: Parsed<Id, 'query'>;
  headers: Parsed<Id, 'headers'>;
  body: Parsed<Id, 'body'>;
}

/** The same table for those who go through all of it. */
export function listOperations(): { id: OperationId; operation: Operation }[] {
  return Object.entries(OPERATIONS).map(([id, operation]) => ({ id: id as OperationId, operation }));
}

/** `/api/v1/runs/{id}` */
export function fullPath(operation: Operation): string {
  return operation.outsidePrefix ? operation.path : `${API_PREFIX}${operation.path}`;
}
