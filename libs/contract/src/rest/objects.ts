import { z } from 'zod';
import {
  type Actor,
  ASSURANCE_LEVELS,
  ATTEMPT_OUTCOMES,
  AUDIT_OBJECTS,
  type CheckResult,
  type CloseNotify,
  ERROR_CODES,
  FIRE_OUTCOMES,
  LEGACY_POLICIES,
  type OnHoliday,
  PHASES,
  RUN_STATES,
  RUN_TRIGGERS,
  type TlsChannel,
  type TlsNegotiation as TlsNegotiationFact,
  TRANSFER_STATES,
  type TransferRoute,
} from '#domain';
import { ftpEntrySchema, ftpsEntrySchema, localEntrySchema } from '../configuration/endpoint-schemas.ts';
import type { EndpointObject } from '../configuration/fill-endpoint.ts';
import { nameSchema } from '../configuration/schema-parts.ts';
import { partnerSchema, routeEntryShape, scheduleEntrySchema } from '../configuration/schemas.ts';
import { callbackSchema } from './triggering-objects.ts';

/** A list written as keys: the compiler refuses one that differs from the domain's union in either direction. */
type Members<Union extends string> = { readonly [Member in Union]: Member };

const channels: Members<TlsChannel> = { control: 'control', data: 'data' };
const checkResults: Members<CheckResult> = {
  passed: 'passed',
  failed: 'failed',
  not_applicable: 'not_applicable',
};
const closeNotifies: Members<CloseNotify> = {
  seen: 'seen',
  not_seen: 'not_seen',
  unobserved: 'unobserved',
};
const modes: Members<TlsNegotiationFact['mode']> = {
  explicit: 'explicit',
  implicit: 'implicit',
  plain: 'plain',
};
const verdicts: Members<TlsNegotiationFact['verdict']> = {
  accepted: 'accepted',
  refused: 'refused',
  unprotected: 'unprotected',
};
const actorKinds: Members<Actor['kind']> = {
  user: 'user',
  api_key: 'api_key',
  scheduler: 'scheduler',
  worker: 'worker',
  system: 'system',
};
const onHoliday: Members<OnHoliday> = {
  skip: 'skip',
  next_open: 'next_open',
  previous_open: 'previous_open',
};

export const channelSchema = z.enum(channels);
export const verdictSchema = z.enum(verdicts);
export const runStateSchema = z.enum(RUN_STATES);
export const transferStateSchema = z.enum(TRANSFER_STATES);
export const phaseSchema = z.enum(PHASES);

export const idSchema = z.uuid();
const instant = z.iso.datetime();
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
/** JSON numbers are exact up to 2^53; no file is larger. */
const bytes = z.int().min(0);

export const errorSchema = z.strictObject({
  code: z.enum(ERROR_CODES as [(typeof ERROR_CODES)[number]]),
  phase: phaseSchema.nullable(),
  detail: z.string().nullable(),
  sentence: z.string().describe('What it means and what to do'),
});
export type ErrorObject = z.infer<typeof errorSchema>;

export const runSchema = z.strictObject({
  id: idSchema,
  route: z.string(),
  state: runStateSchema,
  trigger: z.enum(RUN_TRIGGERS),
  requestedBy: z.string(),
  fireId: idSchema.nullable(),
  rerunOf: idSchema.nullable().describe('The run whose undelivered files this one takes up again'),
  idempotencyKey: z.string().nullable(),
  parameters: z.record(z.string(), z.string()),
  files: z
    .array(z.string())
    .nullable()
    .describe('Only these of what the route selects, by their paths below its source; null: all of it'),
  callback: callbackSchema
    .nullable()
    .describe('Who is told of its end, and whether that has worked; null: nobody, or it is long over'),
  priority: z.int(),
  lanes: z.int(),
  transferCounts: z
    .partialRecord(transferStateSchema, z.int().min(0))
    .describe('How many transfers are in which state; states without any are left out'),
  createdAt: instant,
  startedAt: instant.nullable(),
  cancelRequestedAt: instant.nullable(),
  finishedAt: instant.nullable(),
  error: errorSchema.nullable(),
});
export type Run = z.infer<typeof runSchema>;

export const transferSchema = z.strictObject({
  id: idSchema,
  runId: idSchema,
  route: z.string(),
  state: transferStateSchema,
  sourceEndpoint: z.string(),
  sourcePath: z.string(),
  sourceSizeBytes: bytes.describe('As the source listed it'),
  sourceModified: z.string().describe("The server's own text"),
  destinationEndpoint: z.string(),
  destinationPath: z.string(),
  sizeBytes: bytes.nullable().describe('As moved'),
  sha256: sha256.nullable(),
  assurance: z.enum(ASSURANCE_LEVELS).nullable(),
  attempts: z.int().min(0).describe('How many there were'),
  worker: z.string().nullable().describe('Who has it now; null unless it is under way'),
  lane: z.int().min(0).nullable().describe('Of its run; null as `streamedBytes` is'),
  phase: phaseSchema
    .nullable()
    .describe('What its worker does with it, about a second ago; null as `streamedBytes` is'),
  streamedBytes: bytes
    .nullable()
    .describe(
      'Read from the source and handed on, about a second ago; null unless it has been under way for a second, and where its worker is silent',
    ),
  suppressedBy: idSchema.nullable().describe('The earlier transfer of the same file version'),
  createdAt: instant,
  startedAt: instant.nullable(),
  deliveredAt: instant.nullable(),
  finishedAt: instant.nullable(),
  error: errorSchema.nullable(),
});
export type Transfer = z.infer<typeof transferSchema>;

export const tlsNegotiationSchema = z.strictObject({
  id: idSchema,
  runId: idSchema.nullable(),
  attemptId: idSchema.nullable(),
  sessionId: idSchema,
  endpoint: z.string(),
  channel: channelSchema,
  command: z.string(),
  mode: z.enum(modes),
  localAddress: z.string().nullable(),
  remoteAddress: z.string().nullable(),
  serverName: z.string().nullable(),
  alpn: z.string().nullable(),
  authReply: z.string().nullable(),
  pbszReply: z.string().nullable(),
  protReply: z.string().nullable(),
  protocol: z.string().nullable(),
  cipher: z.string().nullable(),
  keyExchangeGroup: z.string().nullable(),
  signatureAlgorithm: z.string().nullable(),
  resumed: z.boolean(),
  resumedFrom: idSchema.nullable().describe('The full handshake whose ticket was used'),
  verdict: verdictSchema.describe('`unprotected`: a connection without TLS, allowed by `legacyPolicy`'),
  legacyPolicy: z
    .enum(LEGACY_POLICIES)
    .nullable()
    .describe('The legacy policy this connection made use of; null on a connection as it should be'),
  peerCertificates: z.array(
    z.strictObject({
      sha256,
      spkiSha256: z.string(),
      subject: z.string(),
      issuer: z.string(),
      notBefore: z.string(),
      notAfter: z.string(),
    }),
  ),
  nameCheck: z.enum(checkResults),
  pinCheck: z.enum(checkResults),
  chainCheck: z.enum(checkResults),
  closeNotify: z.enum(closeNotifies).nullable().describe('null while the connection is open'),
  bytesPlain: bytes.nullable(),
  bytesWire: bytes.nullable(),
  startedAt: instant,
  handshakeMs: z.number(),
  closedAt: instant.nullable(),
  error: z.string().nullable(),
});
export type TlsNegotiation = z.infer<typeof tlsNegotiationSchema>;

/** Every fact of a handshake is shown; adding one to the domain without the schema does not compile. */
type Missing = Exclude<keyof TlsNegotiationFact, keyof TlsNegotiation>;
const nothingMissing: [Missing] extends [never] ? true : Missing = true;
void nothingMissing;

export const attemptSchema = z.strictObject({
  id: idSchema,
  transferId: idSchema,
  number: z.int().min(1),
  worker: z.string(),
  outcome: z.enum(ATTEMPT_OUTCOMES),
  sourceSessionId: idSchema.nullable(),
  destinationSessionId: idSchema.nullable(),
  sizeBytes: bytes.nullable(),
  sha256: sha256.nullable(),
  hasTranscript: z.boolean(),
  startedAt: instant,
  finishedAt: instant.nullable(),
  error: errorSchema.extend({ reply: z.string().nullable().describe("The server's words") }).nullable(),
  negotiations: z
    .array(tlsNegotiationSchema)
    .describe('Handshakes made for it, and those of the control connections it used'),
});
export type Attempt = z.infer<typeof attemptSchema>;

export const fireSchema = z.strictObject({
  id: idSchema,
  route: z.string(),
  dueAt: instant,
  recordedAt: instant,
  outcome: z.enum(FIRE_OUTCOMES),
  reason: z.string().nullable(),
  runId: idSchema.nullable(),
});
export type Fire = z.infer<typeof fireSchema>;

export const auditEventSchema = z.strictObject({
  id: z.string().regex(/^\d+$/).describe('Grows with time'),
  at: instant,
  actor: z.strictObject({ kind: z.enum(actorKinds), name: z.string() }),
  action: z.string(),
  object: z.enum(AUDIT_OBJECTS),
  objectId: z.string(),
  runId: idSchema.nullable(),
  transferId: idSchema.nullable(),
  details: z.record(z.string(), z.unknown()),
});
export type AuditEventObject = z.infer<typeof auditEventSchema>;

export const partnerObjectSchema = partnerSchema;
export type PartnerObject = z.infer<typeof partnerObjectSchema>;

export const pauseSchema = z
  .strictObject({ since: instant, by: z.string(), reason: z.string() })
  .describe('Since when nothing new begins here, by whom and why');
export type Pause = z.infer<typeof pauseSchema>;

const portSchema = z.int().min(1).max(65_535);
const paused = { paused: pauseSchema.nullable() };
export const endpointSchema = z.discriminatedUnion('protocol', [
  ftpsEntrySchema.safeExtend({ port: portSchema, ...paused }),
  ftpEntrySchema.safeExtend({ port: portSchema, ...paused }),
  localEntrySchema.safeExtend(paused),
]);

export const routeSchema = routeEntryShape.extend({
  schedule: scheduleEntrySchema
    .extend({ calendar: nameSchema.optional(), onHoliday: z.enum(onHoliday).default('skip') })
    .optional(),
  partners: z.array(z.string()).describe('Whose endpoints it leads from and to'),
  nextFireAt: instant.nullable(),
  ...paused,
});

/** `source`, `source.path`, ...: every key of an object, at every depth. */
type KeysWithin<Value, At extends string = ''> = Value extends readonly unknown[]
  ? never
  : Value extends object
    ? {
        [Key in keyof Value & string]: `${At}${Key}` | KeysWithin<Value[Key], `${At}${Key}.`>;
      }[keyof Value & string]
    : never;

/** The domain's objects go out with the names of the file: a field that the schema lacks does not compile. */
export type RouteObject = TransferRoute & {
  partners: string[];
  nextFireAt: string | null;
  paused: Pause | null;
};
export type PausableEndpoint = EndpointObject & { paused: Pause | null };
const endpointFits = (endpoint: PausableEndpoint): z.input<typeof endpointSchema> => endpoint;
const routeFits = (route: RouteObject): z.input<typeof routeSchema> => route;
type Lacking =
  | Exclude<KeysWithin<PausableEndpoint>, KeysWithin<z.input<typeof endpointSchema>>>
  | Exclude<KeysWithin<RouteObject>, KeysWithin<z.input<typeof routeSchema>>>;
const nothingLacking: [Lacking] extends [never] ? true : Lacking = true;
void [endpointFits, routeFits, nothingLacking];

export const livenessSchema = z.strictObject({ status: z.literal('live') });
export const readinessSchema = z.strictObject({
  status: z
    .enum(['ready', 'degraded', 'not_ready'])
    .describe('`degraded`: it should get work, and yet something is wrong that a person has to see'),
  checks: z.record(z.string(), z.strictObject({ ok: z.boolean(), reason: z.string().optional() })),
});

export function pageOf<Item extends z.ZodType>(item: Item) {
  return z.strictObject({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('Pass it as `cursor` for what follows; null at the end'),
  });
}

export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}
