import { z } from 'zod';
import { nameSchema } from '../configuration/schema-parts.ts';

/** Nothing of the value, not even its length. */
export const secretObjectSchema = z.strictObject({
  name: nameSchema,
  version: z.int().min(1).describe('1 when it was first set, one more with every new value'),
  keyId: z
    .string()
    .nullable()
    .describe('The sealing key that it is sealed to; null: of before there was one'),
  partner: z
    .string()
    .nullable()
    .describe("Only endpoints of this partner may refer to it; null: it is the whole installation's"),
  createdAt: z.iso.datetime(),
  updatedAt: z.iso.datetime().describe('When this version was set'),
  ageDays: z.int().min(0).describe('Of this version, in whole days'),
});
export type SecretObject = z.infer<typeof secretObjectSchema>;

/** Of a value in characters; far beyond any key or certificate. */
const MOST_CHARACTERS = 64 * 1024;

export const setSecretSchema = z.strictObject(
  {
    value: z
      .string('must be text')
      .min(1, 'must not be empty')
      .max(MOST_CHARACTERS, 'must be at most 65,536 characters')
      .describe('Sealed before it is stored; no answer ever shows it'),
    partner: nameSchema
      .nullable()
      .optional()
      .describe('Only its endpoints may refer to the secret; null: those of everybody; absent: as it was'),
  },
  {
    // A value in the wrong place is one all the same: not a character of it is repeated.
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? 'must have `value`, perhaps `partner`, and nothing else'
        : undefined,
  },
);

export const changeSecretSchema = z.strictObject(
  {
    partner: nameSchema
      .nullable()
      .describe('Only its endpoints may refer to the secret from now on; null: those of everybody'),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? 'must have `partner` and nothing else: a new value is PUT'
        : undefined,
  },
);
