import { z } from 'zod';
import { FIRE_OUTCOMES, RUN_TRIGGERS } from '#domain';
import { nameSchema } from '../configuration/schema-parts.ts';
import { channelSchema, idSchema, runStateSchema, transferStateSchema, verdictSchema } from './objects.ts';
import { moment } from './operation.ts';

// What a list can be narrowed by. Its export has the very same, so that it is what is shown.

export const runFilters = {
  route: nameSchema.optional(),
  partner: nameSchema.optional(),
  state: runStateSchema.optional(),
  trigger: z.enum(RUN_TRIGGERS).optional(),
  since: moment.optional(),
  until: moment.optional(),
};

export const fireFilters = {
  route: nameSchema.optional(),
  partner: nameSchema.optional(),
  outcome: z.enum(FIRE_OUTCOMES).optional(),
  since: moment.optional().describe('Due at or after'),
  until: moment.optional().describe('Due at or before'),
};

export const transferFilters = {
  runId: idSchema.optional(),
  route: nameSchema.optional(),
  partner: nameSchema.optional(),
  endpoint: nameSchema.optional(),
  state: transferStateSchema.optional(),
  name: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Glob on the file name, on the whole path when it holds a `/`: * and ?; capitals count'),
  contains: z
    .string()
    .min(3)
    .max(200)
    .optional()
    .describe('Stands in the file name, in the whole path when it holds a `/`; capitals do not count'),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'must be 64 hexadecimal digits in lower case')
    .optional(),
  sha256Prefix: z
    .string()
    .regex(/^[0-9A-Fa-f]{8,64}$/, 'must be the first 8 hexadecimal digits, or more')
    .optional()
    .describe('The first digits of the hash, eight at least'),
  since: moment.optional(),
  until: moment.optional(),
};

export const negotiationFilters = {
  endpoint: nameSchema.optional(),
  partner: nameSchema.optional(),
  version: z.string().min(1).max(40).optional().describe('`TLSv1.3`'),
  cipher: z.string().min(1).max(100).optional(),
  verdict: verdictSchema.optional(),
  resumed: z.enum(['true', 'false']).optional(),
  channel: channelSchema.optional(),
  runId: idSchema.optional(),
  attemptId: idSchema.optional(),
  from: moment.optional(),
  to: moment.optional(),
};
