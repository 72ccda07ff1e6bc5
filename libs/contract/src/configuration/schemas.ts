import { z } from 'zod';
import { ASSURANCE_LEVELS, meetsAssurance, type TransferRoute } from '#domain';
import { endpointEntrySchema } from './endpoint-schemas.ts';
import { markerProblem, nameTemplateProblem, regexProblem } from './file-patterns.ts';
import { parametersSchema } from './route-parameters.ts';
import { absolutePath, nameSchema, text } from './schema-parts.ts';
import { globProblem } from './values.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const glob = text(globProblem);
const durationMs = (most: number) => z.int().min(0).max(most);

export const partnerSchema = z.strictObject({ name: nameSchema });

export const selectionSchema = z.strictObject({
  endpoint: nameSchema,
  path: absolutePath,
  select: z.array(glob).default(['*']),
  exclude: z.array(glob).default([]),
  recursive: z.boolean().default(false),
  settleMs: durationMs(HOUR_MS).default(5_000),
  regex: text(regexProblem).optional(),
  marker: text(markerProblem).optional(),
});

const placementSchema = z.strictObject({
  endpoint: nameSchema,
  path: absolutePath,
  name: text(nameTemplateProblem).default('{name}'),
  onExisting: z.enum(['refuse', 'overwrite', 'version']).default('refuse'),
  keepModified: z.boolean().default(false),
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

const clockTime = z
  .string()
  .regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a time of day, "00:00" to "23:59", in quotes');
/** Its zone and its length are judged by `parseConfiguration`. */
export const windowSchema = z.strictObject({ from: clockTime, to: clockTime, timezone: z.string() });

export const routeEntryShape = z.strictObject({
  name: nameSchema,
  parameters: parametersSchema.optional(),
  source: selectionSchema,
  destination: placementSchema,
  verify: z.strictObject({ minimum: z.enum(ASSURANCE_LEVELS).default('size') }).prefault({}),
  afterDelivery: dispositionSchema.prefault({}),
  onAmbiguous: z.enum(['hold', 'resend', 'assume_delivered']).default('hold'),
  retry: retrySchema.prefault({}),
  lanes: z.int().min(1).max(64).default(4),
  priority: z.int().min(1).max(9).default(5),
  resume: z.boolean().default(false),
  schedule: scheduleEntrySchema.optional(),
  window: windowSchema.optional(),
  workerTag: nameSchema.optional(),
  enabled: z.boolean().default(true),
});

export const routeEntrySchema = routeEntryShape.refine(
  ({ resume, verify }) => !resume || meetsAssurance(verify.minimum, 'read_back'),
  {
    message: 'a resumed file is only trusted with a hash: set verify.minimum to read_back or hash_by_server',
    path: ['resume'],
  },
);

export const fileSchema = z.strictObject({
  apiVersion: z.literal('waybill/v1'),
  partners: z.array(partnerSchema).default([]),
  endpoints: z.array(endpointEntrySchema).default([]),
  calendars: z.array(z.never()).default([]),
  routes: z.array(routeEntrySchema).default([]),
  channels: z.array(z.never()).default([]),
});

type RouteEntry = z.infer<typeof routeEntrySchema>;

/** The domain's TransferRoute: a regular expression stands instead of globs. Calendars come later; until then no day is a holiday. */
export function fillRoute(entry: RouteEntry): TransferRoute {
  const { schedule, source, ...route } = entry;
  return {
    ...route,
    source: source.regex === undefined ? source : { ...source, select: [] },
    ...(schedule && { schedule: { ...schedule, onHoliday: 'skip' } }),
  };
}
