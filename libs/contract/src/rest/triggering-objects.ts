import { z } from 'zod';
import { CALLBACK_PROBLEMS, CALLBACK_SECRET, CALLBACK_STATES, callbackUrlProblem } from '#domain';
import { nameSchema, text } from '../configuration/schema-parts.ts';

const MOST_FILES = 1_000;

/** As a listing says it: `a.csv`, `sub/b.csv`. */
const fileSchema = z
  .string()
  .max(1_000)
  .refine(
    (path) => path.split('/').every((part) => part !== '' && part !== '.' && part !== '..'),
    'must be a path below `source.path`, without / at its ends, `.` and `..`',
  )
  .refine((path) => !/[\0-\x1f\x7f]/.test(path), 'must not hold control characters');

const requestedCallbackSchema = z
  .strictObject({
    url: text(callbackUrlProblem).describe('https; http only to the machine itself'),
    secretRef: z.strictObject({
      secret: nameSchema.refine(
        (name) => name.startsWith(CALLBACK_SECRET),
        `must begin with ${CALLBACK_SECRET}: other secrets sign nothing`,
      ),
    }),
  })
  .describe('Where to send the run when it has ended, signed by this stored secret');

/** Of the address only the host: what follows it may be somebody's key. */
export const callbackSchema = z.strictObject({
  host: z.string(),
  state: z.enum(CALLBACK_STATES),
  attempts: z.int().min(0),
  lastStatus: z.int().nullable(),
  lastError: z
    .enum(CALLBACK_PROBLEMS)
    .nullable()
    .describe('Why the last try was none; what exactly was met, the log of the worker says'),
});

export const triggerRunSchema = z.strictObject({
  parameters: z.record(z.string().min(1).max(100), z.string().max(1_000)).default({}),
  files: z
    .array(fileSchema)
    .min(1)
    .max(MOST_FILES)
    .refine((files) => new Set(files).size === files.length, 'must not name a file twice')
    .optional()
    .describe('Only these of what the route selects; each that cannot be moved is a failed transfer'),
  callback: requestedCallbackSchema.optional(),
});

export const LONGEST_WAIT_S = 30;

/** Gives milliseconds. */
export const waitSchema = z
  .string()
  .regex(/^([1-9]|[12]\d|30)s$/, `must be 1s to ${LONGEST_WAIT_S}s`)
  .transform((text) => Number(text.slice(0, -1)) * 1_000)
  .describe('`30s`: how long to wait for the end of the run');
