import { z } from 'zod';
import { hostProblem, pathProblem, type ValueRule } from './values.ts';

/** Refined by a rule that says in words what is wrong. */
export function text(problemOf: ValueRule) {
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

export function isName(name: string): boolean {
  return nameSchema.safeParse(name).success;
}

export const absolutePath = text(pathProblem);
export const host = text(hostProblem);
export const line = z
  .string()
  .min(1)
  .regex(/^[^\0-\x1f\x7f]*$/, 'line breaks and control characters are refused');

export const referenceSchema = z
  .strictObject(
    {
      secret: nameSchema.optional(),
      env: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'the name of an environment variable')
        .optional(),
      file: absolutePath.optional(),
      cleared: z.literal(true).optional(),
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

export type ReferenceEntry = z.infer<typeof referenceSchema>;
