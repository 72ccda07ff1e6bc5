import { z } from 'zod';
import { ROLES, type Role } from '#domain';
import { nameSchema } from '../configuration/schema-parts.ts';
import { idSchema } from './objects.ts';
import type { ProblemCode } from './problems.ts';

/** One row of the REST interface: what the api registers, checks and documents. */
export interface Operation {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below API_PREFIX, unless `outsidePrefix`; parameters in braces. */
  path: string;
  outsidePrefix?: true;
  summary: string;
  /** `public`: without identity. `local`: without identity from the machine itself, otherwise any role. */
  access: 'public' | 'local' | readonly Role[];
  /**
   * Beyond the role. `persons`: with a session. `whole_installation`: reaching all partners and routes.
   * `persons_and_admins`: with a session, or as an admin of the whole installation.
   */
  only?: 'persons' | 'whole_installation' | 'persons_and_admins';
  params?: z.ZodObject;
  query?: z.ZodObject;
  headers?: z.ZodObject;
  body?: z.ZodType;
  /** 204 and 303 have no body: neither `schema` nor `contentType`. */
  success: { status: 200 | 201 | 202 | 204 | 303; description: string } & (
    | { schema: z.ZodType }
    | {
        contentType: string;
        /** Where the caller may choose another one. */
        otherTypes?: readonly string[];
      }
    | { empty: true }
  );
  /** Where it may have to wait for somebody first. */
  accepted?: { status: 202; description: string; schema: z.ZodType };
  /** Beyond those that every operation can answer. */
  problems?: readonly ProblemCode[];
}

export const READ: readonly Role[] = ROLES;
export const OPERATE: readonly Role[] = ['operator', 'admin'];
export const AUDIT: readonly Role[] = ['auditor', 'admin'];
/** The session dialogue tells more of the partner's server than a viewer needs. */
export const INVESTIGATE: readonly Role[] = ['operator', 'admin', 'auditor'];

export const byId = z.strictObject({ id: idSchema });
export const byName = z.strictObject({ name: nameSchema });
export const moment = z
  .union([z.iso.datetime({ offset: true }), z.iso.date()])
  .refine((text) => text >= '1970', 'must not be before 1970')
  .describe('ISO 8601: an instant with its offset, or a day in UTC');

export const paging = {
  limit: z.coerce.number<number>().int().min(1).max(200).default(50),
  cursor: z.string().min(1).max(500).optional(),
};
export const onlyPaging = z.strictObject(paging);

/**
 * Printable, so that it can stand in a log line. Spaces would be trimmed by proxies, and two keys become one.
 */
const idempotencyKey = z
  .string()
  .regex(/^[\x21-\x7e]{1,200}$/, 'must be 1 to 200 printable ASCII characters without spaces');
export const idempotent = z.object({ 'idempotency-key': idempotencyKey.optional() });

/** Where the audit would be worth nothing without it. */
export const reasonSchema = z
  .string()
  .max(500)
  .refine((text) => text.trim() !== '', 'must say why')
  .describe('Why; it stays in the audit');
export const noteSchema = z.string().max(500).default('').describe('It stays in the audit');

/**
 * Documented by its schema, and handed on as it was written: the rules of the configuration judge it as they judge a file,
 * and a default that is filled in too early would say something that nobody has said.
 */
export function asWritten(schema: z.ZodType, description: string) {
  const { $schema: _, ...said } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return z.record(z.string(), z.unknown()).meta({ ...said, description });
}
