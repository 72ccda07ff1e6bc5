import { z } from 'zod';
import { ASSURANCE_LEVELS, type FtpsEndpoint, type LocalEndpoint, type TransferRoute } from '#domain';
import { globProblem, hostProblem, pathProblem } from './values.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** Refined by a rule that says in words what is wrong. */
function text(problemOf: (value: string) => string | undefined) {
  return z.string().check((context) => {
    const message = problemOf(context.value);
    if (message !== undefined)
      context.issues.push({ code: 'custom', message, input: context.value, continue: true });
  });
}

/** Stands in addresses of the api and in commands, so it needs no quoting anywhere. */
export const nameSchema = z
  .string()
  .regex(
    /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
    'a name is 1 to 100 letters, digits, dots, dashes, underscores',
  );

const absolutePath = text(pathProblem);
const glob = text(globProblem);
const host = text(hostProblem);
const durationMs = (most: number) => z.int().min(0).max(most);

const referenceSchema = z
  .strictObject(
    {
      secret: nameSchema.optional(),
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')
        .optional(),
      file: absolutePath.optional(),
    },
    {
      // The value is a secret: not a character of it is repeated.
      error: (issue) =>
        issue.code === 'invalid_type' && issue.input !== undefined
          ? 'a literal secret is refused; write {secret: NAME}, {env: NAME} or {file: PATH}'
          : undefined,
    },
  )
  .refine((ref) => Object.values(ref).filter((value) => value !== undefined).length === 1, {
    message: 'exactly one of secret, env, file',
  });

/** A pin names the SHA-256 of a public key: 32 bytes in base64. */
const pin = z
  .string()
  .regex(/^sha256\/[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/, 'a pin is sha256/ and 44 characters of base64');

const tlsVersion = z.enum(['TLSv1.2', 'TLSv1.3']);

export const tlsSchema = z.strictObject({
  minVersion: tlsVersion.default('TLSv1.2'),
  maxVersion: tlsVersion.optional(),
  ca: z.array(z.string()).default([]),
  pins: z.array(pin).default([]),
  serverName: host.optional(),
  clientCertificate: z.strictObject({ cert: z.string(), key: referenceSchema }).optional(),
  sessionReuse: z.enum(['required', 'preferred', 'off']).default('required'),
  dataProtection: z
    .literal('private', {
      error: (issue) =>
        issue.input === 'clear'
          ? '`clear` sends files in clear and must be allowed by policy; this version has no such policy'
          : undefined,
    })
    .default('private'),
});

const maxSessions = z.int().min(1).max(1_000);
const line = z
  .string()
  .min(1)
  .regex(/^[^\0-\x1f\x7f]*$/, 'line breaks and control characters are refused');

/** As it stands in the file; `port` has a default of its own for each mode. */
export const ftpsEntrySchema = z.strictObject({
  name: nameSchema,
  partner: nameSchema.optional(),
  protocol: z.literal('ftps'),
  mode: z.enum(['explicit', 'implicit']).default('explicit'),
  host,
  port: z.int().min(1).max(65_535).optional(),
  username: line,
  password: referenceSchema,
  tls: tlsSchema.prefault({}),
  passive: z
    .strictObject({ addressPolicy: z.enum(['control_host', 'advertised']).default('control_host') })
    .prefault({}),
  maxSessions: maxSessions.default(4),
  encoding: z.enum(['utf8', 'latin1']).default('utf8'),
});

/** Our own directories bear more at once than a partner's server: lanes of many routes meet there. */
export const localEntrySchema = z.strictObject({
  name: nameSchema,
  partner: nameSchema.optional(),
  protocol: z.literal('local'),
  root: absolutePath,
  maxSessions: maxSessions.default(16),
});

export const endpointEntrySchema = z.discriminatedUnion('protocol', [ftpsEntrySchema, localEntrySchema]);

export const partnerSchema = z.strictObject({ name: nameSchema });

const selectionSchema = z.strictObject({
  endpoint: nameSchema,
  path: absolutePath,
  select: z.array(glob).min(1).default(['*']),
  exclude: z.array(glob).default([]),
  recursive: z.boolean().default(false),
  settleMs: durationMs(HOUR_MS).default(5_000),
});

/** Names that the engine's template knows. */
const PLACEHOLDER = /\{[^}]*\}/g;
const nameTemplate = text((template) => {
  if (template.includes('/') || template === '') return 'a name, not a path: put directories into `path`';
  const unknown = (template.match(PLACEHOLDER) ?? []).find(
    (found) => !['{name}', '{stem}', '{extension}'].includes(found),
  );
  return unknown === undefined ? undefined : `${unknown} is not known; there are {name}, {stem}, {extension}`;
});

const placementSchema = z.strictObject({
  endpoint: nameSchema,
  path: absolutePath,
  name: nameTemplate.default('{name}'),
  onExisting: z.enum(['refuse', 'overwrite', 'version']).default('refuse'),
});

const retrySchema = z
  .strictObject({
    maxAttempts: z.int().min(1).max(100).default(5),
    firstDelayMs: durationMs(DAY_MS).default(30_000),
    factor: z.number().min(1).max(100).default(2),
    maxDelayMs: durationMs(7 * DAY_MS).default(900_000),
    jitter: z.number().min(0).max(1).default(0.2),
  })
  .refine((retry) => retry.maxDelayMs >= retry.firstDelayMs, {
    message: 'must not be shorter than firstDelayMs',
    path: ['maxDelayMs'],
  });

/** Zone and cron are judged by `parseConfiguration`, with the caller's rule for cron. */
export const scheduleEntrySchema = z.strictObject({
  cron: z.string(),
  timezone: z.string(),
  misfire: z.enum(['run_once', 'run_all', 'skip']).default('run_once'),
  overlap: z.enum(['skip', 'queue_one', 'parallel']).default('skip'),
});

const dispositionSchema = z
  .strictObject({
    source: z.enum(['keep', 'delete', 'archive']).default('keep'),
    to: absolutePath.optional(),
  })
  .refine((disposition) => disposition.source !== 'archive' || disposition.to !== undefined, {
    message: '`archive` needs the directory: to: /PATH',
    path: ['source'],
  })
  .refine((disposition) => disposition.source === 'archive' || disposition.to === undefined, {
    message: '`to` means something only with source: archive',
    path: ['to'],
  });

export const routeEntrySchema = z.strictObject({
  name: nameSchema,
  source: selectionSchema,
  destination: placementSchema,
  verify: z.strictObject({ minimum: z.enum(ASSURANCE_LEVELS).default('size') }).prefault({}),
  afterDelivery: dispositionSchema.prefault({}),
  onAmbiguous: z.enum(['hold', 'resend', 'assume_delivered']).default('hold'),
  retry: retrySchema.prefault({}),
  lanes: z.int().min(1).max(64).default(4),
  priority: z.int().min(1).max(9).default(5),
  schedule: scheduleEntrySchema.optional(),
  enabled: z.boolean().default(true),
});

export const fileSchema = z.strictObject({
  apiVersion: z.literal('waybill/v1'),
  partners: z.array(partnerSchema).default([]),
  endpoints: z.array(endpointEntrySchema).default([]),
  calendars: z.array(z.never()).default([]),
  routes: z.array(routeEntrySchema).default([]),
  channels: z.array(z.never()).default([]),
});

type FtpsEntry = z.infer<typeof ftpsEntrySchema>;
export type LocalEntry = z.infer<typeof localEntrySchema>;
export type RouteEntry = z.infer<typeof routeEntrySchema>;

/** The domain's Endpoint, with the defaults that depend on other fields. */
export function fillEndpoint(entry: FtpsEntry | LocalEntry): FtpsEndpoint | LocalEndpoint {
  if (entry.protocol === 'local') return entry;
  const { clientCertificate, ...tls } = entry.tls;
  return {
    ...entry,
    port: entry.port ?? (entry.mode === 'explicit' ? 21 : 990),
    password: asReference(entry.password),
    tls: {
      ...tls,
      ...(clientCertificate && {
        clientCertificate: { cert: clientCertificate.cert, key: asReference(clientCertificate.key) },
      }),
    },
  };
}

/** The domain's TransferRoute. Calendars come later; until then no day is a holiday. */
export function fillRoute(entry: RouteEntry): TransferRoute {
  const { schedule, ...route } = entry;
  return { ...route, ...(schedule && { schedule: { ...schedule, onHoliday: 'skip' } }) };
}

function asReference(ref: z.infer<typeof referenceSchema>): FtpsEndpoint['password'] {
  if (ref.secret !== undefined) return { secret: ref.secret };
  return ref.env !== undefined ? { env: ref.env } : { file: ref.file! };
}
