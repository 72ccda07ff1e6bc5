import { z } from 'zod';
import { nameSchema } from '../configuration/schema-parts.ts';
import { isTimeZone } from '../configuration/values.ts';
import { channelSchema, verdictSchema } from './objects.ts';
import { moment, type Operation, READ } from './operation.ts';

const BUCKETS = ['hour', 'day', 'week'] as const;
export type TlsBucket = (typeof BUCKETS)[number];
/** More than a chart can show. */
export const MOST_TLS_BUCKETS = 400;
/** Combinations of version, cipher and verdict that are told one by one. */
export const MOST_TLS_SERIES = 50;

const instant = z.iso.datetime();
const count = z.int().min(0);
const counted = {
  total: count,
  counts: z.array(count).max(MOST_TLS_BUCKETS).describe('For each of `buckets` one, in their order'),
};

export const tlsSummarySchema = z.strictObject({
  bucket: z.enum(BUCKETS),
  timezone: z.string(),
  from: instant.describe('The beginning of the first bucket'),
  to: instant,
  buckets: z.array(instant).max(MOST_TLS_BUCKETS).describe('When each begins; the last one ends with `to`'),
  total: count,
  series: z
    .array(
      z.strictObject({
        version: z.string().nullable().describe('null where no TLS came about'),
        cipher: z.string().nullable(),
        verdict: verdictSchema,
        ...counted,
      }),
    )
    .max(MOST_TLS_SERIES)
    .describe('The largest first'),
  others: z
    .array(
      z.strictObject({ verdict: verdictSchema, series: count.describe('How many they are'), ...counted }),
    )
    .describe('All further ones, for each verdict'),
});
export type TlsSummary = z.infer<typeof tlsSummarySchema>;

export const NEGOTIATIONS = {
  summarizeTlsNegotiations: {
    method: 'GET',
    path: '/tls-negotiations/summary',
    summary: 'How many TLS handshakes of runs there were over time, by version, cipher and verdict',
    access: READ,
    query: z.strictObject({
      endpoint: nameSchema.optional(),
      partner: nameSchema.optional(),
      channel: channelSchema.optional(),
      from: moment
        .optional()
        .describe('Begun at or after the beginning of its bucket; by default 30 days before `to`'),
      to: moment.optional().describe('Begun at or before; by default now'),
      bucket: z
        .enum(BUCKETS)
        .default('day')
        .describe(`${MOST_TLS_BUCKETS} of them at most; a week begins on Monday`),
      timezone: z
        .string()
        .max(60)
        .refine(isTimeZone, 'must be the name of a time zone, like Europe/Zurich')
        .default('UTC')
        .describe('IANA name: whose hours, days and weeks'),
    }),
    success: { status: 200, description: 'Counts for a chart', schema: tlsSummarySchema },
  },
} as const satisfies Record<string, Operation>;
