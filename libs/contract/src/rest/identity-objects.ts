import { z } from 'zod';
import { ROLES } from '#domain';
import { nameSchema } from '../configuration/schema-parts.ts';
import { idSchema } from './objects.ts';

const instant = z.iso.datetime();
const roleSchema = z.enum(ROLES);

export const reachSchema = z
  .union([z.literal('all'), z.array(z.string())])
  .describe('`all`, also those to come; or the names of those it reaches');

/** What a request may ask for: nobody needs an identity that reaches nothing. */
export const wantedReachSchema = z
  .union([z.literal('all'), z.array(nameSchema).min(1).max(200)])
  .describe('`all`, also those to come; or names, each of which exists');

export const sessionSchema = z.strictObject({
  id: idSchema,
  user: z.string(),
  address: z.string().describe('Where it was opened from'),
  client: z.string().describe('What the browser called itself'),
  createdAt: instant,
  lastSeenAt: instant.describe('To the minute; after 30 minutes without a request it ends'),
  expiresAt: instant,
  current: z.boolean().describe('The one this request came with'),
});
export type SessionObject = z.infer<typeof sessionSchema>;

export const meSchema = z.strictObject({
  kind: z.enum(['person', 'program']),
  name: z.string(),
  role: roleSchema,
  partners: reachSchema,
  routes: reachSchema,
  session: z
    .strictObject({
      id: idSchema,
      expiresAt: instant,
      csrfToken: z.string().describe('Send it as `X-Waybill-Csrf` with everything that changes something'),
      passwordIsOneTime: z.boolean().describe('Until another one is chosen nothing else is allowed'),
      hasSecondFactor: z.boolean(),
    })
    .nullable()
    .describe('Of a person'),
});
export type Me = z.infer<typeof meSchema>;

export const userSchema = z.strictObject({
  name: nameSchema,
  role: roleSchema,
  partners: reachSchema,
  disabled: z.boolean(),
  signsInWith: z
    .enum(['password', 'identity_provider'])
    .describe('At the identity provider: role and partners follow the groups there, and no password is here'),
  passwordIsOneTime: z.boolean(),
  hasSecondFactor: z.boolean(),
  createdAt: instant,
  createdBy: z.string(),
  lastSignInAt: instant.nullable(),
});
export type UserObject = z.infer<typeof userSchema>;

export const newUserSchema = z.strictObject({
  name: nameSchema,
  role: roleSchema,
  partners: wantedReachSchema.default('all'),
});

export const userChangeSchema = z.strictObject({
  role: roleSchema.optional(),
  partners: wantedReachSchema.optional(),
  disabled: z.boolean().optional(),
});

export const userWithPasswordSchema = z.strictObject({
  user: userSchema,
  password: z.string().describe('For one sign-in within 72 hours; shown this once'),
});
export type UserWithPassword = z.infer<typeof userWithPasswordSchema>;

export const keySchema = z.strictObject({
  name: nameSchema,
  role: roleSchema,
  partners: reachSchema,
  routes: reachSchema,
  createdAt: instant,
  createdBy: z.string().nullable(),
  person: z
    .string()
    .nullable()
    .describe(
      'Who stands behind it: who made it, or made the key that made it. It does no more than he may, and for four eyes it is him',
    ),
  stopped: z
    .boolean()
    .describe('Who stands behind it is disabled, or a key that it comes from is revoked: it opens nothing'),
  lastUsedAt: instant.nullable().describe('To the minute'),
  expiresAt: instant.nullable(),
  revokedAt: instant.nullable(),
});
export type KeyObject = z.infer<typeof keySchema>;

export const newKeySchema = z.strictObject({
  name: nameSchema,
  role: roleSchema,
  partners: wantedReachSchema.default('all'),
  routes: wantedReachSchema.default('all'),
  expiresAt: z.iso
    .datetime({ offset: true })
    .refine((text) => text < '9999', 'must be before the year 9999')
    .nullable()
    .default(null),
});

export const keyWithSecretSchema = z.strictObject({
  entry: keySchema,
  key: z.string().describe('`wbk_…`; shown this once'),
});
export type KeyWithSecret = z.infer<typeof keyWithSecretSchema>;

/** As it was typed: spaces count, and nothing is cut. */
export const passwordSchema = z.string().min(1).max(500);
export const codeSchema = z
  .string()
  .min(1)
  .max(40)
  .describe('Six digits of the authenticator, or a recovery code');
