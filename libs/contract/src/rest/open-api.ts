import { z } from 'zod';
import { approvalSchema, configurationChangeSchema } from './configuration-objects.ts';
import { runProgressSchema, streamedEventSchema, streamResetSchema } from './event-objects.ts';
import { keySchema, meSchema, sessionSchema, userSchema } from './identity-objects.ts';
import { incidentSchema } from './incident-objects.ts';
import { installationSchema, signInWaysSchema } from './installation-objects.ts';
import { lookSchema } from './look-objects.ts';
import * as objects from './objects.ts';
import type { Operation } from './operation.ts';
import { fullPath, listOperations } from './operations.ts';
import { overviewSchema, upcomingFiresSchema } from './overview-objects.ts';
import { postureSchema } from './posture-objects.ts';
import { probeSchema } from './probe-objects.ts';
import { PROBLEMS, type ProblemCode, problemSchema } from './problems.ts';
import { schedulePreviewSchema } from './schedule-objects.ts';
import { CSRF_HEADER, SESSION_COOKIE } from './session-proof.ts';

/** An OpenAPI 3.1 document is plain JSON. */
export type OpenApiDocument = {
  openapi: '3.1.1';
  info: { title: string; version: string; description: string };
  paths: Record<string, Record<string, object>>;
  components: { schemas: Record<string, object>; securitySchemes: Record<string, object> };
  security: object[];
};

const NAMED = {
  Run: objects.runSchema,
  Transfer: objects.transferSchema,
  Attempt: objects.attemptSchema,
  TlsNegotiation: objects.tlsNegotiationSchema,
  Fire: objects.fireSchema,
  AuditEvent: objects.auditEventSchema,
  Partner: objects.partnerObjectSchema,
  Endpoint: objects.endpointSchema,
  Route: objects.routeSchema,
  Probe: probeSchema,
  Look: lookSchema,
  Incident: incidentSchema,
  Me: meSchema,
  User: userSchema,
  ApiKey: keySchema,
  Session: sessionSchema,
  ConfigurationChange: configurationChangeSchema,
  Approval: approvalSchema,
  StreamedEvent: streamedEventSchema,
  RunProgress: runProgressSchema,
  StreamReset: streamResetSchema,
  Posture: postureSchema,
  Overview: overviewSchema,
  UpcomingFires: upcomingFiresSchema,
  Installation: installationSchema,
  SignInWays: signInWaysSchema,
  SchedulePreview: schedulePreviewSchema,
  Readiness: objects.readinessSchema,
  Problem: problemSchema,
};

/** Made from the same table and schemas that the api checks requests with. */
export function makeOpenApi(version: string): OpenApiDocument {
  const paths: OpenApiDocument['paths'] = {};
  for (const { id, operation } of listOperations()) {
    const path = fullPath(operation);
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(id, operation) };
  }
  return {
    openapi: '3.1.1',
    info: {
      title: 'Waybill',
      version,
      description: 'Scheduled managed file transfer. Enumerations are snake_case, instants UTC, sizes bytes.',
    },
    paths,
    components: {
      schemas: namedSchemas(),
      securitySchemes: {
        apiKey: { type: 'http', scheme: 'bearer', description: '`wbk_…`' },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: SESSION_COOKIE,
          description: `Of a person; what changes something needs the header ${CSRF_HEADER} as well`,
        },
      },
    },
    security: [{ apiKey: [] }, { session: [] }],
  };
}

const NAMES = z.registry<{ id: string }>();
for (const [id, schema] of Object.entries(NAMED)) NAMES.add(schema, { id });

function namedSchemas(): Record<string, object> {
  const { schemas } = z.toJSONSchema(NAMES, { uri: referenceTo, io: 'output' });
  return Object.fromEntries(Object.entries(schemas).map(([id, schema]) => [id, withoutMarks(schema)]));
}

function referenceTo(id: string): string {
  return `#/components/schemas/${id}`;
}

/** What schemas say of themselves, with the names of components. */
class NamedMetadata extends z.core.$ZodRegistry<Record<string, unknown>> {
  override get<S extends z.core.$ZodType>(schema: S) {
    return { ...z.globalRegistry.get(schema), ...NAMES.get(schema) };
  }
}

const DEFINED = '#/$defs/';

/** One schema in place; what has a name is referred to. One by one: with all names at once each would cost as much as all. */
function inline(schema: z.ZodType, io: 'input' | 'output'): object {
  const name = NAMES.get(schema);
  if (name) return { $ref: referenceTo(name.id) };
  const { $defs: _, ...here } = z.toJSONSchema(schema, { metadata: new NamedMetadata(), io });
  return JSON.parse(JSON.stringify(withoutMarks(here)), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' && value.startsWith(DEFINED)
      ? referenceTo(value.slice(DEFINED.length))
      : value,
  ) as object;
}

/** In a component they would name a document of its own. */
function withoutMarks(schema: object): object {
  const { $schema: _, $id: __, ...rest } = schema as Record<string, unknown>;
  return rest;
}

function describe(id: string, operation: Operation): object {
  return {
    operationId: id,
    summary: operation.summary,
    ...(operation.access === 'public' && { security: [] }),
    ...(operation.access === 'local' && { security: [{}, { apiKey: [] }, { session: [] }] }),
    ...(operation.only === 'persons' && { security: [{ session: [] }] }),
    ...(operation.only !== undefined && { 'x-only': operation.only }),
    ...(Array.isArray(operation.access) && { 'x-roles': operation.access }),
    parameters: [
      ...describeParameters('path', operation.params),
      ...describeParameters('query', operation.query),
      ...describeParameters('header', operation.headers),
    ],
    ...(operation.body && {
      requestBody: { content: { 'application/json': { schema: inline(operation.body, 'input') } } },
    }),
    responses: {
      [operation.success.status]: describeSuccess(operation.success),
      ...(operation.accepted && { [operation.accepted.status]: describeSuccess(operation.accepted) }),
      ...describeProblems(operation),
    },
  };
}

function describeParameters(place: 'path' | 'query' | 'header', schema: z.ZodObject | undefined): object[] {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => ({
    name,
    in: place,
    required: !field.safeParse(undefined).success,
    schema: inline(field as z.ZodType, 'input'),
  }));
}

function describeSuccess(success: Operation['success'] | NonNullable<Operation['accepted']>): object {
  if ('empty' in success) return { description: success.description };
  const content =
    'schema' in success
      ? { 'application/json': { schema: inline(success.schema, 'output') } }
      : Object.fromEntries([success.contentType, ...(success.otherTypes ?? [])].map((type) => [type, {}]));
  return { description: success.description, content };
}

/** Before it is known what is asked for, or for reasons that no operation has. */
const ANYWHERE: readonly ProblemCode[] = [
  'invalid_request',
  'too_many_requests',
  'too_many_headers',
  'unauthenticated',
  'unavailable',
  'internal',
];

function describeProblems(operation: Operation): Record<string, object> {
  const codes: ProblemCode[] = [...(operation.problems ?? []), ...ANYWHERE];
  if (Array.isArray(operation.access)) codes.push('forbidden', 'password_change_required');
  if (operation.access !== 'public' && operation.method !== 'GET') codes.push('csrf_refused');
  if (operation.only?.startsWith('persons')) codes.push('person_required');
  if (operation.body) codes.push('invalid_json', 'payload_too_large', 'unsupported_media_type');
  const byStatus = Object.groupBy(new Set(codes), (code) => PROBLEMS[code].status);
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, list]) => [
      status,
      {
        description: (list as ProblemCode[]).map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join('; '),
        content: { 'application/problem+json': { schema: { $ref: referenceTo('Problem') } } },
      },
    ]),
  );
}
