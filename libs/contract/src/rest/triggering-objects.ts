import { z } from 'zod';

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

export const triggerRunSchema = z.strictObject({
  parameters: z.record(z.string().min(1).max(100), z.string().max(1_000)).default({}),
  files: z
    .array(fileSchema)
    .min(1)
    .max(MOST_FILES)
    .refine((files) => new Set(files).size === files.length, 'must not name a file twice')
    .optional()
    .describe('Only these of what the route selects; each that cannot be moved is a failed transfer'),
});
export type TriggerRun = z.input<typeof triggerRunSchema>;

export const LONGEST_WAIT_S = 30;

/** Gives milliseconds. */
export const waitSchema = z
  .string()
  .regex(/^([1-9]|[12]\d|30)s$/, `must be 1s to ${LONGEST_WAIT_S}s`)
  .transform((text) => Number(text.slice(0, -1)) * 1_000)
  .describe('`30s`: how long to wait for the end of the run');
