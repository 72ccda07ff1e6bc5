import { z } from 'zod';
import { ERROR_CODES } from '#domain';
import { idSchema, phaseSchema, runStateSchema, transferStateSchema } from './objects.ts';

/** `TRANSACTION-NUMBER`: where an event stands in the one order in which streams tell them. */
export const eventIdSchema = z.string().refine(isEventId, 'must be the id of an event of a stream');

/** Two numbers of 64 bits: the database refuses longer ones with an error of its own. */
function isEventId(text: string): boolean {
  const [, ...numbers] = /^(\d{1,19})-(\d{1,19})$/.exec(text) ?? [];
  return numbers.length === 2 && numbers.every((number) => BigInt(number) < 2n ** 63n);
}

/** `event: change`: something has another state now, or something happened to it. */
export const streamedEventSchema = z.strictObject({
  id: eventIdSchema.describe('Send it as Last-Event-ID to go on behind it'),
  at: z.iso.datetime(),
  action: z.string().describe('`transfer.delivered`, `run.failed`, `incident.opened`, …'),
  object: z.enum(['run', 'transfer', 'incident', 'fire', 'route', 'endpoint']),
  objectId: z.string(),
  runId: idSchema.nullable(),
  transferId: idSchema.nullable(),
  route: z.string().nullable(),
  endpoint: z.string().nullable(),
  state: z
    .union([runStateSchema, transferStateSchema])
    .nullable()
    .describe('What the run or transfer is by it; null where its state is as before'),
  sizeBytes: z.int().min(0).nullable().describe('Of a transfer, from its verification on'),
  errorCode: z.enum(ERROR_CODES as [(typeof ERROR_CODES)[number]]).nullable(),
});
export type StreamedEventObject = z.infer<typeof streamedEventSchema>;

/** A file that a worker has in hand for a second or longer. */
export const underWaySchema = z.strictObject({
  transferId: idSchema,
  sourcePath: z.string(),
  phase: phaseSchema,
  streamedBytes: z.int().min(0).describe('Read from the source and handed on, at that moment'),
  sizeBytes: z.int().min(0).describe('As the source listed it: `streamedBytes` is never more'),
  worker: z.string(),
  lane: z.int().min(0),
  at: z.iso
    .datetime()
    .describe("When the worker said so, by the database's clock: a rate is the difference of two"),
});
export type UnderWayObject = z.infer<typeof underWaySchema>;

/** Of one run, those that were begun last. */
export const MOST_UNDER_WAY = 50;

/** `event: progress`: how far a run has come, after something happened in it and about once a second while files of it move; without
 * an id, only the newest counts. */
export const runProgressSchema = z.strictObject({
  runId: idSchema,
  route: z.string(),
  state: runStateSchema,
  transferCounts: z
    .partialRecord(transferStateSchema, z.int().min(0))
    .describe('How many transfers are in which state; states without any are left out'),
  deliveredBytes: z.int().min(0),
  underWay: z
    .array(underWaySchema)
    .max(MOST_UNDER_WAY)
    .describe('Files that have been under way for a second, the newest first; smaller ones are over by then'),
});
export type RunProgressObject = z.infer<typeof runProgressSchema>;

/** `event: reset`: what happened since the given Last-Event-ID cannot be told; lists have to be read anew. */
export const streamResetSchema = z.strictObject({ reason: z.enum(['unknown_id', 'too_far_back']) });
