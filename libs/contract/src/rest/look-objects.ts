import { z } from 'zod';
import { LEFT_REASONS, LOOK_STATES, type Selection } from '#domain';
import { nameSchema } from '../configuration/schema-parts.ts';
import { selectionSchema } from '../configuration/schemas.ts';
import { errorSchema, idSchema } from './objects.ts';

const instant = z.iso.datetime();
const count = z.int().min(0);

export const lookedFileSchema = z.strictObject({
  path: z.string().describe('As the server names it, on the endpoint; text from outside'),
  sizeBytes: count.nullable().describe('null where the server states none'),
  modified: z.string().nullable().describe("The server's own text"),
  matches: z
    .boolean()
    .describe('A run that listed at this moment would take it, if it has not had it before'),
  why: z.enum(LEFT_REASONS).nullable().describe('Why it does not match'),
  says: z.string().nullable().describe('The same in words, where there is more to say'),
});

export const lookSchema = z.strictObject({
  id: idSchema,
  endpoint: nameSchema,
  requestedBy: z.string(),
  workerTag: z.string().nullable(),
  path: z.string(),
  source: selectionSchema
    .omit({ endpoint: true })
    .describe('What was looked for, defaults filled in; of `settleMs` a look waits 10 s at most'),
  state: z.enum(LOOK_STATES),
  files: z
    .array(lookedFileSchema)
    .describe('By path, 500 at most; 100 of them for what does not match, where there is so much of it'),
  seen: count.describe('All that was listed, shown or not; folders that were looked into do not count'),
  matched: count.describe('How many of them match'),
  leftOut: z.partialRecord(z.enum(LEFT_REASONS), count).describe('How many do not, by `why`'),
  error: errorSchema.nullable().describe('Why there was no look'),
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
});
export type LookObject = z.infer<typeof lookSchema>;

/** The domain's selection goes out as it is: a field that the schema lacks does not compile. */
const sourceFits = (source: Omit<Selection, 'endpoint'>): z.input<typeof lookSchema>['source'] => source;
void sourceFits;
