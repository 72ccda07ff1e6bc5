import { z } from 'zod';
import { LEGACY_POLICIES, ROLES } from '#domain';

const instant = z.iso.datetime();
const days = z.int().min(1);
const rate = z.strictObject({ perSecond: z.int(), burst: z.int() });

export const installationSchema = z.strictObject({
  version: z.string(),
  nodeVersion: z.string(),
  database: z.strictObject({
    kind: z.enum(['embedded', 'services']).describe('`embedded`: the PostgreSQL that Waybill brings along'),
    version: z.string().describe('Of the PostgreSQL server'),
    time: instant.describe('The only clock that schedules and leases go by'),
  }),
  queue: z.enum(['postgres', 'redis']),
  publicUrl: z.string().nullable().describe('Where browsers reach it; null: nobody has said'),
  oidc: z
    .strictObject({
      issuer: z.string(),
      clientId: z.string(),
      scope: z.string(),
      groupsClaim: z.string(),
      groups: z
        .array(
          z.strictObject({
            group: z.string(),
            role: z.enum(ROLES),
            partners: z.union([z.literal('all'), z.array(z.string())]),
          }),
        )
        .describe('The first that names a group of the person decides'),
    })
    .nullable()
    .describe('null: persons sign in with a password'),
  egress: z
    .strictObject({ allow: z.array(z.string()), deny: z.array(z.string()) })
    .describe('Where connections may go, as written in WAYBILL_EGRESS_ALLOW and WAYBILL_EGRESS_DENY'),
  allowedLegacyPolicies: z.array(z.enum(LEGACY_POLICIES)),
  fourEyes: z.boolean(),
  retention: z
    .strictObject({ requestDays: days, callbackDays: days, sessionDays: days, probeDays: days })
    .describe('For how many days what nobody needs any more is kept; evidence is none of it'),
  rates: z.strictObject({ perIdentity: rate, perAddress: rate }),
  localRoots: z.array(z.string()).describe('The folders in which requests may make `local` endpoints'),
});
export type InstallationObject = z.infer<typeof installationSchema>;

export const signInWaysSchema = z.strictObject({
  password: z.literal(true),
  identityProvider: z
    .strictObject({
      name: z.string().describe('Its host'),
      path: z.string().describe('Where the browser is sent'),
    })
    .nullable(),
  secure: z
    .boolean()
    .describe(
      'Whether a browser that asks like this would keep the cookie of a session: over https, or on this machine',
    ),
});
export type SignInWays = z.infer<typeof signInWaysSchema>;
